package com.databroker.objects;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The changes of one commit, in one transaction that somebody else begins and ends: first what is
/// created, in the order in which it refers to one another, then what is updated, by key, so that two
/// commits do not wait for each other in a circle, then what is deleted.
///
/// Every conflict is collected, not only the first.
final class JdbcCommit implements JdbcLedger.Attempt {
    private static final int CASCADES_MAX = 10_000;

    private final JdbcDialect dialect;
    private final Function<String, JdbcTable> tables;
    private final Function<String, List<JdbcSchema.Cascade>> cascades;
    private final List<ObjectMessage.Op> ops;

    private final Map<ObjectKey, ObjectKey> created = new HashMap<>();
    private final @Nullable StoreRow[] rows;
    private final List<ObjectMessage.FieldConflict> conflicts = new ArrayList<>();
    private final List<StoreChange.Entry> entries = new ArrayList<>();
    private boolean overturned;
    private @Nullable Connection transaction;
    private final Set<ObjectKey> cascaded = new HashSet<>();

    JdbcCommit(
            JdbcDialect dialect,
            Function<String, JdbcTable> tables,
            Function<String, List<JdbcSchema.Cascade>> cascades,
            StoreCommit commit) {
        this.dialect = dialect;
        this.tables = tables;
        this.cascades = cascades;
        this.ops = commit.ops();
        this.rows = new StoreRow[ops.size()];
    }

    @Override
    public List<ObjectMessage.FieldConflict> conflicts() {
        return conflicts;
    }

    @Override
    public List<StoreChange.Entry> entries() {
        return entries;
    }

    @Override
    public boolean isOverturned() {
        return overturned;
    }

    /// What each operation made; null where it deleted.
    @Override
    public List<@Nullable StoreRow> rows() {
        List<@Nullable StoreRow> all = new ArrayList<>();
        for (StoreRow row : rows) {
            all.add(row);
        }
        return all;
    }

    /// @throws SQLException where the transaction is of no use any more
    @Override
    public void make(Connection connection) throws SQLException {
        this.transaction = connection;
        create();
        Map<String, Integer> updates = new TreeMap<>();
        List<Integer> deletes = new ArrayList<>();
        for (int i = 0; i < ops.size(); i++) {
            if (ops.get(i) instanceof ObjectMessage.Update update) {
                updates.put(update.ref().key().toString(), i);
            } else if (ops.get(i) instanceof ObjectMessage.Delete) {
                deletes.add(i);
            }
        }
        for (int at : updates.values()) {
            update(at, (ObjectMessage.Update) ops.get(at));
        }
        deletes.sort(Comparator.comparingInt(
                at -> -height(((ObjectMessage.Delete) ops.get(at)).ref().key().type(), 0)));
        for (int at : deletes) {
            delete((ObjectMessage.Delete) ops.get(at));
        }
    }

    /// How many references lead down from a type at most: what refers goes before what is referred to.
    private int height(String type, int depth) {
        int height = 0;
        for (JdbcTable.Part part : tables.apply(type).fields().values()) {
            String target = part.field().target();
            if (target != null && !target.equals(type) && depth < 8) {
                height = Math.max(height, 1 + height(target, depth + 1));
            }
        }
        return height;
    }

    private void create() throws SQLException {
        List<Integer> todo = new ArrayList<>();
        for (int i = 0; i < ops.size(); i++) {
            if (ops.get(i) instanceof ObjectMessage.Create) {
                todo.add(i);
            }
        }
        Map<Integer, Map<String, ObjectKey>> later = new LinkedHashMap<>();
        while (!todo.isEmpty()) {
            List<Integer> ready = todo.stream()
                    .filter(at -> waitsFor((ObjectMessage.Create) ops.get(at)).isEmpty())
                    .toList();
            if (ready.isEmpty()) {
                // A circle: it is opened at its first, whose references follow.
                int first = todo.getFirst();
                later.put(first, waitsFor((ObjectMessage.Create) ops.get(first)));
                ready = List.of(first);
            }
            for (int at : ready) {
                insert(at, (ObjectMessage.Create) ops.get(at), later.getOrDefault(at, Map.of()));
            }
            todo.removeAll(ready);
        }
        for (Map.Entry<Integer, Map<String, ObjectKey>> circle : later.entrySet()) {
            close(circle.getKey(), circle.getValue());
        }
    }

    /// References to what is not created yet.
    private Map<String, ObjectKey> waitsFor(ObjectMessage.Create create) {
        Map<String, ObjectKey> waits = new LinkedHashMap<>();
        create.values().forEach((name, value) -> {
            if (value instanceof ObjectKey key && key.isTemporary() && !created.containsKey(key)) {
                waits.put(name, key);
            }
        });
        return waits;
    }

