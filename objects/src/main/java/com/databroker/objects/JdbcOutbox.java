package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.Values;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The table of what was committed and is to be told, in the database that holds what was committed.
///
/// ```
/// databroker_change
///   id, xid      PostgreSQL: numbers of the row and of its transaction; H2: one number, in the order of commits
///   commit_id    null where it was not a broker
///   digest       of who committed what, so that an id is not used twice
///   body         [{"o":"UPDATED","k":{"$":"Person/42"},"v":42,"f":{"name":["Ada","Ada L."]}}, …], by a broker;
///                [{"table":"person","o":"UPDATE","old":{"name":"Ada"},"new":{"name":"Ada L."},"text":[]}], by a
///                trigger; text: columns that are there as their own text, and not as that of their JSON
///   keys         of each operation, for the same answer again
/// databroker_state
///   epoch        of the positions; floor: the number before which changes are forgotten; secrets
/// ```
final class JdbcOutbox {
    /// What was answered to a commit before.
    record Answer(Bytes digest, List<@Nullable ObjectKey> keys, StoreChange change) {}

    /// @param next whoever knows these goes on here
    /// @param floor changes before it may be forgotten
    record Read(List<StoreChange> changes, long next, long floor) {}

    private static final int BODY_MAX = ObjectMessages.REQUEST_MAX - 1024;

    private static final String OVERTURNED = "[\"overturned\"]";

    static final String BY_OTHERS = "database";

    private final JdbcDialect dialect;

    JdbcOutbox(JdbcDialect dialect) {
        this.dialect = dialect;
    }

    /// What is to be told of a commit.
    ///
    /// @param keys of each operation, null where it deleted
    record Telling(
            StoreCommit commit,
            Instant now,
            List<StoreChange.Entry> entries,
            boolean overturned,
            List<@Nullable ObjectKey> keys) {
        /// @param first of the six places of an insertion
        void write(PreparedStatement statement, int first) throws SQLException {
            statement.setObject(first, commit.id());
            statement.setBytes(first + 1, commit.digest().toArray());
            statement.setString(first + 2, commit.principal());
            statement.setObject(first + 3, now.atOffset(ZoneOffset.UTC));
            statement.setString(first + 4, body(entries, overturned));
            statement.setString(first + 5, JdbcOutbox.keys(keys));
        }

        StoreChange change(long id) {
            return new StoreChange(id, commit.principal(), now, entries, overturned);
        }
    }

    StoreChange append(Connection connection, Telling telling) throws SQLException {
        if (!dialect.beforeChange().isEmpty()) {
            try (PreparedStatement statement = connection.prepareStatement(dialect.beforeChange())) {
                statement.executeUpdate();
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(dialect.insertChange())) {
            telling.write(statement, 1);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return telling.change(row.getLong(1));
            }
        }
    }

    private static String body(List<StoreChange.Entry> entries, boolean overturned) {
        List<@Nullable Object> body = new ArrayList<>();
        for (StoreChange.Entry entry : entries) {
            Map<String, Object> fields = new LinkedHashMap<>();
            entry.fields()
                    .forEach((name, edit) -> fields.put(name, Arrays.asList(wire(edit.before()), wire(edit.after()))));
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("o", entry.kind().name());
            one.put("k", ObjectRef.of(entry.key()));
            one.put("v", entry.version());
            one.put("f", fields);
            body.add(one);
        }
        if (overturned) {
            body.add("overturned");
        }
        try {
            Bytes encoded = ObjectMessages.JSON.encodeValue(body);
            return encoded.length() < BODY_MAX ? encoded.utf8() : OVERTURNED;
        } catch (ProblemException tooManyFields) {
            return OVERTURNED;
        }
    }

    private static @Nullable Object wire(@Nullable Object value) {
        return value instanceof ObjectKey key ? ObjectRef.of(key) : Values.brief(value);
    }

    private static @Nullable Object stored(@Nullable Object value) {
        return value instanceof ObjectRef ref ? ref.key() : value;
    }

    private static String keys(List<@Nullable ObjectKey> keys) {
        List<@Nullable Object> texts = new ArrayList<>();
        keys.forEach(key -> texts.add(key == null ? null : key.toString()));
        return ObjectMessages.JSON.encodeValue(texts).utf8();
    }

