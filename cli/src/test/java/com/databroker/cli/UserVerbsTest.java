package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UserVerbsTest {
    private final Path folder;
    private final RunningBroker broker;

    UserVerbsTest(@TempDir Path folder) {
        this.folder = folder;
        this.broker = new RunningBroker(folder);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    void a_user_with_a_token_may_do_what_was_granted_until_it_is_revoked() throws IOException {
        assertThat(broker.run("user", "add", "jenkins", "--grant", "publish,subscribe:builds/**")
                        .exit())
                .isZero();
        Typed added = broker.run("token", "add", "jenkins", "--label", "2027", "--expires", "90d");
        assertThat(added.exit()).isZero();
        assertThat(added.out()).matches("dbk_\\S+\n");
        assertThat(added.err()).contains("of jenkins, valid until ", "not shown again");
        Files.writeString(folder.resolve("token"), added.out());

        assertThat(broker.run("pub", "builds/x", "1", "--token-file", "token").exit())
                .isZero();
        Typed denied = broker.run("pub", "other/x", "1", "--token", added.out().strip());
        assertThat(denied.exit()).isEqualTo(4);
        assertThat(denied.err()).startsWith("error: [2002] not permitted: ").contains("\ntry: Ask an administrator");
        assertThat(broker.run("user", "list", "--token-file", "token").exit()).isEqualTo(4);

        assertThat(broker.run("token", "revoke", "jenkins", "2027").exit()).isZero();
        assertThat(broker.run("pub", "builds/x", "1", "--token-file", "token").exit())
                .isEqualTo(4);
        assertThat(broker.run("token", "revoke", "jenkins", "2027").exit()).isEqualTo(3);
        assertThat(broker.run("user", "remove", "jenkins").exit()).isZero();
        assertThat(broker.run("user", "remove", "jenkins").exit()).isEqualTo(3);
    }

    @Test
    void a_scope_narrows_and_a_label_with_a_slash_can_be_revoked() {
        Typed added = broker.run("token", "add", "admin", "--label", "a/b c", "--scope", "publish:builds/**");
        String token = added.out().strip();
        assertThat(broker.run("pub", "builds/x", "1", "--token", token).exit()).isZero();
        assertThat(broker.run("pub", "other/x", "1", "--token", token).exit()).isEqualTo(4);
        assertThat(broker.run("token", "list", "admin").out()).contains("a/b c").contains("publish:builds/**");
        assertThat(broker.run("token", "revoke", "admin", "a/b c").exit()).isZero();
        assertThat(broker.run("token", "list").out()).doesNotContain("a/b c");
    }

    @Test
    void lists_are_tables_or_json_and_never_hold_a_secret() {
        Typed users = broker.run("user", "list", "-o", "json");
        assertThat((List<?>) Json.parse(Bytes.utf8(users.out()))).hasSize(1);
        Typed tokens = broker.run("token", "list", "-o", "ndjson");
        assertThat(Json.parseObject(Bytes.utf8(tokens.out())))
                .containsEntry("user", "admin")
                .containsEntry("label", "first-start");
        assertThat(users.out() + tokens.out()).doesNotContain(broker.token());
        assertThat(broker.run("user", "list").out()).startsWith("NAME ").contains("\nadmin ");
        assertThat(broker.run("token", "list", "nobody").exit()).isEqualTo(3);
    }

    @Test
    void a_second_user_of_that_name_and_the_last_administrator_are_refused() {
        broker.run("user", "add", "bob");
        Typed twice = broker.run("user", "add", "bob");
        assertThat(twice.exit()).isEqualTo(5);
        assertThat(twice.err()).startsWith("error: [2006] invalid users file: ");
        assertThat(broker.run("user", "remove", "admin").exit()).isEqualTo(5);
        assertThat(broker.run("token", "add", "bob", "--label", "x", "--expires", "soon")
                        .exit())
                .isEqualTo(2);
        Typed misspelt = broker.run("user", "add", "eve", "--grant", "publsh:a/**");
        assertThat(misspelt.err()).contains("did you mean \"publish\"?");
    }

    @Test
    void what_cannot_be_a_name_a_grant_or_a_time_is_wrong_usage() {
        Typed blank = broker.run("user", "add", "a b");
        assertThat(blank.exit()).isEqualTo(2);
        assertThat(blank.err())
                .startsWith(
                        "error: [1001] malformed request: \"a b\" is not a name of 1 to 64 of A-Z a-z 0-9 . _ @ -\n")
                .endsWith("\ntry: choose another name, as build-server or eve@example.org\n");
        assertThat(broker.run("user", "add", "disk").err()).contains("\"disk\" is the broker's own");
        assertThat(broker.run("user", "add", "eve", "--grant", "foo").exit()).isEqualTo(2);
        Typed past = broker.run("token", "add", "admin", "--label", "z", "--expires", "2020-01-01T00:00:00Z");
        assertThat(past.exit()).isEqualTo(2);
        assertThat(past.out()).isEmpty();
        assertThat(past.err()).contains("[1011]", "2020-01-01T00:00:00Z", "not in the future");
        assertThat(broker.run("token", "add", "admin", "--label", "z", "--expires", "0d")
                        .exit())
                .isEqualTo(2);
        assertThat(broker.run("token", "list").out()).doesNotContain(" z ");
        assertThat(broker.run("pub", "-a", "id=", "a/b", "x").exit()).isEqualTo(2);
    }

    @Test
    void a_token_that_could_not_be_printed_is_told_as_lost_with_how_to_revoke_it() {
        for (String why : List.of("No space left on device", "Broken pipe")) {
            Typed lost = broker.typed().unwritable(why).run("token", "add", "admin", "--label", why);
            assertThat(lost.exit()).isEqualTo(1);
            assertThat(lost.err())
                    .startsWith("error: the token could not be written to standard output, and is lost: " + why + "\n")
                    .containsPattern("\ntry: \\S+ token revoke admin [0-9A-Za-z]{8}, then make another\n$");
        }
    }

    @Test
    void a_wrong_token_is_4_and_no_token_is_4() {
        assertThat(broker.run("ls", "--token", "dbk_wrong").exit()).isEqualTo(4);
        Typed anonymous = new Typed(folder)
                .variable("DATABROKER_DATA", folder.resolve("none").toString());
        assertThat(anonymous.run("user", "list", "--url", broker.url()).exit()).isEqualTo(4);
    }

    @Test
    void the_token_of_the_data_folder_goes_to_its_own_broker_only() {
        assertThat(broker.run("user", "list", "--url", broker.url()).exit()).isZero();
        try (RunningBroker other = new RunningBroker(folder.resolve("other"))) {
            assertThat(broker.run("user", "list", "--url", other.url()).exit()).isEqualTo(4);
            Typed named =
                    broker.typed().variable("DATABROKER_URL", other.url()).variable("DATABROKER_TOKEN", other.token());
            assertThat(named.run("user", "list").exit()).isZero();
        }
    }

    @Test
    void who_is_connected_is_listed_and_can_be_ended() throws Exception {
        URI address = URI.create(broker.url() + "/events?topic=builds/**");
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<Stream<String>> heard = http.send(
                    HttpRequest.newBuilder(address)
                            .header("Authorization", "Bearer " + broker.token())
                            .build(),
                    HttpResponse.BodyHandlers.ofLines());
            assertThat(heard.statusCode()).isEqualTo(200);
            Typed list = broker.run("connections", "ls", "--door", "sse", "--find", "admin");
            assertThat(list.out()).contains("SUBSCRIBES TO", "server-sent events", "builds/**");
            assertThat(broker.run("connections", "ls", "--find", "nobody", "-o", "json")
                            .out()
                            .strip())
                    .isEqualTo("[]");
            String id = list.out().lines().toList().get(1).replaceFirst(" .*", "");
            assertThat(broker.run("connections", "end", id).exit()).isZero();
            heard.body().close();
            assertThat(broker.run("connections", "end", id).exit()).isEqualTo(3);
            assertThat(Files.readString(folder.resolve("data/audit.log"))).contains("connections/" + id);
        }
    }
}
