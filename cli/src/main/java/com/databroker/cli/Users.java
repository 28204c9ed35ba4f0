package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/access/users` as the verbs `user` and `token` use it.
final class Users implements AutoCloseable {
    private static final String ROOT = "/access/users";

    private final Http http;

    Users(BrokerOptions broker, Surroundings around) throws IOException {
        http = new Http(broker.resolve(around), around);
    }

    /// As the broker tells them.
    List<Map<String, @Nullable Object>> list() throws InterruptedException {
        return JsonTree.objects(http.call("GET", ROOT, null).object().get("users"));
    }

    void add(Map<String, @Nullable Object> user) throws InterruptedException {
        http.call("POST", ROOT, user);
    }

    void remove(String name) throws InterruptedException {
        http.call("DELETE", ROOT + "/" + Http.segment(name), null);
    }

    Map<String, @Nullable Object> addToken(String user, Map<String, @Nullable Object> token)
            throws InterruptedException {
        return http.call("POST", ROOT + "/" + Http.segment(user) + "/tokens", token)
                .object();
    }

    void revoke(String user, String labelOrId) throws InterruptedException {
        String wanted = labelOrId;
        if (labelOrId.indexOf('/') >= 0) {
            // A slash in a label would end the segment of the address; the id never has one.
            wanted = list().stream()
                    .filter(entry -> user.equals(entry.get("name")))
                    .flatMap(entry -> JsonTree.objects(entry.get("tokens")).stream())
                    .filter(token -> labelOrId.equals(token.get("label")))
                    .map(token -> JsonTree.text(token, "id"))
                    .findFirst()
                    .orElse(labelOrId);
        }
        http.call("DELETE", ROOT + "/" + Http.segment(user) + "/tokens/" + Http.segment(wanted), null);
    }

    @Override
    public void close() {
        http.close();
    }
}
