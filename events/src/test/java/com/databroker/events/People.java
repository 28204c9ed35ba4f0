package com.databroker.events;

import com.databroker.access.AccessConfig;
import com.databroker.access.Action;
import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Grant;
import com.databroker.access.NewToken;
import com.databroker.access.Session;
import com.databroker.access.UsersEditor;
import com.databroker.core.Bytes;
import com.databroker.core.Pattern;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// A real gate with a few users, each with a token.
final class People implements AutoCloseable {
    private final SplittableRandom random = new SplittableRandom(1);
    private final Map<String, String> tokens = new HashMap<>();
    private final Path folder;
    private Bytes file;
    private final Gate gate;

    People(Path folder) throws IOException {
        this.folder = folder;
        NewToken admin = NewToken.generate("test", null, List.of(), random);
        tokens.put("admin", admin.secret());
        file = UsersEditor.initial("admin", admin);
        Files.write(folder.resolve("users.xml"), file.toArray());
        gate = Gate.open(
                AccessConfig.defaults(),
                folder.resolve("users.xml"),
                folder.resolve("audit.log"),
                InstantSource.system());
    }

    Gate gate() {
        return gate;
    }

    String token(String user) {
        return tokens.getOrDefault(user, "");
    }

    void add(String user, Action action, String... patterns) throws IOException {
        List<Grant> grants = java.util.Arrays.stream(patterns)
                .map(pattern -> new Grant(action, Pattern.of(pattern)))
                .toList();
        NewToken token = NewToken.generate("test", null, List.of(), random);
        tokens.put(user, token.secret());
        file = UsersEditor.addToken(UsersEditor.addUser(file, user, grants, List.of()), user, token);
        Files.write(folder.resolve("users.xml"), file.toArray());
        gate.reload("admin");
    }

    Session session(String user) {
        return gate.admit(new Credentials.Token(token(user)), "127.0.0.1", "test", why -> {});
    }

    @Override
    public void close() {
        gate.close();
    }
}
