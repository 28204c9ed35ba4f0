package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectKey;
import com.databroker.core.Position;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreOverlay;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What triggers of PostgreSQL tell of changes by others.
class ToldByOthersTest extends UnpreparedTables {
    /// Each change in a line: what became of which object, its version, the fields, and `unseen` for whom nothing
    /// visible changed.
    private static List<String> lines(ObjectStore store, Position from) {
        return told(store, from).stream()
                .flatMap(change -> change.overturned()
                        ? Stream.of("overturned")
                        : change.entries().stream().map(ToldByOthersTest::line))
                .toList();
    }

    private static String line(StoreChange.Entry entry) {
        return entry.kind() + " " + entry.key() + " " + entry.version() + " "
                + new TreeSet<>(entry.fields().keySet()) + (entry.visible() ? "" : " unseen");
    }

    private ObjectStore hiding(String type, String... tables) {
        url = Postgres.database();
        Postgres.run(url, tables);
        StoreOverlay overlay = new StoreOverlay(
                null, List.of("pin"), List.of("mood"), null, StoreOverlay.Policy.STRICT, false, List.of());
        return open(new StoreConfig(
                url, null, null, null, 4, false, StoreConfig.Lookup.KEY, List.of(), null, Map.of(type, overlay)));
    }

    @Test
    void what_only_changed_what_is_hidden_is_no_event_and_makes_no_copy_old_unless_its_version_grew() {
        try (ObjectStore store = hiding(
                "Acct",
                "CREATE TABLE acct (id int PRIMARY KEY, version int, owner text, pin text, mood text, doc jsonb)",
                "INSERT INTO acct VALUES (1, 1, 'ann', '1234', 'glad', '{}')")) {
            store.watchOthers(true);
            Position start = store.position();
            Postgres.run(
                    url,
                    "UPDATE acct SET pin = '1'",
                    "UPDATE acct SET pin = '2', version = 2",
                    "UPDATE acct SET pin = '3', owner = 'bob', version = 3",
                    "UPDATE acct SET owner = owner",
                    "UPDATE acct SET mood = 'sad', version = 4",
                    "UPDATE acct SET doc = '{\"a\": 1}', version = 5");
            assertThat(lines(store, start))
                    .containsExactly(
                            "UPDATED Acct/1 2 [] unseen",
                            "UPDATED Acct/1 3 [owner]",
                            "UPDATED Acct/1 4 []",
                            "UPDATED Acct/1 5 [doc]");
        }
    }

    @Test
    void a_watcher_is_told_of_no_change_that_nobody_may_see() {
        List<ObjectChange> heard = new ArrayList<>();
        ObjectTelling telling = new ObjectTelling(InstantSource.system());
        telling.changes(heard::addAll);
        List<StoreChange.Entry> entries = List.of(
                new StoreChange.Entry(StoreChange.Kind.UPDATED, ObjectKey.of("Acct", 1), 2, Map.of(), false),
                new StoreChange.Entry(StoreChange.Kind.UPDATED, ObjectKey.of("Acct", 2), 2, Map.of()));
        telling.of("shop", new ObjectStores.Counts())
                .round(List.of(new StoreChange(1, "database", Instant.EPOCH, entries, false)));
        assertThat(heard).extracting(ObjectChange::key).containsExactly(ObjectKey.of("Acct", 2));
    }
}
