package com.databroker.objects;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A table as a type: which columns make which field, and how rows of it become objects.
///
/// @param table its name as the database has it
/// @param quoted with its schema, as it stands in statements
/// @param key its columns, in the order of the key
/// @param columns every column that is read, those of the key first
/// @param names of the fields, in their order
/// @param brief whether a row has no large objects, which take their time
/// @param computing whether an update also changes what nobody wrote: what is generated, or set by triggers
record JdbcTable(
        ObjectTypes.Type type,
        String table,
        String quoted,
        List<JdbcColumn> key,
        List<JdbcColumn> columns,
        Map<String, Part> fields,
        List<String> names,
        @Nullable JdbcColumn version,
        boolean brief,
        boolean computing,
        StoreOverlay.Policy policy) {

    /// @param columns of a reference as many as the key of its target has
    /// @param cleared those of them that become null with it: what others have too stays
    /// @param named whether it is said to have changed: also of what is not tagged since nothing is found by it
    record Part(ObjectTypes.Field field, List<JdbcColumn> columns, List<JdbcColumn> cleared, boolean named) {
        /// The values of the columns.
        List<@Nullable Object> values(@Nullable Object value) {
            if (field.kind() != ObjectTypes.Kind.REFERENCE) {
                return Collections.singletonList(value);
            }
            return value == null ? Collections.nCopies(columns.size(), null) : parts((ObjectKey) value, columns);
        }

        /// What stands for one value in a statement, as `a = ? AND b = ?`.
        String equal(String operator) {
            return columns.stream()
                    .map(column -> column.compared() + " " + operator + " " + column.comparand())
                    .collect(Collectors.joining(" AND ", "(", ")"));
        }

        /// A reference is null where one of its columns is.
        String isNull() {
            return columns.stream().map(JdbcColumn::isNull).collect(Collectors.joining(" OR ", "(", ")"));
        }
    }

    /// Puts the values of statements in their places.
    static final class Parameters {
        private final List<JdbcColumn> columns = new ArrayList<>();
        private final List<@Nullable Object> values = new ArrayList<>();

        void add(JdbcColumn column, @Nullable Object value) {
            columns.add(column);
            values.add(value);
        }

        void add(List<JdbcColumn> many, List<? extends @Nullable Object> theirs) {
            for (int i = 0; i < many.size(); i++) {
                add(many.get(i), theirs.get(i));
            }
        }

        void add(Part part, @Nullable Object value) {
            add(part.columns, part.values(value));
        }

        void addAll(Parameters others) {
            columns.addAll(others.columns);
            values.addAll(others.values);
        }

        int count() {
            return columns.size();
        }

        void write(PreparedStatement statement) throws SQLException {
            for (int i = 0; i < columns.size(); i++) {
                columns.get(i).write(statement, i + 1, values.get(i));
            }
        }
    }

    static List<@Nullable Object> parts(ObjectKey key, List<JdbcColumn> columns) {
        if (key.parts().size() != columns.size()) {
            throw new ProblemException(
                    Problem.OBJECT_KEY_INVALID,
                    "a key of " + key.type() + " has " + columns.size() + " parts, not those of "
                            + Text.excerpt(key.toString()));
        }
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            String part = key.parts().get(i);
            try {
                values.add(columns.get(i).ofText(part));
            } catch (DateTimeException | IllegalArgumentException misfit) {
                throw new ProblemException(
                        Problem.OBJECT_KEY_INVALID,
                        "\"" + Text.excerpt(part) + "\" in " + Text.excerpt(key.toString()) + " is no "
                                + columns.get(i).kind().word());
            }
        }
        return values;
    }

    boolean isVersioned() {
        return version != null;
    }

    /// Columns as they are selected, which [#read] expects.
    String selected() {
        String all = columns.stream().map(JdbcColumn::select).collect(Collectors.joining(", "));
        return version == null ? all : all + ", " + version.select();
    }

    String keyEqual() {
        return key.stream()
                .map(column -> column.compared() + " = " + column.parameter())
                .collect(Collectors.joining(" AND "));
    }

    Part part(String field) {
        Part part = fields.get(field);
        if (part == null) {
            throw new ProblemException(
                    Problem.FIELD_UNKNOWN, type.name() + " has no field \"" + Text.excerpt(field) + "\"");
        }
        return part;
    }

    /// The row on which the result stands.
    StoreRow read(ResultSet result) throws SQLException {
        @Nullable Object[] values = new Object[columns.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = read(columns.get(i), result, i + 1);
        }
        long number = version == null ? 0 : result.getLong(values.length + 1);
        return new StoreRow(key(type.name(), key, values), number, fields(values));
    }

    private @Nullable Object read(JdbcColumn column, ResultSet result, int at) throws SQLException {
        try {
            return column.read(result, at);
        } catch (ProblemException unreadable) {
            // Nobody who asked for it sent it.
            String field = names.stream()
                    .filter(name -> part(name).columns().contains(column))
                    .findFirst()
                    .orElse(column.name());
            throw new ProblemException(
                    Problem.STORE_UNAVAILABLE,
                    "field " + field + " of a " + type.name() + " has JSON that cannot be read",
                    unreadable);
        }
    }

    /// @param values by the index of their columns
    Map<String, @Nullable Object> fields(@Nullable Object[] values) {
        @Nullable Object[] read = new Object[fields.size()];
        int at = 0;
        for (Part part : fields.values()) {
            read[at++] = value(part, values);
        }
        return ObjectMessage.Row.fields(names, read);
    }

    private static @Nullable Object value(Part part, @Nullable Object[] values) {
        String target = part.field.target();
        if (target == null) {
            return values[part.columns.getFirst().index()];
        }
        for (JdbcColumn column : part.columns) {
            if (values[column.index()] == null) {
                return null;
            }
        }
        return key(target, part.columns, values);
    }

    static ObjectKey key(String type, List<JdbcColumn> columns, @Nullable Object[] values) {
        if (columns.size() == 1) {
            return ObjectKey.of(type, text(columns.getFirst(), values));
        }
        return new ObjectKey(
                type, columns.stream().map(column -> text(column, values)).toList());
    }

    private static String text(JdbcColumn column, @Nullable Object[] values) {
        Object value = values[column.index()];
        if (column.kind() == ObjectTypes.Kind.GRAPH) {
            return JdbcJson.write(value);
        }
        return value == null ? "" : Values.text(value);
    }
}
