package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Many small files over one connection, which the broker answers without its codec: nobody may see a difference.
class RepeatedGetTest {
    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        files = FilesBroker.start(data.resolve("broker"), Map.of("http.max-connections-per-address", "100"));
        files.put("/files/set/a.txt", "a", "X-Meta-Of", "tests");
        files.put("/files/set/b.bin", "bb");
        files.put("/files/set/empty", "");
        for (String path : new String[] {"a.txt", "b.bin", "empty"}) {
            files.get("/files/set/" + path);
        }
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    private static String request(String path, String token, String more) {
        return "GET /files/" + path + " HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer " + token + "\r\n" + more
                + "\r\n";
    }

    private static AttackSocket.Answer ask(AttackSocket socket, String path, String more) throws IOException {
        return socket.send(request(path, files.token(), more)).answer();
    }

    /// A connection on which the short way is open.
    private static AttackSocket learned(String token) throws IOException {
        AttackSocket socket = files.connect();
        for (int i = 0; i < 3; i++) {
            assertThat(socket.send(request("set/a.txt", token, "")).answer().status())
                    .isEqualTo(200);
        }
        return socket;
    }

    @ParameterizedTest
    @ValueSource(strings = {"set/a.txt", "set/b.bin", "set/empty"})
    void the_second_answer_of_a_connection_is_that_of_the_first(String path) throws Exception {
        try (AttackSocket fresh = files.connect();
                AttackSocket socket = learned(files.token())) {
            AttackSocket.Answer first = ask(fresh, path, "X-Unknown: takes the long way\r\n");
            assertThat(first.status()).isEqualTo(200);
            assertThat(ask(socket, path, "")).isEqualTo(first);
            assertThat(ask(socket, path, "")).isEqualTo(first);
        }
    }

    @Test
    void what_a_header_asks_for_is_given_between_others_too() throws Exception {
        try (AttackSocket socket = learned(files.token())) {
            assertThat(ask(socket, "set/b.bin", "Range: bytes=1-1\r\n").status())
                    .isEqualTo(206);
            assertThat(ask(socket, "set/b.bin", "").body()).isEqualTo("bb");
            assertThat(ask(socket, "set/b.bin", "If-None-Match: *\r\n").status())
                    .isEqualTo(304);
            assertThat(ask(socket, "set/b.bin", "Want-Repr-Digest: sha-256=0\r\n")
                            .header("repr-digest"))
                    .isEmpty();
            assertThat(ask(socket, "set/b.bin", "").header("repr-digest")).isNotEmpty();
            assertThat(ask(socket, "set/b.bin?stat", "").header("content-type")).contains("json");
            assertThat(ask(socket, "set/none", "").status()).isEqualTo(404);
            assertThat(ask(socket, "set/../a.txt", "").status()).isEqualTo(400);
        }
    }

    @Test
    void requests_that_come_together_or_in_pieces_are_answered_in_their_order() throws Exception {
        try (AttackSocket socket = learned(files.token())) {
            String a = request("set/a.txt", files.token(), "");
            String b = request("set/b.bin", files.token(), "");
            String odd = request("set/none", files.token(), "");
            socket.send(a + b + odd + b + a.substring(0, 40));
            assertThat(socket.answer().body()).isEqualTo("a");
            assertThat(socket.answer().body()).isEqualTo("bb");
            assertThat(socket.answer().status()).isEqualTo(404);
            assertThat(socket.answer().body()).isEqualTo("bb");
            socket.send(a.substring(40) + b);
            assertThat(socket.answer().body()).isEqualTo("a");
            assertThat(socket.answer().body()).isEqualTo("bb");
        }
    }

    @Test
    void two_requests_that_came_together_first_teach_nothing_wrong() throws Exception {
        try (AttackSocket socket = files.connect()) {
            String a = request("set/a.txt", files.token(), "");
            String b = request("set/b.bin", files.token(), "");
            for (int i = 0; i < 3; i++) {
                socket.send(a + b);
                assertThat(socket.answer().body()).isEqualTo("a");
                assertThat(socket.answer().body()).isEqualTo("bb");
            }
        }
    }

    @Test
    void a_new_version_is_sent_whoever_wrote_it() throws Exception {
        files.put("/files/set/changing", "1");
        try (AttackSocket socket = learned(files.token())) {
            assertThat(ask(socket, "set/changing", "").body()).isEqualTo("1");
            files.put("/files/set/changing", "22");
            assertThat(ask(socket, "set/changing", "").body()).isEqualTo("22");
            assertThat(ask(socket, "set/changing", "").body()).isEqualTo("22");
            Files.writeString(files.folder().resolve("set/changing"), "333");
            assertThat(ask(socket, "set/changing", "").body()).isEqualTo("333");
        }
    }

    @Test
    void rights_are_asked_for_with_each_request() throws Exception {
        String token = files.broker().user("reader", "read:set/a.txt");
        try (AttackSocket socket = learned(token)) {
            assertThat(socket.send(request("set/b.bin", token, "")).answer().status())
                    .isEqualTo(403);
            assertThat(socket.send(request("broker_users.xml", token, ""))
                            .answer()
                            .status())
                    .isEqualTo(403);
            assertThat(socket.send(request("set/a.txt", token + "x", ""))
                            .answer()
                            .status())
                    .isEqualTo(401);
            assertThat(socket.send(request("set/a.txt", token, "")).answer().status())
                    .isEqualTo(200);
            assertThat(files.broker()
                            .request("DELETE", "/access/users/reader", "")
                            .statusCode())
                    .isEqualTo(204);
            assertThat(socket.send(request("set/a.txt", token, "")).answer().status())
                    .isEqualTo(401);
        }
    }
}