    @Nullable
    Answer answer(Connection connection, UUID commit, Function<String, @Nullable JdbcTable> tableNamed)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT digest, keys, id, principal, committed,"
                + " body FROM databroker_change WHERE commit_id = ?")) {
            statement.setObject(1, commit);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return null;
                }
                List<@Nullable ObjectKey> keys = new ArrayList<>();
                if (ObjectMessages.JSON.decodeValue(Bytes.utf8(row.getString(2))) instanceof List<?> texts) {
                    texts.forEach(text -> keys.add(text == null ? null : ObjectKey.parse(text.toString())));
                }
                return new Answer(Bytes.wrap(row.getBytes(1)), keys, change(row.getLong(3), row, tableNamed));
            }
        }
    }

    /// @param tableNamed gives the table of a name in the database, null where none is a type
    Read read(Connection connection, long from, Function<String, @Nullable JdbcTable> tableNamed) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(dialect.changes())) {
            statement.setLong(1, from);
            try (ResultSet row = statement.executeQuery()) {
                List<StoreChange> changes = new ArrayList<>();
                long next = from;
                long floor = 0;
                while (row.next()) {
                    next = row.getLong(1);
                    floor = row.getLong(2);
                    long id = row.getLong(3);
                    if (!row.wasNull()) {
                        changes.add(change(id, row, tableNamed));
                    }
                }
                return new Read(changes, next, floor);
            }
        }
    }

    private static StoreChange change(long id, ResultSet row, Function<String, @Nullable JdbcTable> tableNamed)
            throws SQLException {
        List<StoreChange.Entry> entries = new ArrayList<>();
        boolean overturned = false;
        if (!(decoded(row.getString(6)) instanceof List<?> body)) {
            overturned = true;
        } else {
            for (Object one : body) {
                if (one instanceof Map<?, ?> map && map.containsKey("table")) {
                    JdbcTable table = tableNamed.apply(String.valueOf(map.get("table")));
                    if (table != null) {
                        List<StoreChange.Entry> theirs = byOthers(table, map);
                        overturned |= theirs == null;
                        entries.addAll(theirs == null ? List.of() : theirs);
                    }
                } else if (one instanceof Map<?, ?> map) {
                    entries.add(byBroker(map));
                } else {
                    overturned = true;
                }
            }
        }
        return new StoreChange(
                id, row.getString(4), row.getObject(5, OffsetDateTime.class).toInstant(), entries, overturned);
    }

    /// @return null where it cannot be read: too large, or of columns with names that nobody expected
    private static @Nullable Object decoded(String body) {
        try {
            return ObjectMessages.JSON.decodeValue(Bytes.utf8(body));
        } catch (ProblemException unreadable) {
            return null;
        }
    }

    private static StoreChange.Entry byBroker(Map<?, ?> map) {
        Map<String, ObjectMessage.Edit> fields = new LinkedHashMap<>();
        if (map.get("f") instanceof Map<?, ?> edits) {
            edits.forEach((name, edit) -> {
                if (edit instanceof List<?> pair) {
                    fields.put(name.toString(), new ObjectMessage.Edit(stored(pair.get(0)), stored(pair.get(1))));
                }
            });
        }
        if (map.get("k") instanceof ObjectRef ref && map.get("v") instanceof Long version) {
            return new StoreChange.Entry(
                    StoreChange.Kind.valueOf(String.valueOf(map.get("o"))), ref.key(), version, fields);
        }
        throw new ProblemException(Problem.INTERNAL, "a row of databroker_change that no broker wrote");
    }

    /// @return null where nobody can say which row it was
    private static @Nullable List<StoreChange.Entry> byOthers(JdbcTable table, Map<?, ?> map) {
        Map<?, ?> old = map.get("old") instanceof Map<?, ?> values ? values : null;
        Map<?, ?> now = map.get("new") instanceof Map<?, ?> values ? values : null;
        try {
            return JdbcOthers.entries(table, old, now, map.get("text") instanceof List<?> texts ? texts : List.of());
        } catch (DateTimeException | IllegalArgumentException | ProblemException unreadable) {
            return null;
        }
    }
}
