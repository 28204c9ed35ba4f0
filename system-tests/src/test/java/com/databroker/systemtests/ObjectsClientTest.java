package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import com.databroker.systemtests.ObjectsShop.Person;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The client over a broker with an embedded database, and over two with one PostgreSQL.
final class ObjectsClientTest {
    private static final int ROUNDS = 50;

    @Nested
    final class OnH2 extends ObjectsClientContract {
        @Override
        String database(Path place) throws Exception {
            String jdbc = "jdbc:h2:" + place.resolve("shop");
            ObjectsShop.run(jdbc, ObjectsShop.TABLES);
            return jdbc;
        }
    }

    @Nested
    @SuppressWarnings("NullAway.Init")
    final class OnPostgres extends ObjectsClientContract {
        private PostgresPeer postgres;
        private TestBroker second;

        @Override
        String database(Path place) throws Exception {
            postgres = PostgresPeer.start(Files.createDirectory(place.resolve("postgres")));
            String jdbc = postgres.database();
            ObjectsShop.run(jdbc, ObjectsShop.TABLES);
            return jdbc;
        }

        private TestBroker second() throws Exception {
            if (second == null) {
                second = broker("two", 0);
            }
            return second;
        }

        private ObjectSpace spaceThere() throws Exception {
            return space(second(), second().token(), Duration.ofSeconds(20));
        }

        @Override
        void ended() {
            if (second != null) {
                second.close();
            }
            postgres.close();
        }

        @Test
        void two_brokers_over_one_database_are_as_one() throws Exception {
            ObjectSpace here = space();
            ObjectSpace there = spaceThere();
            Made made = make(here, "Two", "n0");
            for (int i = 1; i <= ROUNDS; i++) {
                ObjectSpace writes = i % 2 == 0 ? here : there;
                ObjectSpace reads = i % 2 == 0 ? there : here;
                Person mine = writes.get(Person.class, made.person(0));
                try (ObjectSession session = writes.session()) {
                    session.edit(mine).name("n" + i);
                    reads.await(session.commit());
                }
                assertThat(reads.get(Person.class, made.person(0)).name()).isEqualTo("n" + i);
                assertThat(reads.find(Person.class).eq("name", "n" + i).list()).hasSize(1);
                assertThat(reads.find(Person.class).eq("name", "n" + (i - 1)).list())
                        .isEmpty();
            }
        }

        @Test
        void what_another_broker_committed_is_heard_of_without_being_asked_for() throws Exception {
            ObjectSpace here = space();
            Made made = make(here, "Heard", "Ada", "Bob");
            List<Person> inHand = made.persons();
            ObjectSpace there = spaceThere();
            change(there, inHand.get(0), "Ada Lovelace");
            Peers.until("it is known to be obsolete", () -> inHand.get(0).obsolete());
            assertThat(inHand.get(1).obsolete()).isFalse();
            assertThat(here.get(Person.class, made.person(0)).name()).isEqualTo("Ada Lovelace");
        }

        @Override
        void whileAway(Made made) throws Exception {
            change(spaceThere(), made.persons().get(0), "by another");
        }

        @Override
        void afterwards(ObjectSpace space, Made made) {
            assertThat(space.get(Person.class, made.person(0)).name()).isEqualTo("by another");
        }
    }
}
