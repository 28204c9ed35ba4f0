package com.databroker.objects;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What is written into the columns of one row. References of several columns may share some with others,
/// and with the key, as those of a tenant: whoever writes one of them does not change what the others
/// refer to.
final class JdbcAssignments {
    private final JdbcTable table;
    private final Set<String> written;
    private final Map<JdbcColumn, @Nullable Object> fixed = new LinkedHashMap<>();
    private final Map<JdbcColumn, @Nullable Object> values = new LinkedHashMap<>();
    private final Set<JdbcColumn> kept = new LinkedHashSet<>();
    private final Set<String> sharing = new TreeSet<>();

    private JdbcAssignments(JdbcTable table, Set<String> written, @Nullable ObjectKey key) {
        this.table = table;
        this.written = written;
        if (key != null) {
            List<@Nullable Object> parts = JdbcTable.parts(key, table.key());
            for (int i = 0; i < parts.size(); i++) {
                fixed.put(table.key().get(i), parts.get(i));
            }
        }
    }

    /// Of a row that does not refer to anything yet.
    static JdbcAssignments ofNew(JdbcTable table) {
        return new JdbcAssignments(table, table.fields().keySet(), null);
    }

    /// Of a row that this commit made, whose references follow.
    static JdbcAssignments ofMade(JdbcTable table, ObjectKey key) {
        return new JdbcAssignments(table, table.fields().keySet(), key);
    }

    /// @param written the fields that are
    static JdbcAssignments ofKnown(JdbcTable table, ObjectKey key, Set<String> written) {
        return new JdbcAssignments(table, written, key);
    }

    void put(String field, @Nullable Object value) {
        JdbcTable.Part part = table.part(field);
        List<JdbcColumn> columns = value == null ? part.cleared() : part.columns();
        List<@Nullable Object> theirs = part.values(value);
        for (int i = 0; i < columns.size(); i++) {
            write(part, columns.get(i), value == null ? null : theirs.get(i));
        }
    }

    private void write(JdbcTable.Part part, JdbcColumn column, @Nullable Object value) {
        boolean isKey = fixed.containsKey(column);
        Map<JdbcColumn, @Nullable Object> before = isKey ? fixed : values;
        if (before.containsKey(column) && !Values.same(before.get(column), value)) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    "field " + part.field().name() + " shares the column " + column.name() + " with "
                            + (isKey ? "the key" : "others that are written") + ", and needs another value in it");
        }
        if (!isKey) {
            values.put(column, value);
            keep(part, column);
        }
    }

    private void keep(JdbcTable.Part part, JdbcColumn column) {
        if (part.field().kind() != ObjectTypes.Kind.REFERENCE) {
            return;
        }
        table.fields().forEach((name, other) -> {
            if (!written.contains(name) && other.columns().contains(column)) {
                kept.add(column);
                sharing.add(part.field().name());
                sharing.add(name);
            }
        });
    }

    /// The columns that are written, and what.
    Map<JdbcColumn, @Nullable Object> values() {
        return values;
    }

    /// `a = ?, b = ?`, whose parameters are added.
    List<String> sets(JdbcTable.Parameters parameters) {
        values.forEach(parameters::add);
        return values.keySet().stream()
                .map(column -> column.quoted() + " = " + column.parameter())
                .collect(Collectors.toCollection(ArrayList::new));
    }

    /// What has to be as it is written already, since fields that are not written have it too.
    void keep(StringBuilder where, JdbcTable.Parameters parameters) {
        for (JdbcColumn column : kept) {
            where.append(" AND ")
                    .append(column.compared())
                    .append(" IS NOT DISTINCT FROM ")
                    .append(column.comparand());
            parameters.add(column, values.get(column));
        }
    }

    /// Why the database left a row alone in which nobody else changed anything.
    ProblemException unchanged(ObjectKey key) {
        return sharing.isEmpty()
                ? refused(key)
                : new ProblemException(
                        Problem.VALUE_INVALID,
                        "the fields " + String.join(", ", sharing) + " of " + key
                                + " share columns: one alone would change what the others refer to; send all of them");
    }

    static ProblemException refused(ObjectKey key) {
        return new ProblemException(
                Problem.CONSTRAINT_BROKEN,
                "the database left " + key + " as it is: a trigger or a rule of its own does not take the change");
    }
}
