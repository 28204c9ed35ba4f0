package com.databroker.objects;

import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StoreOverlay;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Finds the types of a database in its metadata, with as many questions whatever the number of tables.
///
/// A table with a primary key is a type. A foreign key to such a table is a reference, and its columns
/// are no fields by themselves unless they belong to the key.
final class JdbcSchema {
    private static final String OURS = "databroker_";

    /// What is larger has no size.
    private static final int SIZED_MAX = 100_000;

    /// What H2 gives a column that has no size of its own; large objects have more.
    private static final int BRIEF_MAX = 1 << 20;

    private final Connection connection;
    private final JdbcDialect dialect;
    private final String store;
    private final String schema;
    private final boolean readOnly;
    private final Map<String, StoreOverlay> overlays;

    /// Tables by name, of each its columns by name.
    private final Map<String, Map<String, Raw>> columns = new LinkedHashMap<>();

    private final Map<String, List<String>> primary = new HashMap<>();
    private final Map<String, List<ForeignKey>> foreign = new HashMap<>();
    private final Set<String> computing = new HashSet<>();
    private final Map<String, String> typeOfTable = new TreeMap<>();

    /// A column as the driver describes it.
    record Raw(
            String name,
            int sqlType,
            String typeName,
            int size,
            int scale,
            boolean nullable,
            boolean generated,
            boolean isVersionLike) {}

    /// @param onDelete what becomes of the row when what it refers to is deleted: empty for nothing
    private record ForeignKey(String name, String target, List<String> mine, List<String> theirs, String onDelete) {}

    /// What is deleted or changed with a row: `part` of `type`, which may be hidden, refers to it.
    record Cascade(String type, JdbcTable.Part part, boolean deletes) {}

    /// @param cascades by the type of the row that is deleted
    record Found(Map<String, JdbcTable> tables, Map<String, List<Cascade>> cascades) {}

    JdbcSchema(
            Connection connection,
            JdbcDialect dialect,
            String store,
            String schema,
            boolean readOnly,
            Map<String, StoreOverlay> overlays) {
        this.connection = connection;
        this.dialect = dialect;
        this.store = store;
        this.schema = schema;
        this.readOnly = readOnly;
        this.overlays = overlays;
    }

