package com.databroker.objects;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads rows of one table. Every value is a parameter, every name comes from the metadata.
final class JdbcFind {
    private static final int KEYS_AT_ONCE = 512;

    /// Where one parameter stands for all of them.
    private static final int KEYS_IN_ARRAY = 10_000;

    private final JdbcTable table;
    private final StringBuilder where = new StringBuilder();
    private final JdbcTable.Parameters parameters = new JdbcTable.Parameters();

    private JdbcFind(JdbcTable table) {
        this.table = table;
    }

    static List<StoreRow> load(Connection connection, JdbcTable table, Collection<ObjectKey> keys) throws SQLException {
        List<StoreRow> rows = new ArrayList<>(keys.size());
        List<ObjectKey> all = List.copyOf(keys);
        boolean any = table.key().size() == 1 && table.key().getFirst().any() && all.size() > 1;
        int atOnce = any ? KEYS_IN_ARRAY : KEYS_AT_ONCE;
        for (int i = 0; i < all.size(); i += atOnce) {
            JdbcFind find = new JdbcFind(table);
            List<ObjectKey> some = all.subList(i, Math.min(all.size(), i + atOnce));
            if (!any || !find.anyOf(some)) {
                find.keys(some);
            }
            find.query(connection, find.select(), 0, result -> rows.add(table.read(result)));
        }
        return rows;
    }

    /// @param some takes rows before all of them are read; null where nobody does
    static StorePage find(
            Connection connection, JdbcTable table, StoreQuery query, @Nullable Consumer<List<StoreRow>> some)
            throws SQLException {
        JdbcFind find = new JdbcFind(table);
        query.where().forEach(find::condition);
        long count = -1;
        if (query.count()) {
            count = find.count(connection);
        }
        JdbcRows rows = new JdbcRows(table, query.limit(), some);
        if (query.limit() > 0) {
            if (query.after() != null) {
                find.after(query.order(), query.after());
            }
            String sql = find.select() + find.order(query.order()) + " LIMIT " + (query.limit() + 1L);
            find.page(connection, sql, rows);
        }
        return rows.page(count);
    }

    private String select() {
        return "SELECT " + table.selected() + " FROM " + table.quoted() + where;
    }

    /// What somebody was given before the connection broke nobody is given once more.
    private void page(Connection connection, String sql, JdbcRows rows) throws SQLException {
        try {
            query(connection, sql, rows.atOnce(), rows::read);
        } catch (SQLException failed) {
            if (rows.isBegun()) {
                throw new ProblemException(Problem.STORE_UNAVAILABLE, "the database was lost within a page", failed);
            }
            throw failed;
        }
    }

    /// What is done with the row on which the result stands.
    private interface Each {
        void row(ResultSet result) throws SQLException;
    }