    private void insert(int at, ObjectMessage.Create create, Map<String, ObjectKey> later) throws SQLException {
        JdbcTable table = tables.apply(create.type());
        JdbcAssignments assignments = JdbcAssignments.ofNew(table);
        create.values().forEach((name, value) -> {
            if (!later.containsKey(name)) {
                assignments.put(name, resolved(value));
            }
        });
        Map<JdbcColumn, @Nullable Object> values = assignments.values();
        if (table.version() != null) {
            values.put(table.version(), 1L);
        }
        StringBuilder names = new StringBuilder();
        StringBuilder places = new StringBuilder();
        JdbcTable.Parameters parameters = new JdbcTable.Parameters();
        values.forEach((column, value) -> {
            names.append(names.isEmpty() ? "" : ", ").append(column.quoted());
            places.append(places.isEmpty() ? "" : ", ").append(column.parameter());
            parameters.add(column, value);
        });
        String statement = values.isEmpty()
                ? "INSERT INTO " + table.quoted() + " DEFAULT VALUES"
                : "INSERT INTO " + table.quoted() + " (" + names + ") VALUES (" + places + ")";
        StoreRow row = one(table, dialect.updated(table.selected(), statement), parameters);
        if (row == null) {
            throw JdbcAssignments.refused(create.temporary());
        }
        rows[at] = row;
        created.put(create.temporary(), row.key());
        entries.add(new StoreChange.Entry(
                StoreChange.Kind.CREATED, row.key(), row.version(), edits(table, Map.of(), row.fields())));
    }

    private void close(int at, Map<String, ObjectKey> references) throws SQLException {
        StoreRow row = Objects.requireNonNull(rows[at]);
        JdbcTable table = tables.apply(row.key().type());
        JdbcTable.Parameters parameters = new JdbcTable.Parameters();
        JdbcAssignments assignments = JdbcAssignments.ofMade(table, row.key());
        references.forEach((name, temporary) -> assignments.put(name, resolved(temporary)));
        List<String> sets = assignments.sets(parameters);
        parameters.add(table.key(), JdbcTable.parts(row.key(), table.key()));
        String statement =
                "UPDATE " + table.quoted() + " SET " + String.join(", ", sets) + " WHERE " + table.keyEqual();
        StoreRow closed = one(table, dialect.updated(table.selected(), statement), parameters);
        rows[at] = closed;
        if (closed != null) {
            entries.add(new StoreChange.Entry(
                    StoreChange.Kind.UPDATED, row.key(), row.version(), edits(table, row.fields(), closed.fields())));
        }
    }

    private @Nullable Object resolved(@Nullable Object value) {
        if (value instanceof ObjectKey key && key.isTemporary()) {
            ObjectKey real = created.get(key);
            if (real == null) {
                throw new ProblemException(Problem.VALUE_INVALID, key + " is not created by this commit");
            }
            return real;
        }
        return value;
    }

    /// An update of one row.
    ///
    /// @param after what is written
    /// @param edits what is told of it
    private record Updating(
            JdbcTable table,
            String statement,
            JdbcTable.Parameters parameters,
            JdbcAssignments assignments,
            Map<String, @Nullable Object> after,
            Map<String, ObjectMessage.Edit> edits) {
        /// The edits as the database made them: it may round.
        Map<String, ObjectMessage.Edit> made(StoreRow row) {
            Map<String, ObjectMessage.Edit> made = new LinkedHashMap<>();
            edits.forEach((name, edit) -> made.put(
                    name, new ObjectMessage.Edit(edit.before(), row.fields().get(name))));
            return made;
        }

        /// Whether it is known before what will be told.
        boolean isForeseen() {
            return !table.computing()
                    && table.key().stream().allMatch(JdbcColumn::exact)
                    && edits.entrySet().stream().allMatch(edit -> {
                        JdbcTable.Part part = table.part(edit.getKey());
                        return part.field().kind() == ObjectTypes.Kind.REFERENCE
                                || part.columns()
                                        .getFirst()
                                        .keeps(edit.getValue().after());
                    });
        }
    }

    private void update(int at, ObjectMessage.Update update) throws SQLException {
        ObjectKey key = update.ref().key();
        JdbcTable table = tables.apply(key.type());
        if (update.fields().isEmpty()) {
            verify(at, table, key, update.version());
            return;
        }
        Updating it = updating(table, update);
        StoreRow before = table.computing() ? current(table, key, true) : null;
        StoreRow row = one(table, it.statement, it.parameters);
        if (row == null) {
            conflict(it, update);
            return;
        }
        rows[at] = row;
        Map<String, ObjectMessage.Edit> edits =
                before == null ? it.made(row) : edits(table, before.fields(), row.fields());
        // The row's own key, under which it is held: the one that was asked for may only be equal to it.
        entries.add(new StoreChange.Entry(StoreChange.Kind.UPDATED, row.key(), row.version(), edits));
    }

