package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.Entity;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import com.databroker.core.ProblemException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A broker whose database is not there when it starts.
class ObjectsStoreAwayTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private PostgresPeer postgres;

    @SuppressWarnings("NullAway.Init")
    private Map<String, String> settings;

    private String url = "";

    @BeforeEach
    void start() throws Exception {
        postgres = PostgresPeer.start(Files.createDirectory(folder.resolve("postgres")));
        url = postgres.database();
        ObjectsShop.run(url, "CREATE TABLE person (id bigint PRIMARY KEY, version bigint NOT NULL, name text)");
        ObjectsShop.run(url, "INSERT INTO person VALUES (1, 1, 'Ada')");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            settings = Map.of("objects.stores.shop.jdbc", url, "http.port", Integer.toString(free.getLocalPort()));
        }
    }

    @AfterEach
    void stop() {
        postgres.close();
    }

    private TestBroker broker() {
        return TestBroker.start(folder.resolve("broker"), settings);
    }

    private static DatabrokerClient client(TestBroker broker) {
        URI address = broker.broker().httpAddress();
        return DatabrokerClient.builder(address).token(broker.token()).build();
    }

    private static String name(ObjectSpace space) {
        Entity person = space.get("Person", 1);
        return person == null ? "" : String.valueOf(person.get("name"));
    }

    private static boolean is(ObjectSpace space, String name) {
        try {
            return name(space).equals(name);
        } catch (ProblemException notYet) {
            return false;
        }
    }

    @Test
    void everything_else_works_meanwhile_and_its_objects_are_there_as_soon_as_it_is() throws Exception {
        postgres.end();
        try (TestBroker broker = broker();
                DatabrokerClient client = client(broker)) {
            assertThat(broker.request("PUT", "/files/a.txt", "a").statusCode()).isEqualTo(201);
            assertThat(broker.request("GET", "/objects/Person/1", ""))
                    .satisfies(refused -> assertThat(refused.statusCode()).isEqualTo(503))
                    .satisfies(refused -> assertThat(refused.body()).contains("7012", "has not answered"));
            assertThat(broker.request("GET", "/status", "").body())
                    .contains("\"name\":\"shop\"", "\"reachable\":false");
            assertThat(broker.request("GET", "/health/checks", "").body()).contains("store shop", "it does not answer");
            ObjectSpace space = client.objects();
            assertThatThrownBy(() -> name(space))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            away -> assertThat(away.problem().number()).isEqualTo(7012));
            postgres.again();
            Peers.until("the object is there", () -> is(space, "Ada"));
            try (ObjectSession session = space.session()) {
                session.edit(space.get("Person", 1)).set("name", "Grace");
                session.commit();
            }
            assertThat(broker.request("GET", "/objects/Person/1", "").body()).contains("Grace");
            assertThat(broker.request("GET", "/status", "").body()).contains("\"reachable\":true");
        }
    }

    @Test
    void what_a_program_holds_is_looked_at_again_when_broker_and_database_were_away() throws Exception {
        TestBroker first = broker();
        try (DatabrokerClient client = client(first)) {
            ObjectSpace space = client.objects();
            assertThat(name(space)).isEqualTo("Ada");
            first.close();
            ObjectsShop.run(url, "UPDATE person SET name = 'Grace', version = 2");
            postgres.end();
            try (TestBroker second = broker()) {
                assertThat(second.request("GET", "/objects/Person/1", "").statusCode())
                        .isEqualTo(503);
                postgres.again();
                Peers.until("nothing of before is held", () -> is(space, "Grace"));
            }
        } finally {
            first.close();
        }
    }
}
