package com.databroker.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.Position;
import com.databroker.objects.Postgres;
import com.databroker.objects.Shop;
import com.databroker.objects.StoreConfig;
import com.databroker.objects.StoreContract;
import com.databroker.objects.Wanted;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HibernatePostgresTest extends StoreContract {
    @Override
    protected ObjectStore open() {
        String url = Postgres.database();
        Postgres.run(url, Shop.tables());
        return MappedShop.open(StoreConfig.defaults().at(url, null, null), Path.of("unused"), OVERLAYS)
                .store();
    }

    @Test
    void a_server_wakes_another_over_the_same_database() throws Exception {
        String url = Postgres.database();
        Postgres.run(url, Shop.tables());
        StoreConfig config = StoreConfig.defaults().at(url, null, null);
        try (ObjectStore one =
                        MappedShop.open(config, Path.of("unused"), OVERLAYS).store();
                ObjectStore other =
                        MappedShop.open(config, Path.of("unused"), OVERLAYS).store()) {
            Semaphore woken = new Semaphore(0);
            other.listen(woken::release);
            Position before = other.position();
            StoreRow ada = Wanted.done(one, Wanted.creating(1, "Person", "name", "Ada"))
                    .rows()
                    .getFirst();
            // Until it listens, nobody hears it.
            do {
                one.wakeOthers();
            } while (!woken.tryAcquire(200, TimeUnit.MILLISECONDS));
            assertThat(Objects.requireNonNull(other.changes(before))
                            .changes()
                            .getFirst()
                            .entries()
                            .getFirst()
                            .key())
                    .isEqualTo(ada.key());
            assertThat(other.secret("tags", () -> Bytes.utf8("b")))
                    .isEqualTo(one.secret("tags", () -> Bytes.utf8("a")));
        }
    }

    @Test
    void disjoint_changes_of_one_object_pass_where_fields_are_compared() {
        String url = Postgres.database();
        Postgres.run(url, Shop.tables());
        StoreOverlay fields =
                new StoreOverlay(null, List.of(), List.of(), null, StoreOverlay.Policy.FIELDS, false, List.of());
        StoreConfig config = StoreConfig.defaults().at(url, null, null);
        try (ObjectStore store = MappedShop.open(config, Path.of("unused"), Map.of("Person", fields))
                .store()) {
            ObjectKey ada = Objects.requireNonNull(Wanted.done(store, Wanted.creating(1, "Person", "name", "Ada"))
                            .rows()
                            .getFirst())
                    .key();
            Wanted.done(store, Wanted.update(ada, 1, "name", "Ada", "Ida"));
            Wanted.done(store, Wanted.update(ada, 1, "active", null, true));
            assertThat(Wanted.there(store, ada).version()).isEqualTo(3);
            assertThat(Wanted.conflicts(store, Wanted.update(ada, 1, "name", "Ada", "Eva")))
                    .containsExactly(new ObjectMessage.FieldConflict(ada, "name", "Ada", "Eva", "Ida"));
        }
    }

    @Test
    void what_is_joined_of_several_tables_is_changed_and_refers_in_circles() {
        String url = Postgres.database();
        Postgres.run(
                url,
                "CREATE SEQUENCE vehicle_seq INCREMENT BY 50",
                "CREATE TABLE vehicle (id bigint PRIMARY KEY, wheels int NOT NULL, version int NOT NULL,"
                        + " towedby_id bigint REFERENCES vehicle (id))",
                "CREATE TABLE car (id bigint PRIMARY KEY REFERENCES vehicle (id), plate text)");
        StoreConfig config = StoreConfig.defaults().at(url, null, null);
        try (ObjectStore store =
                MappedShop.open(config, Path.of("unused"), Map.of()).store()) {
            List<ObjectKey> keys = Wanted.done(
                            store,
                            Wanted.creating(
                                    1, "Vehicle", "kind", "Car", "wheels", 4L, "towedBy", ObjectKey.temporary(2)),
                            Wanted.creating(
                                    2, "Vehicle", "kind", "Vehicle", "wheels", 6L, "towedBy", ObjectKey.temporary(1)))
                    .rows()
                    .stream()
                    .map(row -> Objects.requireNonNull(row).key())
                    .toList();
            StoreRow car = Wanted.there(store, keys.getFirst());
            assertThat(car.fields()).containsEntry("kind", "Car").containsEntry("towedBy", keys.getLast());
            assertThat(Wanted.there(store, keys.getLast()).fields()).containsEntry("towedBy", keys.getFirst());
            StoreRow changed = Objects.requireNonNull(
                    Wanted.done(store, Wanted.update(car.key(), car.version(), "plate", null, "G 1", "wheels", 4L, 3L))
                            .rows()
                            .getFirst());
            assertThat(changed.version()).isEqualTo(car.version() + 1);
            assertThat(Wanted.there(store, car.key()).fields())
                    .containsEntry("plate", "G 1")
                    .containsEntry("wheels", 3L);
        }
    }

    @Test
    void keys_of_several_columns_are_referred_to_by_as_many() {
        String url = Postgres.database();
        Postgres.run(
                url,
                "CREATE TABLE seat (line text, number int, colour text, PRIMARY KEY (line, number))",
                "CREATE TABLE ticket (id uuid PRIMARY KEY, seat_line text, seat_number int,"
                        + " FOREIGN KEY (seat_line, seat_number) REFERENCES seat (line, number))");
        StoreConfig config = StoreConfig.defaults().at(url, null, null);
        try (ObjectStore store =
                MappedShop.open(config, Path.of("unused"), Map.of()).store()) {
            UUID id = new UUID(1, 2);
            Wanted.done(
                    store,
                    Wanted.creating(1, "Ticket", "id", id, "seat", ObjectKey.temporary(2)),
                    Wanted.creating(2, "Seat", "line", "B", "number", 7L));
            ObjectKey seat = new ObjectKey("Seat", List.of("B", "7"));
            ObjectKey ticket = ObjectKey.of("Ticket", id);
            assertThat(Wanted.there(store, ticket).fields()).containsEntry("seat", seat);
            assertThat(store.find(new StoreQuery(
                                    "Ticket",
                                    List.of(Wanted.where("seat", ObjectMessage.Operator.EQUAL, seat)),
                                    List.of(new ObjectMessage.Order("seat", true)),
                                    10,
                                    null,
                                    true))
                            .count())
                    .isEqualTo(1);
            Wanted.done(store, Wanted.update(seat, 0, "colour", null, "red"));
            Wanted.done(store, Wanted.delete(seat, 0), Wanted.delete(ticket, 0));
            assertThat(store.load("Seat", List.of(seat))).isEmpty();
        }
    }

    @Override
    protected List<Object> traits() {
        return List.of("hibernate", true, true, false, false);
    }
}