    private Updating updating(JdbcTable table, ObjectMessage.Update update) {
        ObjectKey key = update.ref().key();
        JdbcTable.Parameters parameters = new JdbcTable.Parameters();
        Map<String, @Nullable Object> after = new LinkedHashMap<>();
        update.fields().forEach((name, edit) -> after.put(name, resolved(edit.after())));
        JdbcAssignments assignments = JdbcAssignments.ofKnown(table, key, after.keySet());
        after.forEach(assignments::put);
        List<String> sets = assignments.sets(parameters);
        if (table.version() != null) {
            sets.add(table.version().quoted() + " = " + table.version().select() + " + 1");
        }
        StringBuilder where = new StringBuilder(table.keyEqual());
        parameters.add(table.key(), JdbcTable.parts(key, table.key()));
        assignments.keep(where, parameters);
        boolean strict = isStrict(table);
        if (strict && table.version() != null) {
            where.append(" AND ").append(table.version().select()).append(" = ?");
            parameters.add(table.version(), update.version());
        }
        Map<String, ObjectMessage.Edit> edits = new LinkedHashMap<>();
        update.fields().forEach((name, edit) -> {
            JdbcTable.Part part = table.part(name);
            // Where the version decides, tagged values are compared all the same: tags are made of them.
            if (!strict || part.field().tagged()) {
                Object before = edit.before();
                where.append(" AND ").append(before == null ? part.isNull() : part.equal("="));
                if (before != null) {
                    parameters.add(part, before);
                }
            }
            if (part.field().tagged()) {
                edits.put(name, new ObjectMessage.Edit(edit.before(), after.get(name)));
            }
        });
        String statement = "UPDATE " + table.quoted() + " SET " + String.join(", ", sets) + " WHERE " + where;
        return new Updating(table, dialect.updated(table.selected(), statement), parameters, assignments, after, edits);
    }

    /// Whether an update takes just the version that its client saw, so that the next one is known.
    private static boolean isStrict(JdbcTable table) {
        return table.version() != null && table.policy() == StoreOverlay.Policy.STRICT;
    }

    /// The update of one object, which most commits are: one trip to the database in place of three.
    @Override
    public @Nullable StoreChange makeAtOnce(Connection connection, StoreCommit commit, Instant now)
            throws SQLException {
        if (ops.size() != 1
                || !(ops.getFirst() instanceof ObjectMessage.Update update)
                || update.fields().isEmpty()) {
            return null;
        }
        ObjectKey key = update.ref().key();
        JdbcTable table = tables.apply(key.type());
        if (!isStrict(table)) {
            return null;
        }
        Updating it = updating(table, update);
        String statement = dialect.together(it.statement);
        if (statement.isEmpty() || !it.isForeseen()) {
            return null;
        }
        transaction = connection;
        entries.add(new StoreChange.Entry(StoreChange.Kind.UPDATED, key, update.version() + 1, it.edits));
        JdbcOutbox.Telling telling = new JdbcOutbox.Telling(commit, now, entries(), false, List.of(key));
        try (PreparedStatement prepared = connection.prepareStatement(statement)) {
            it.parameters.write(prepared);
            telling.write(prepared, it.parameters.count() + 1);
            try (ResultSet result = prepared.executeQuery()) {
                if (result.next()) {
                    rows[0] = table.read(result);
                    return telling.change(result.getLong(JdbcDialect.CHANGE_ID));
                }
            }
        }
        conflict(it, update);
        return null;
    }

    /// Nothing changes, but it must be as the client saw it until the commit.
    private void verify(int at, JdbcTable table, ObjectKey key, long version) throws SQLException {
        StoreRow row = current(table, key, true);
        rows[at] = row;
        if (row == null || row.version() != version) {
            conflict(key, version, row);
        }
    }

    private void conflict(Updating it, ObjectMessage.Update update) throws SQLException {
        ObjectKey key = update.ref().key();
        StoreRow theirs = current(it.table, key, false);
        int before = conflicts.size();
        if (theirs != null) {
            update.fields().forEach((name, edit) -> {
                Object there = theirs.fields().get(name);
                if (!Values.same(edit.before(), there)) {
                    conflicts.add(new ObjectMessage.FieldConflict(key, name, edit.before(), it.after.get(name), there));
                }
            });
        }
        if (conflicts.size() > before) {
            return;
        }
        if (theirs != null && (theirs.version() == update.version() || !isStrict(it.table))) {
            throw it.assignments.unchanged(key);
        }
        conflict(key, update.version(), theirs);
    }

