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
import com.databroker.objects.spi.StoreRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HibernatePostgresTest extends StoreContract {
    @Override
    protected ObjectStore open() {
        String url = Postgres.database();
        Postgres.run(url, Shop.TABLES);
        return MappedShop.open(StoreConfig.defaults().at(url, null, null), Path.of("unused"), OVERLAYS)
                .store();
    }

    @Test
    void a_server_wakes_another_over_the_same_database() throws Exception {
        String url = Postgres.database();
        Postgres.run(url, Shop.TABLES);
        StoreConfig config = StoreConfig.defaults().at(url, null, null);
        try (ObjectStore one = MappedShop.open(config, Path.of("unused"), OVERLAYS).store();
                ObjectStore other = MappedShop.open(config, Path.of("unused"), OVERLAYS)
                        .store()) {
            Semaphore woken = new Semaphore(0);
            other.listen(woken::release);
            Position before = other.position();
            StoreRow ada = Wanted.done(one, Wanted.creating(1, "Person", "name", "Ada")).rows().getFirst();
            // Until it listens, nobody hears it.
            do {
                one.wakeOthers();
            } while (!woken.tryAcquire(200, TimeUnit.MILLISECONDS));
            assertThat(Objects.requireNonNull(other.changes(before)).changes().getFirst().entries().getFirst().key())
                    .isEqualTo(ada.key());
            assertThat(other.secret("tags", () -> Bytes.utf8("b")))
                    .isEqualTo(one.secret("tags", () -> Bytes.utf8("a")));
        }
    }

    @Test
    void disjoint_changes_of_one_object_pass_where_fields_are_compared() {
        String url = Postgres.database();
        Postgres.run(url, Shop.TABLES);
        StoreOverlay fields = new StoreOverlay(
                null, List.of(), List.of(), null, StoreOverlay.Policy.FIELDS, false, List.of());
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

    @Override
    protected List<Object> traits() {
        return List.of("hibernate", true, true, false);
    }
}
