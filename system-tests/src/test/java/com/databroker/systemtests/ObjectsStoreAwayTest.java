package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.Entity;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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
        ObjectsShop.run(
                url,
                "CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text,"
                        + " version bigint NOT NULL DEFAULT 1)");
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

    private static boolean isAway(ObjectSpace space) {
        try {
            space.get("Person", 2);
            return false;
        } catch (ProblemException refused) {
            return refused.problem() == Problem.STORE_UNAVAILABLE;
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
                // Who comes when the database is there again has missed nothing that the database would tell of.
                Peers.until("the program is at the second broker", () -> isAway(space));
                postgres.again();
                Peers.until("nothing of before is held", () -> is(space, "Grace"));
            }
        } finally {
            first.close();
        }
    }

    /// Whose answer was lost in the broker's own hands it commits once more, until it is done.
    private static boolean isCommitted(ObjectSession session) {
        try {
            session.commit();
            return true;
        } catch (ProblemException inDoubt) {
            assertThat(inDoubt.problem()).isIn(Problem.STORE_UNAVAILABLE, Problem.UNAVAILABLE);
            return false;
        }
    }

    @Test
    void what_is_committed_until_it_is_done_is_done_once_while_the_database_ends_and_begins() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        AtomicLong ids = new AtomicLong(1_000);
        try (TestBroker broker = broker();
                DatabrokerClient client = client(broker);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Long>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(threads.submit(() -> {
                    long done = 0;
                    while (!enough.get()) {
                        long number = ids.incrementAndGet();
                        try (ObjectSession session = client.objects().session()) {
                            session.create("Note").set("title", "note " + number);
                            Peers.until("it is committed", () -> isCommitted(session));
                            done++;
                        }
                    }
                    return done;
                }));
            }
            for (int i = 0; i < 3; i++) {
                long before = ids.get();
                Peers.until("some were committed", () -> ids.get() > before + 50);
                postgres.end();
                postgres.again();
            }
            enough.set(true);
            long done = 0;
            for (Future<Long> one : all) {
                done += one.get();
            }
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement();
                    ResultSet counts = statement.executeQuery("SELECT count(*), count(DISTINCT title) FROM note")) {
                assertThat(counts.next()).isTrue();
                assertThat(List.of(counts.getLong(1), counts.getLong(2))).containsExactly(done, done);
            }
        }
    }
}
