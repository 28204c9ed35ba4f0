package com.databroker.objects;

import com.databroker.core.ObjectTypes.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Where the two databases differ.
enum JdbcDialect {
    H2 {
        @Override
        String updated(String selected, String statement) {
            return "SELECT " + selected + " FROM FINAL TABLE (" + statement + ")";
        }

        @Override
        String deleted(String selected, String statement) {
            return "SELECT " + selected + " FROM OLD TABLE (" + statement + ")";
        }

        @Override
        String keys(boolean foreign) {
            return """
                    SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.ORDINAL_POSITION, u.TABLE_NAME,
                      u.COLUMN_NAME, r.DELETE_RULE
                    FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS t
                    JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE k ON k.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA
                      AND k.CONSTRAINT_NAME = t.CONSTRAINT_NAME
                    LEFT JOIN INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA
                      AND r.CONSTRAINT_NAME = t.CONSTRAINT_NAME
                    LEFT JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE u ON u.CONSTRAINT_SCHEMA = r.UNIQUE_CONSTRAINT_SCHEMA
                      AND u.CONSTRAINT_NAME = r.UNIQUE_CONSTRAINT_NAME
                      AND u.ORDINAL_POSITION = k.POSITION_IN_UNIQUE_CONSTRAINT
                    WHERE t.TABLE_SCHEMA = ? AND t.CONSTRAINT_TYPE = '%s'
                    ORDER BY 1, 2, 4
                    """.formatted(foreign ? "FOREIGN KEY" : "PRIMARY KEY");
        }

        @Override
        boolean isDurable(Connection connection) throws SQLException {
            return !connection.getMetaData().getURL().startsWith("jdbc:h2:mem:");
        }

        @Override
        String computing() {
            return "SELECT DISTINCT TABLE_NAME FROM INFORMATION_SCHEMA.COLUMNS"
                    + " WHERE TABLE_SCHEMA = ? AND IS_GENERATED = 'ALWAYS'";
        }

        @Override
        List<String> tables() {
            return List.of(
                    """
                    CREATE TABLE IF NOT EXISTS databroker_state (name VARCHAR(64) PRIMARY KEY, bytes VARBINARY(1024),
                      number BIGINT)""",
                    """
                    CREATE TABLE IF NOT EXISTS databroker_change (id BIGINT PRIMARY KEY, commit_id UUID UNIQUE,
                      digest VARBINARY(32), principal VARCHAR(256) NOT NULL,
                      committed TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL, body CLOB NOT NULL,
                      keys CLOB)""",
                    "INSERT INTO databroker_state SELECT 'last', NULL, 0"
                            + " WHERE NOT EXISTS (SELECT 1 FROM databroker_state WHERE name = 'last')",
                    FLOOR);
        }

        // The row of the last number is locked until the commit: so numbers become visible in their order.
        @Override
        String beforeChange() {
            return "UPDATE databroker_state SET number = number + 1 WHERE name = 'last'";
        }

        @Override
        String insertChange() {
            return "SELECT id FROM FINAL TABLE (INSERT INTO databroker_change"
                    + " (id, commit_id, digest, principal, committed, body, keys)"
                    + " SELECT number, ?, ?, ?, ?, ?, ? FROM databroker_state WHERE name = 'last')";
        }

        @Override
        String changes() {
            return "SELECT s.number + 1, f.number, c.id, c.principal, c.committed, c.body FROM databroker_state s"
                    + " JOIN databroker_state f ON f.name = 'floor'"
                    + " LEFT JOIN databroker_change c ON c.id >= ? AND c.id <= s.number"
                    + " WHERE s.name = 'last' ORDER BY c.id";
        }

        @Override
        String position() {
            return "SELECT number + 1 FROM databroker_state WHERE name = 'last'";
        }

        @Override
        String number() {
            return "id";
        }
    },

    POSTGRESQL {
        @Override
        String updated(String selected, String statement) {
            return statement + " RETURNING " + selected;
        }

        @Override
        String deleted(String selected, String statement) {
            return statement + " RETURNING " + selected;
        }

        // The catalogue itself: the views of the standard take seconds where there are a thousand tables.
        @Override
        String keys(boolean foreign) {
            return """
                    SELECT t.relname, c.conname, a.attname, k.at, u.relname, b.attname,
                      CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT'
                        ELSE '' END
                    FROM pg_constraint c
                    JOIN pg_class t ON t.oid = c.conrelid
                    JOIN pg_namespace s ON s.oid = t.relnamespace
                    CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(mine, theirs, at)
                    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.mine
                    LEFT JOIN pg_class u ON u.oid = c.confrelid AND u.relnamespace = s.oid
                    LEFT JOIN pg_attribute b ON b.attrelid = u.oid AND b.attnum = k.theirs
                    WHERE s.nspname = ? AND c.contype = '%s' AND c.conparentid = 0
                    ORDER BY 1, 2, 4
                    """.formatted(foreign ? "f" : "p");
        }

        @Override
        boolean isDurable(Connection connection) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement("SELECT current_setting('fsync') = 'on'"
                            + " AND current_setting('synchronous_commit') <> 'off'");
                    ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }

