package com.databroker.objects;

import static com.databroker.objects.Wanted.there;
import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreChanges;
import com.databroker.objects.spi.StoreQuery;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/// Tables of PostgreSQL that a test makes, and a store over them.
abstract class UnpreparedTables {
    String url = "";

    ObjectStore open(String... tables) {
        url = Postgres.database();
        Postgres.run(url, tables);
        return open(StoreConfig.defaults().at(url, null, null));
    }

    static ObjectStore open(StoreConfig config) {
        return JdbcStore.open("shop", config, Duration.ofHours(1), Path.of("unused"), InstantSource.system());
    }

    static ObjectTypes.Type type(ObjectStore store, String name) {
        return store.types().stream()
                .filter(type -> type.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static void refused(int number, ThrowingCallable what) {
        assertThatThrownBy(what)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        problem -> assertThat(problem.problem().number()).isEqualTo(number));
    }

    static @Nullable Object field(ObjectStore store, String key, String field) {
        return there(store, ObjectKey.parse(key)).fields().get(field);
    }

    static List<StoreChange> told(ObjectStore store, Position from) {
        StoreChanges changes = store.changes(from);
        if (changes == null) {
            throw new AssertionError("forgotten");
        }
        return changes.changes();
    }

    static List<String> found(ObjectStore store, String type, ObjectMessage.Condition... where) {
        return store.find(new StoreQuery(type, List.of(where), List.of(), 100, null, false)).rows().stream()
                .map(row -> row.key().toString())
                .toList();
    }

    static StoreConfig reading(String address, String schema) {
        return new StoreConfig(address, null, null, schema, 4, true, StoreConfig.Lookup.KEY, List.of(), null, Map.of());
    }
}