    /// @param atOnce so many are fetched at a time where the connection is in a transaction, 0 for all
    private void query(Connection connection, String sql, int atOnce, Each each) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            parameters.write(statement);
            statement.setFetchSize(atOnce);
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    each.row(result);
                }
            }
        }
    }

    private long count(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT COUNT(*) FROM " + table.quoted() + where)) {
            parameters.write(statement);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getLong(1);
            }
        }
    }

    private void and(String condition) {
        where.append(where.isEmpty() ? " WHERE " : " AND ").append(condition);
    }

    /// The number of keys is rounded up by repeating the last, so that there are few different
    /// statements.
    private void keys(List<ObjectKey> keys) {
        int places = Integer.highestOneBit(Math.max(1, keys.size() * 2 - 1));
        String one = table.key().stream().map(JdbcColumn::parameter).collect(Collectors.joining(", "));
        String place = table.key().size() == 1 ? one : "(" + one + ")";
        String columns = table.key().stream().map(JdbcColumn::compared).collect(Collectors.joining(", "));
        and("(" + columns + ") IN (" + String.join(", ", Collections.nCopies(places, place)) + ")");
        for (int i = 0; i < places; i++) {
            parameters.add(table.key(), JdbcTable.parts(keys.get(Math.min(i, keys.size() - 1)), table.key()));
        }
    }

    /// One statement, however many keys there are: neither parsed nor planned anew for another number of them.
    ///
    /// @return whether all of them fit
    private boolean anyOf(List<ObjectKey> keys) {
        JdbcColumn column = table.key().getFirst();
        long[] values = new long[keys.size()];
        for (int i = 0; i < values.length; i++) {
            if (!(JdbcTable.parts(keys.get(i), table.key()).getFirst() instanceof Long value)) {
                return false;
            }
            values[i] = value;
        }
        and(column.compared() + " = ANY (?)");
        parameters.add(column, values);
        return true;
    }

    private void condition(ObjectMessage.Condition condition) {
        JdbcTable.Part part = table.part(condition.field());
        List<@Nullable Object> values = condition.values();
        switch (condition.operator()) {
            case EQUAL, IN -> oneOf(part, values);
            case NOT_EQUAL -> {
                Object value = values.getFirst();
                and("NOT " + (value == null ? part.isNull() : part.equal("IS NOT DISTINCT FROM")));
                if (value != null) {
                    parameters.add(part, value);
                }
            }
            case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL -> {
                and(part.equal(condition.operator().word()));
                parameters.add(part, values.getFirst());
            }
            case PREFIX -> {
                JdbcColumn column = part.columns().getFirst();
                and(column.select() + " LIKE ? ESCAPE '!'");
                String text = String.valueOf(values.getFirst());
                parameters.add(
                        column, text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%");
            }
            case IS_NULL -> and(part.isNull());
        }
    }

    private void oneOf(JdbcTable.Part part, List<@Nullable Object> values) {
        List<String> choices = new ArrayList<>();
        for (Object value : values) {
            choices.add(value == null ? part.isNull() : part.equal("="));
            if (value != null) {
                parameters.add(part, value);
            }
        }
        and(choices.isEmpty() ? "1 = 0" : choices.stream().collect(Collectors.joining(" OR ", "(", ")")));
    }

    /// One column of an order, of which the key is the end.
    ///
    /// @param compared what stands for it
    private record Step(
            JdbcColumn column,
            String compared,
            boolean nullable,
            boolean descending,
            @Nullable Object after) {
        /// A reference of several columns is null where one of them is: then the others say nothing.
        static Step of(JdbcTable.Part part, JdbcColumn column, boolean descending, @Nullable Object after) {
            return part.columns().size() == 1
                    ? new Step(column, column.compared(), column.nullable(), descending, after)
                    : new Step(
                            column,
                            "CASE WHEN " + part.isNull() + " THEN NULL ELSE " + column.compared() + " END",
                            true,
                            descending,
                            after);
        }
    }

    private List<Step> steps(List<ObjectMessage.Order> order, @Nullable List<@Nullable Object> after) {
        List<Step> steps = new ArrayList<>();
        int at = 0;
        for (ObjectMessage.Order one : order) {
            JdbcTable.Part part = table.part(one.field());
            List<@Nullable Object> values = part.values(after == null ? null : after.get(at++));
            for (int i = 0; i < part.columns().size(); i++) {
                steps.add(Step.of(part, part.columns().get(i), one.descending(), values.get(i)));
            }
        }
        List<@Nullable Object> parts = Collections.nCopies(table.key().size(), null);
        if (after != null) {
            List<String> texts = new ArrayList<>();
            after.subList(at, after.size()).forEach(text -> texts.add(String.valueOf(text)));
            parts = JdbcTable.parts(new ObjectKey(table.type().name(), texts), table.key());
        }
        for (int i = 0; i < table.key().size(); i++) {
            JdbcColumn column = table.key().get(i);
            steps.add(new Step(column, column.compared(), column.nullable(), false, parts.get(i)));
        }
        return steps;
    }

    /// A name by itself would be that of what is selected, which may be a cast of the column, in another order.
    private String ordered(Step step) {
        return step.compared.equals(step.column.quoted()) ? table.quoted() + "." + step.compared : step.compared;
    }

    private String order(List<ObjectMessage.Order> order) {
        return steps(order, null).stream()
                .map(step -> ordered(step)
                        + (step.descending ? " DESC" : "")
                        + (step.nullable ? step.descending ? " NULLS FIRST" : " NULLS LAST" : ""))
                .collect(Collectors.joining(", ", " ORDER BY ", ""));
    }

    /// Rows behind one: greater in the first column, or equal there and greater in the second, and so on.
    private void after(List<ObjectMessage.Order> order, List<@Nullable Object> after) {
        List<Step> steps = steps(order, after);
        List<String> choices = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            List<String> all = new ArrayList<>();
            JdbcTable.Parameters theirs = new JdbcTable.Parameters();
            for (Step equal : steps.subList(0, i)) {
                all.add(
                        equal.after == null
                                ? equal.compared + " IS NULL"
                                : equal.compared + " = " + equal.column.comparand());
                if (equal.after != null) {
                    theirs.add(equal.column, equal.after);
                }
            }
            String behind = behind(steps.get(i), theirs);
            if (!behind.isEmpty()) {
                all.add(behind);
                choices.add("(" + String.join(" AND ", all) + ")");
                parameters.addAll(theirs);
            }
        }
        and(choices.isEmpty() ? "1 = 0" : "(" + String.join(" OR ", choices) + ")");
    }

    private static String behind(Step step, JdbcTable.Parameters theirs) {
        if (step.after == null) {
            // Null is the greatest: in an order downwards everything else follows, in one upwards nothing.
            return step.descending ? step.compared + " IS NOT NULL" : "";
        }
        theirs.add(step.column, step.after);
        String compared = step.compared + (step.descending ? " < " : " > ") + step.column.comparand();
        return step.descending || !step.nullable ? compared : "(" + compared + " OR " + step.compared + " IS NULL)";
    }
}