        // Of a trigger, 19 is for each row, before, and an update.
        @Override
        String computing() {
            return """
                    SELECT t.relname FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace WHERE s.nspname = ?
                      AND (EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attgenerated <> '')
                        OR EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = t.oid AND NOT g.tgisinternal
                          AND g.tgtype & 19 = 19))
                    """;
        }

        @Override
        List<String> tables() {
            return List.of(
                    "CREATE TABLE IF NOT EXISTS databroker_state (name text PRIMARY KEY, bytes bytea, number bigint)",
                    """
                    CREATE TABLE IF NOT EXISTS databroker_change (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                      xid xid8 NOT NULL DEFAULT pg_current_xact_id(), commit_id uuid UNIQUE, digest bytea,
                      principal text NOT NULL, committed timestamptz NOT NULL DEFAULT clock_timestamp(),
                      body text NOT NULL, keys text)""",
                    "CREATE INDEX IF NOT EXISTS databroker_change_xid ON databroker_change (xid)",
                    FLOOR,
                    "REVOKE ALL ON databroker_state, databroker_change FROM PUBLIC");
        }

        @Override
        String beforeChange() {
            return "";
        }

        @Override
        String insertChange() {
            return "INSERT INTO databroker_change (commit_id, digest, principal, committed, body, keys)"
                    + " VALUES (?, ?, ?, ?, ?, ?)"
                    + " RETURNING id";
        }

        @Override
        String together(String updated) {
            return "WITH changed AS (" + updated + "), told AS (INSERT INTO databroker_change (commit_id, digest,"
                    + " principal, committed, body, keys) SELECT ?::uuid, ?::bytea, ?::text, ?::timestamptz, ?::text,"
                    + " ?::text FROM changed RETURNING id AS " + CHANGE_ID + ") SELECT changed.*, told." + CHANGE_ID
                    + " FROM changed, told";
        }

        // Rows are told when they are visible. Transactions before the snapshot's xmin have ended, so whoever has been
        // told of all that is visible never has to look at theirs again; of later ones some may still be to come.
        @Override
        String changes() {
            return "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, f.number, c.id, c.principal,"
                    + " c.committed, c.body FROM (SELECT number FROM databroker_state WHERE name = 'floor') f"
                    + " LEFT JOIN databroker_change c ON c.xid >= ?::text::xid8 ORDER BY c.id";
        }

        @Override
        String position() {
            return "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        }

        @Override
        String number() {
            return "xid::text::bigint";
        }
    };

    /// The number before which changes may have been forgotten.
    private static final String FLOOR = "INSERT INTO databroker_state SELECT 'floor', NULL, 0"
            + " WHERE NOT EXISTS (SELECT 1 FROM databroker_state WHERE name = 'floor')";

    static final String CHANGE_ID = "databroker_change_id";

    private static final Set<String> POSTGRESQL_WHOLES =
            Set.of("int2", "int4", "int8", "smallserial", "serial", "bigserial");

    private static final Set<String> POSTGRESQL_UNEQUAL =
            Set.of("xml", "point", "polygon", "path", "box", "circle", "_xml", "_json", "_point", "_polygon");

    private static final Set<String> POSTGRESQL_TEXTS = Set.of("varchar", "text", "bpchar", "name");

    /// A statement that changes rows and gives them as they are now.
    abstract String updated(String selected, String statement);

    /// A statement that deletes rows and gives them as they were.
    abstract String deleted(String selected, String statement);

    /// Columns of keys of one schema: table, constraint, column, place; of foreign ones what they refer
    /// to, and what happens when that is deleted.
    abstract String keys(boolean foreign);

    /// Whether what was committed survives the loss of power.
    abstract boolean isDurable(Connection connection) throws SQLException;

    /// Tables of one schema in which an update also changes what nobody wrote.
    abstract String computing();

