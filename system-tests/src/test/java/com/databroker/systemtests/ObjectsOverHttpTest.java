package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectMessage;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Objects for whoever has nothing but HTTP: values come and go as they are, and what is refused is told why.
class ObjectsOverHttpTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start() throws Exception {
        String url = "jdbc:h2:file:" + folder.resolve("shop");
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE dept (id bigint PRIMARY KEY, name varchar(80) NOT NULL)");
            statement.execute("CREATE TABLE doc (id bigint PRIMARY KEY, j json)");
            statement.execute("CREATE TABLE place (name varchar(80) PRIMARY KEY, note varchar(80))");
        }
        broker = TestBroker.start(folder.resolve("data"), Map.of("objects.stores.shop.jdbc", url));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static int status(String method, String path, String body) throws Exception {
        return broker.request(method, path, body).statusCode();
    }

    /// Whoever shows an object and sends it back changes nothing.
    @Test
    void a_document_comes_and_goes_over_http_as_it_is() throws Exception {
        String deep = "[".repeat(60) + "{\"a\":".repeat(3_000) + "null" + "}".repeat(3_000) + "]".repeat(60);
        assertThat(status("POST", "/objects/Doc", "{\"id\":1,\"j\":" + deep + "}"))
                .isEqualTo(201);
        String shown = broker.request("GET", "/objects/Doc/1", "").body();
        assertThat(shown).endsWith(",\"j\":" + deep + "}");
        assertThat(status("PATCH", "/objects/Doc/1", "{\"j\":" + deep + "}")).isEqualTo(200);
        assertThat(broker.request("GET", "/objects/Doc/1", "").body()).isEqualTo(shown);
    }

    @Test
    void a_condition_is_about_any_text_and_other_addresses_keep_to_what_can_be_read() throws Exception {
        assertThat(status("POST", "/objects/Place", "{\"name\":\"odd\",\"note\":\"a\\\\b\\tc\"}"))
                .isEqualTo(201);
        assertThat(broker.request("GET", "/objects/Place?note=a%5Cb%09c&count=true", "")
                        .body())
                .contains("\"count\":1");
        assertThat(status("GET", "/events?topic=a%09b", "")).isEqualTo(400);
        assertThat(status("GET", "/objects/Place?no%09te=a", "")).isEqualTo(400);
    }

    @Test
    void a_request_of_another_media_type_is_refused() throws Exception {
        String types = "{\"t\":\"types\",\"i\":1}";
        for (String unknown : List.of("text/xml", "application/x-www-form-urlencoded", "dbo.json", "json")) {
            assertThat(broker.request("POST", "/objects/rpc", types, "Content-Type", unknown)
                            .body())
                    .as(unknown)
                    .contains("\"number\":1010");
        }
        for (String known : List.of("application/json", "Application/JSON; charset=utf-8")) {
            assertThat(broker.request("POST", "/objects/rpc", types, "Content-Type", known)
                            .body())
                    .as(known)
                    .contains("\"i\":1");
        }
        assertThat(broker.request("POST", "/objects/rpc", types).body()).contains("\"i\":1");
    }

    @Test
    void a_condition_with_too_many_values_is_told_how_many_there_may_be() throws Exception {
        try (ObjectPeer peer = ObjectPeer.open(broker, broker.token())) {
            List<@Nullable Object> values = new ArrayList<>();
            for (long i = 0; i <= 1_000; i++) {
                values.add(i);
            }
            ObjectMessage.Condition condition = new ObjectMessage.Condition("id", ObjectMessage.Operator.IN, values);
            ObjectMessage.Reply reply = peer.ask(id ->
                    new ObjectMessage.Find(id, "Dept", List.of(condition), List.of(), List.of(), 100, null, false));
            assertThat(reply)
                    .isInstanceOfSatisfying(
                            ObjectMessage.Failed.class,
                            failed -> assertThat(failed.detail()).contains("in and 1001 values, of at most 1000"));
        }
    }
}