    private void conflict(ObjectKey key, long version, @Nullable StoreRow theirs) {
        conflicts.add(
                new ObjectMessage.FieldConflict(key, "", version, null, theirs == null ? null : theirs.version()));
    }

    private void delete(ObjectMessage.Delete delete) throws SQLException {
        ObjectKey key = delete.ref().key();
        JdbcTable table = tables.apply(key.type());
        cascade(key);
        StringBuilder where = new StringBuilder(table.keyEqual());
        JdbcTable.Parameters parameters = new JdbcTable.Parameters();
        parameters.add(table.key(), JdbcTable.parts(key, table.key()));
        if (table.version() != null) {
            where.append(" AND ").append(table.version().select()).append(" = ?");
            parameters.add(table.version(), delete.version());
        }
        String statement = "DELETE FROM " + table.quoted() + " WHERE " + where;
        StoreRow gone = one(table, dialect.deleted(table.selected(), statement), parameters);
        if (gone == null) {
            StoreRow theirs = current(table, key, false);
            if (theirs != null && theirs.version() == delete.version()) {
                throw JdbcAssignments.refused(key);
            }
            conflict(key, delete.version(), theirs);
        } else {
            entries.add(deleted(table, gone));
        }
    }

    private static StoreChange.Entry deleted(JdbcTable table, StoreRow gone) {
        return new StoreChange.Entry(
                StoreChange.Kind.DELETED,
                gone.key(),
                table.isVersioned() ? gone.version() + 1 : 0,
                edits(table, gone.fields(), Map.of()));
    }

    /// What the database deletes or changes with a row, which nobody else would tell.
    private void cascade(ObjectKey key) throws SQLException {
        for (JdbcSchema.Cascade cascade : cascades.apply(key.type())) {
            JdbcTable table = tables.apply(cascade.type());
            JdbcTable.Part part = cascade.part();
            JdbcTable.Parameters parameters = new JdbcTable.Parameters();
            parameters.add(part, key);
            String sql = "SELECT " + table.selected() + " FROM " + table.quoted() + " WHERE " + part.equal("=")
                    + " FOR UPDATE";
            List<StoreRow> children = many(table, sql, parameters);
            if (cascaded.size() + children.size() > CASCADES_MAX) {
                overturned = true;
                return;
            }
            for (StoreRow child : children) {
                if (!cascaded.add(child.key())) {
                    continue;
                }
                if (cascade.deletes()) {
                    cascade(child.key());
                    entries.add(deleted(table, child));
                } else {
                    Map<String, ObjectMessage.Edit> edit = part.field().tagged()
                            ? Map.of(part.field().name(), new ObjectMessage.Edit(key, null))
                            : Map.of();
                    // The database leaves the version alone, so it says nothing.
                    entries.add(new StoreChange.Entry(StoreChange.Kind.UPDATED, child.key(), 0, edit));
                }
            }
        }
    }

    private @Nullable StoreRow current(JdbcTable table, ObjectKey key, boolean hold) throws SQLException {
        JdbcTable.Parameters parameters = new JdbcTable.Parameters();
        parameters.add(table.key(), JdbcTable.parts(key, table.key()));
        String sql = "SELECT " + table.selected() + " FROM " + table.quoted() + " WHERE " + table.keyEqual();
        return one(table, hold ? sql + " FOR UPDATE" : sql, parameters);
    }

    private @Nullable StoreRow one(JdbcTable table, String sql, JdbcTable.Parameters parameters) throws SQLException {
        List<StoreRow> found = many(table, sql, parameters);
        return found.isEmpty() ? null : found.getFirst();
    }

    private List<StoreRow> many(JdbcTable table, String sql, JdbcTable.Parameters parameters) throws SQLException {
        try (PreparedStatement statement = Objects.requireNonNull(transaction).prepareStatement(sql)) {
            parameters.write(statement);
            try (ResultSet result = statement.executeQuery()) {
                List<StoreRow> found = new ArrayList<>();
                while (result.next()) {
                    found.add(table.read(result));
                }
                return found;
            }
        }
    }

    private static Map<String, ObjectMessage.Edit> edits(
            JdbcTable table, Map<String, @Nullable Object> before, Map<String, @Nullable Object> after) {
        Map<String, ObjectMessage.Edit> edits = new LinkedHashMap<>();
        table.fields().forEach((name, part) -> {
            // Of what comes or goes also what is null: it may have been found by that.
            boolean differs = before.isEmpty() || after.isEmpty() || !Values.same(before.get(name), after.get(name));
            if (part.field().tagged() && differs) {
                edits.put(name, new ObjectMessage.Edit(before.get(name), after.get(name)));
            }
        });
        return edits;
    }
}