    /// What makes the broker's own tables where they are not there.
    abstract List<String> tables();

    /// What is done before [#insertChange], empty for nothing.
    abstract String beforeChange();

    /// Takes commit, digest, principal, time, body and keys, gives the id.
    abstract String insertChange();

    /// One statement for an [#updated] one and the change that tells of it, which is inserted for each row that was
    /// updated; empty where there is none. Takes what both take, gives what was updated and [#CHANGE_ID].
    String together(String updated) {
        return "";
    }

    /// Takes a number for positions; gives in each row the next one, the least that is still known, and a
    /// change or null.
    abstract String changes();

    abstract String position();

    /// A change's number for positions.
    abstract String number();

    static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /// @param typeName as the driver gives it
    Kind kind(int sqlType, String typeName) {
        return switch (typeName.toLowerCase(Locale.ROOT)) {
            case "uuid" -> Kind.UUID;
            case "json", "jsonb" -> Kind.GRAPH;
            case "timestamptz" -> Kind.INSTANT;
            case "timetz", "money", "bit", "oid" -> Kind.TEXT;
            default -> kind(sqlType);
        };
    }

    private static Kind kind(int sqlType) {
        return switch (sqlType) {
            case Types.BOOLEAN, Types.BIT -> Kind.BOOLEAN;
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> Kind.INTEGER;
            case Types.NUMERIC, Types.DECIMAL -> Kind.DECIMAL;
            case Types.REAL, Types.FLOAT, Types.DOUBLE -> Kind.DOUBLE;
            case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB -> Kind.BYTES;
            case Types.DATE -> Kind.DATE;
            case Types.TIME -> Kind.TIME;
            case Types.TIMESTAMP -> Kind.DATETIME;
            case Types.TIMESTAMP_WITH_TIMEZONE -> Kind.OFFSET;
            default -> Kind.TEXT;
        };
    }

    /// What is selected to read a column.
    String select(String quoted, String typeName, Kind kind) {
        if (typeName.equals("inet")) {
            // A cast appends the 32 bits of a single address, which nobody wrote.
            return "abbrev(" + quoted + ")";
        }
        return kind == Kind.TEXT && isOdd(typeName) ? "CAST(" + quoted + " AS " + textual() + ")" : quoted;
    }

    /// What stands for a value of a column.
    String parameter(String typeName, Kind kind) {
        if (kind == Kind.GRAPH && this == H2) {
            return "? FORMAT JSON";
        }
        // A real is not equal to the double that is nearest to what it stands for.
        return (kind == Kind.TEXT && isOdd(typeName))
                        || kind == Kind.GRAPH
                        || typeName.equals("float4")
                        || typeName.equals("REAL")
                ? "CAST(? AS " + named(typeName) + ")"
                : "?";
    }

    /// A type in a statement. The driver quotes what is not in the search path and nothing else, and without
    /// quotes a bit is one of a single place.
    private String named(String typeName) {
        return this == H2 || typeName.startsWith("\"") ? typeName : quote(typeName);
    }

    /// What a column, or a parameter of it, is compared by: some types of PostgreSQL know no equality, others take
    /// what is as large for equal.
    String compared(String what, String typeName) {
        if (this == H2) {
            return what;
        }
        return typeName.equals("json")
                ? "CAST(" + what + " AS jsonb)"
                : POSTGRESQL_UNEQUAL.contains(typeName) ? "CAST(" + what + " AS text)" : what;
    }

    /// Whether what is equal in the database has the same value here, and the same text in a trigger: others are
    /// equal without regard to case or blanks at the end.
    boolean isExact(int sqlType, String typeName, Kind kind) {
        return this == H2 || (kind == Kind.TEXT ? sqlType == Types.VARCHAR : !typeName.equals("float4"));
    }

    /// Whether JSON of PostgreSQL's has no text for a value, or not the one that is read.
    static boolean isSpelled(int sqlType, String typeName, Kind kind) {
        return kind == Kind.GRAPH || sqlType == Types.ARRAY || sqlType == Types.STRUCT || typeName.equals("hstore");
    }

    /// Whether a column is equal to any of an array of long, by its index.
    boolean takesMany(String typeName) {
        return this == POSTGRESQL && POSTGRESQL_WHOLES.contains(typeName);
    }

    private String textual() {
        return this == H2 ? "VARCHAR" : "text";
    }

    private boolean isOdd(String typeName) {
        return this == H2 ? !typeName.contains("CHAR") : !POSTGRESQL_TEXTS.contains(typeName);
    }
}