    Found read() throws SQLException {
        readColumns();
        JdbcDomains.of(connection, dialect, schema).resolve(columns);
        readKeys();
        readComputing();
        nameTypes();
        Map<String, JdbcTable> tables = new TreeMap<>();
        Map<String, List<Cascade>> cascades = new HashMap<>();
        for (Map.Entry<String, String> entry : typeOfTable.entrySet()) {
            JdbcTable table = table(entry.getKey(), entry.getValue(), cascades);
            tables.put(entry.getValue(), table);
        }
        overlays.keySet().stream().filter(type -> !tables.containsKey(type)).forEach(type -> {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "objects.stores." + store + ".types." + type + ": no such table with a primary key in schema "
                            + schema);
        });
        return new Found(tables, cascades);
    }

    private void readColumns() throws SQLException {
        DatabaseMetaData metadata = connection.getMetaData();
        // The driver takes a pattern: without the escape shop_a would be shopxa, too.
        String escape = metadata.getSearchStringEscape();
        String exactly = schema.replace(escape, escape + escape)
                .replace("_", escape + "_")
                .replace("%", escape + "%");
        Set<String> tables = new HashSet<>();
        try (ResultSet row =
                metadata.getTables(null, exactly, "%", new String[] {"TABLE", "BASE TABLE", "PARTITIONED TABLE"})) {
            while (row.next()) {
                tables.add(row.getString("TABLE_NAME"));
            }
        }
        try (ResultSet row = metadata.getColumns(null, exactly, "%", "%")) {
            while (row.next()) {
                String table = row.getString("TABLE_NAME");
                if (!tables.contains(table)
                        || table.toLowerCase(java.util.Locale.ROOT).startsWith(OURS)) {
                    continue;
                }
                Raw column = raw(row);
                columns.computeIfAbsent(table, absent -> new LinkedHashMap<>()).put(column.name, column);
            }
        }
    }

    private static Raw raw(ResultSet row) throws SQLException {
        String name = row.getString("COLUMN_NAME");
        int type = row.getInt("DATA_TYPE");
        int size = row.getInt("COLUMN_SIZE");
        boolean generated = row.getString("COLUMN_DEF") != null
                || "YES".equals(row.getString("IS_AUTOINCREMENT"))
                || "YES".equals(row.getString("IS_GENERATEDCOLUMN"));
        return raw(
                name,
                type,
                row.getString("TYPE_NAME"),
                size,
                row.getInt("DECIMAL_DIGITS"),
                row.getInt("NULLABLE") != DatabaseMetaData.columnNoNulls,
                generated);
    }

    static Raw raw(String name, int type, String typeName, int size, int scale, boolean nullable, boolean generated) {
        boolean whole = type == Types.INTEGER || type == Types.BIGINT || type == Types.SMALLINT;
        boolean isVersionLike = whole && name.equalsIgnoreCase("version");
        int digits = size > SIZED_MAX ? Integer.MAX_VALUE : scale;
        return new Raw(name, type, typeName, size, digits, nullable, generated, isVersionLike);
    }

    private void readKeys() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(dialect.keys(false))) {
            statement.setString(1, schema);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    primary.computeIfAbsent(row.getString(1), absent -> new ArrayList<>())
                            .add(row.getString(3));
                }
            }
        }
        Map<String, ForeignKey> byName = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(dialect.keys(true))) {
            statement.setString(1, schema);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String table = row.getString(1);
                    String target = row.getString(5);
                    if (target == null) {
                        continue;
                    }
                    String rule = row.getString(7);
                    String onDelete = rule.equals("CASCADE") || rule.startsWith("SET ") ? rule : "";
                    ForeignKey key = byName.computeIfAbsent(
                            table + " " + row.getString(2),
                            name -> new ForeignKey(name, target, new ArrayList<>(), new ArrayList<>(), onDelete));
                    if (key.mine.isEmpty()) {
                        foreign.computeIfAbsent(table, absent -> new ArrayList<>())
                                .add(key);
                    }
                    key.mine.add(row.getString(3));
                    key.theirs.add(row.getString(6));
                }
            }
        }
    }

    private void readComputing() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(dialect.computing())) {
            statement.setString(1, schema);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    computing.add(row.getString(1));
                }
            }
        }
    }

    private void nameTypes() {
        Set<String> taken = new HashSet<>();
        overlays.forEach((type, overlay) -> {
            String table = overlay.table();
            if (table != null && columns.containsKey(table) && primary.containsKey(table)) {
                typeOfTable.put(table, type);
                taken.add(type);
            }
        });
        columns.keySet().stream().sorted().filter(primary::containsKey).forEach(table -> {
            if (!typeOfTable.containsKey(table)) {
                String type = Names.free(Names.type(table), taken);
                typeOfTable.put(table, type);
                taken.add(type);
            }
        });
    }

    private JdbcTable table(String table, String type, Map<String, List<Cascade>> cascades) {
        StoreOverlay overlay = overlays.getOrDefault(type, StoreOverlay.NONE);
        Map<String, Raw> raws = columns.getOrDefault(table, Map.of());
        List<String> key = primary.getOrDefault(table, List.of());
        Raw version = version(overlay, raws, key, type);
        List<ForeignKey> references = references(table, raws);
        Draft draft = new Draft(type, overlay, raws, shared(key, references));
        for (String column : key) {
            draft.column(column);
        }
        Set<String> covered = new HashSet<>();
        for (ForeignKey reference : references) {
            reference.mine.stream()
                    .filter(column -> reference.mine.size() == 1 || !key.contains(column))
                    .forEach(covered::add);
        }
        for (Raw raw : raws.values()) {
            if (!raw.equals(version) && !covered.contains(raw.name)) {
                draft.plain(raw, key.contains(raw.name));
            }
        }
        for (ForeignKey reference : references) {
            draft.reference(reference, cascades);
        }
        JdbcColumn versionColumn =
                version == null ? null : column(-1, version, "COALESCE(" + JdbcDialect.quote(version.name) + ", 0)");
        ObjectTypes.Type described = new ObjectTypes.Type(
                type,
                store,
                key.stream()
                        .map(column -> draft.names.getOrDefault(column, column))
                        .toList(),
                "",
                version != null,
                readOnly || overlay.readOnly(),
                draft.fields.values().stream().map(JdbcTable.Part::field).toList(),
                List.of(),
                List.of());
        return new JdbcTable(
                described,
                table,
                JdbcDialect.quote(schema) + "." + JdbcDialect.quote(table),
                key.stream().map(draft::column).toList(),
                List.copyOf(draft.read),
                draft.fields,
                List.copyOf(draft.fields.keySet()),
                versionColumn,
                raws.values().stream().allMatch(raw -> raw.size <= BRIEF_MAX),
                computing.contains(table),
                overlay.policy());
    }

    private @Nullable Raw version(StoreOverlay overlay, Map<String, Raw> raws, List<String> key, String type) {
        String named = overlay.version();
        if (named == null) {
            return raws.values().stream()
                    .filter(raw -> raw.isVersionLike && !key.contains(raw.name))
                    .findFirst()
                    .orElse(null);
        }
        Raw raw = raws.get(named);
        if (raw == null || dialect.kind(raw.sqlType, raw.typeName) != Kind.INTEGER) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "objects.stores." + store + ".types." + type + ".version: there is no column " + named
                            + " of whole numbers");
        }
        return raw;
    }

    private static Set<String> shared(List<String> key, List<ForeignKey> references) {
        Set<String> seen = new HashSet<>(key);
        Set<String> shared = new HashSet<>(key);
        for (ForeignKey reference : references) {
            reference.mine.stream().filter(column -> !seen.add(column)).forEach(shared::add);
        }
        return shared;
    }

    /// Foreign keys that refer to whole primary keys, in the order of those; what stands twice is one.
    private List<ForeignKey> references(String table, Map<String, Raw> raws) {
        List<ForeignKey> usable = new ArrayList<>();
        for (ForeignKey key : foreign.getOrDefault(table, List.of())) {
            List<String> theirs = primary.getOrDefault(key.target, List.of());
            if (typeOfTable.containsKey(key.target)
                    && theirs.size() == key.theirs.size()
                    && key.theirs.containsAll(theirs)
                    && raws.keySet().containsAll(key.mine)) {
                List<String> mine = theirs.stream()
                        .map(column -> key.mine.get(key.theirs.indexOf(column)))
                        .toList();
                if (usable.stream().noneMatch(one -> one.target.equals(key.target) && one.mine.equals(mine))) {
                    usable.add(new ForeignKey(key.name, key.target, mine, theirs, key.onDelete));
                }
            }
        }
        return usable;
    }

    /// A type that is being made.
    private final class Draft {
        final String type;
        final StoreOverlay overlay;
        final Map<String, Raw> raws;
        final Map<String, JdbcTable.Part> fields = new LinkedHashMap<>();
        final List<JdbcColumn> read = new ArrayList<>();
        /// The field of a column.
        final Map<String, String> names = new HashMap<>();

        private final Map<String, JdbcColumn> byName = new HashMap<>();

        /// Columns of more than one reference, and of the key.
        private final Set<String> shared;

        Draft(String type, StoreOverlay overlay, Map<String, Raw> raws, Set<String> shared) {
            this.type = type;
            this.overlay = overlay;
            this.raws = raws;
            this.shared = shared;
        }

        JdbcColumn column(String name) {
            return byName.computeIfAbsent(name, absent -> {
                Raw raw = Objects.requireNonNull(raws.get(absent), "a key of a column that is not there");
                JdbcColumn made = JdbcSchema.this.column(read.size(), raw, null);
                read.add(made);
                return made;
            });
        }

        /// A part of the key cannot be hidden: every reference shows it.
        void plain(Raw raw, boolean isKey) {
            String name = Names.free(Names.field(raw.name), fields.keySet());
            if (overlay.hidden().contains(name) && !isKey) {
                return;
            }
            JdbcColumn column = column(raw.name);
            String target = overlay.reference(name);
            Kind kind = target == null ? column.kind() : Kind.REFERENCE;
            boolean named = !overlay.untagged().contains(name);
            boolean tagged = named && kind != Kind.GRAPH && kind != Kind.BYTES;
            boolean required = !raw.nullable && !raw.generated;
            ObjectTypes.Field field =
                    new ObjectTypes.Field(name, kind, target, required, raw.generated, tagged, column.length());
            fields.put(name, new JdbcTable.Part(field, List.of(column), List.of(column), named));
            names.put(raw.name, name);
        }

        void reference(ForeignKey reference, Map<String, List<Cascade>> cascades) {
            String target = typeOfTable.getOrDefault(reference.target, "");
            boolean single = reference.mine.size() == 1;
            String first = reference.mine.getFirst();
            String wanted = single ? Names.reference(first) : Names.field(target);
            if (fields.containsKey(wanted) && single) {
                wanted = Names.field(first);
            }
            String name = Names.free(wanted, fields.keySet());
            boolean hidden = overlay.hidden().contains(name);
            List<JdbcColumn> columns = reference.mine.stream().map(this::column).toList();
            List<JdbcColumn> own = reference.mine.stream()
                    .filter(column -> !shared.contains(column))
                    .map(this::column)
                    .toList();
            List<JdbcColumn> cleared = own.isEmpty() ? columns : own;
            ObjectTypes.Field field = new ObjectTypes.Field(
                    name,
                    Kind.REFERENCE,
                    target,
                    cleared.stream().anyMatch(column -> !column.nullable() && !column.generated()),
                    columns.stream().anyMatch(JdbcColumn::generated),
                    !hidden && !overlay.untagged().contains(name),
                    0);
            JdbcTable.Part part = new JdbcTable.Part(field, columns, cleared, field.tagged());
            if (!hidden) {
                fields.put(name, part);
                if (single) {
                    names.put(first, name);
                }
            }
            if (!reference.onDelete.isEmpty()) {
                cascades.computeIfAbsent(target, absent -> new ArrayList<>())
                        .add(new Cascade(type, part, reference.onDelete.equals("CASCADE")));
            }
        }
    }

    private JdbcColumn column(int index, Raw raw, @Nullable String select) {
        Kind kind = dialect.kind(raw.sqlType, raw.typeName);
        String quoted = JdbcDialect.quote(raw.name);
        boolean text = raw.sqlType == Types.VARCHAR || raw.sqlType == Types.CHAR;
        boolean bounded = text && kind == Kind.TEXT && raw.size > 0 && raw.size < 1_000_000;
        String parameter = dialect.parameter(raw.typeName, kind);
        return new JdbcColumn(
                index,
                raw.name,
                quoted,
                kind,
                raw.nullable,
                raw.generated,
                bounded ? raw.size : 0,
                raw.scale,
                select == null ? dialect.select(quoted, raw.typeName, kind) : select,
                parameter,
                select == null ? dialect.compared(quoted, raw.typeName) : select,
                dialect.compared(parameter, raw.typeName),
                select == null && dialect.takesMany(raw.typeName),
                dialect.isExact(raw.sqlType, raw.typeName, kind),
                JdbcDialect.isSpelled(raw.sqlType, raw.typeName, kind));
    }
}
