package com.databroker.objects;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Columns of domains of PostgreSQL: what they are made of in the end, which the driver does not say.
final class JdbcDomains {
    /// What a domain is made of may be a domain; the last one has the length or the digits.
    private static final String COLUMNS = """
            WITH RECURSIVE made (domain, base, modifier, required, computed) AS (
              SELECT oid, typbasetype, typtypmod, typnotnull, typdefault IS NOT NULL FROM pg_type WHERE typtype = 'd'
              UNION ALL
              SELECT m.domain, t.typbasetype, t.typtypmod, m.required OR t.typnotnull, m.computed
              FROM made m JOIN pg_type t ON t.oid = m.base AND t.typtype = 'd')
            SELECT c.relname, a.attname, format_type(m.base, m.modifier), m.required, m.computed
            FROM made m
            JOIN pg_type b ON b.oid = m.base AND b.typtype <> 'd'
            JOIN pg_attribute a ON a.atttypid = m.domain AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace s ON s.oid = c.relnamespace
            WHERE s.nspname = ?
            """;

    /// A type as the driver describes it.
    private record Base(int sqlType, String typeName, int size, int scale) {}

    private record Column(String table, String name, String type, boolean required, boolean computed) {}

    private final List<Column> columns;
    private final Map<String, Base> bases;

    private JdbcDomains(List<Column> columns, Map<String, Base> bases) {
        this.columns = columns;
        this.bases = bases;
    }

    static JdbcDomains of(Connection connection, JdbcDialect dialect, String schema) throws SQLException {
        List<Column> columns = new ArrayList<>();
        if (dialect == JdbcDialect.POSTGRESQL) {
            try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
                statement.setString(1, schema);
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        columns.add(new Column(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getBoolean(4),
                                row.getBoolean(5)));
                    }
                }
            }
        }
        return new JdbcDomains(columns, bases(connection, columns));
    }

    /// The driver says of a result what it says of no type.
    private static Map<String, Base> bases(Connection connection, List<Column> columns) throws SQLException {
        Set<String> types = columns.stream().map(Column::type).collect(Collectors.toCollection(LinkedHashSet::new));
        Map<String, Base> bases = new HashMap<>();
        if (types.isEmpty()) {
            return bases;
        }
        String nulls = types.stream().map(type -> "CAST(NULL AS " + type + ")").collect(Collectors.joining(", "));
        try (Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery("SELECT " + nulls + " LIMIT 0")) {
            ResultSetMetaData metadata = none.getMetaData();
            int at = 0;
            for (String type : types) {
                at++;
                bases.put(
                        type,
                        new Base(
                                metadata.getColumnType(at),
                                metadata.getColumnTypeName(at),
                                metadata.getPrecision(at),
                                metadata.getScale(at)));
            }
        }
        return bases;
    }

    /// Puts what they are made of in the place of domains.
    void resolve(Map<String, Map<String, JdbcSchema.Raw>> tables) {
        for (Column column : columns) {
            Base base = bases.get(column.type);
            Map<String, JdbcSchema.Raw> raws = tables.get(column.table);
            JdbcSchema.@Nullable Raw raw = raws == null ? null : raws.get(column.name);
            if (base != null && raws != null && raw != null) {
                raws.put(
                        column.name,
                        JdbcSchema.raw(
                                column.name,
                                base.sqlType,
                                base.typeName,
                                base.size,
                                base.scale,
                                raw.nullable() && !column.required,
                                raw.generated() || column.computed));
            }
        }
    }
}
