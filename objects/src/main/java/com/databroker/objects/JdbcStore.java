package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChanges;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOutcome;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.StoreTraits;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Objects in a relational database: H2 in the broker's own folder, or PostgreSQL. Every table with a key
/// is a type.
final class JdbcStore implements ObjectStore {
    /// That load single objects of a type, at the same time: more would only make each of them smaller.
    private static final int STATEMENTS_MAX = 2;

    private final String name;
    private final StoreConfig config;
    private final JdbcLedger ledger;
    private final Map<String, JdbcLoads> loads = new ConcurrentHashMap<>();

    private volatile JdbcSchema.Found found = new JdbcSchema.Found(Map.of(), Map.of());

    /// @param folder where the broker's own database is, if it is that
    static JdbcStore open(String name, StoreConfig config, Duration keep, Path folder, InstantSource clock) {
        return new JdbcStore(name, config, keep, folder, clock);
    }

    private JdbcStore(String name, StoreConfig config, Duration keep, Path folder, InstantSource clock) {
        this.name = name;
        this.config = config;
        this.ledger = JdbcLedger.open(name, config, keep, folder, clock, this::tableNamed);
        try {
            this.found = ledger.ask(this::metadata);
        } catch (RuntimeException failed) {
            ledger.close();
            throw failed;
        }
    }

    private JdbcSchema.Found metadata(Connection connection) throws SQLException {
        return new JdbcSchema(connection, ledger.dialect(), name, ledger.schema(), config.readOnly(), config.types())
                .read();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public StoreTraits traits() {
        boolean postgres = ledger.dialect() == JdbcDialect.POSTGRESQL;
        return new StoreTraits(
                postgres ? "postgresql" : "h2", ledger.isDurable(), ledger.isShared(), postgres, ledger.isEmbedded());
    }

    @Override
    public List<ObjectTypes.Type> types() {
        return found.tables().values().stream().map(JdbcTable::type).toList();
    }

    @Override
    public void refresh() {
        found = ledger.ask(this::metadata);
    }

    private JdbcTable table(String type) {
        JdbcTable table = found.tables().get(type);
        if (table == null) {
            throw new ProblemException(Problem.TYPE_UNKNOWN, "store " + name + " has no " + Text.excerpt(type));
        }
        return table;
    }

    /// The table of that name in the database, null where it is no type.
    private @Nullable JdbcTable tableNamed(String named) {
        return found.tables().values().stream()
                .filter(table -> table.table().equals(named))
                .findFirst()
                .orElse(null);
    }

    @Override
    public List<StoreRow> load(String type, Collection<ObjectKey> keys) {
        return keys.isEmpty()
                ? List.of()
                : loads.computeIfAbsent(type, this::loadsOf).load(keys);
    }

    @Override
    public @Nullable List<StoreRow> loadAtOnce(String type, Collection<ObjectKey> keys) {
        JdbcTable table = table(type);
        return table.brief() ? ledger.askAtOnce(connection -> JdbcFind.load(connection, table, keys)) : null;
    }

    private JdbcLoads loadsOf(String type) {
        table(type);
        return new JdbcLoads(
                keys -> read(type, (connection, table) -> JdbcFind.load(connection, table, keys)), STATEMENTS_MAX);
    }

    @Override
    public StorePage find(StoreQuery query) {
        return read(query.type(), (connection, table) -> JdbcFind.find(connection, table, query, null));
    }

    @Override
    public StorePage find(StoreQuery query, Consumer<List<StoreRow>> some) {
        if (query.limit() <= JdbcRows.TOGETHER) {
            return find(query);
        }
        return read(query.type(), (connection, table) -> {
            // H2 has them in this process in any case.
            connection.setAutoCommit(ledger.dialect() != JdbcDialect.POSTGRESQL);
            return JdbcFind.find(connection, table, query, some);
        });
    }

    private interface Reading<T> {
        T of(Connection connection, JdbcTable table) throws SQLException;
    }

    private <T> T read(String type, Reading<T> reading) {
        return ledger.ask(connection -> {
            JdbcTable table = table(type);
            try {
                return reading.of(connection, table);
            } catch (SQLException failed) {
                if (JdbcProblems.isForbidden(failed)) {
                    throw JdbcProblems.unreadable(name, table.table(), failed);
                }
                throw failed;
            }
        });
    }

    @Override
    public boolean isExact(String type, String field) {
        return table(type).part(field).columns().stream().allMatch(JdbcColumn::exact);
    }

    @Override
    public StoreOutcome commit(StoreCommit commit) {
        return ledger.commit(
                commit,
                () -> new JdbcCommit(
                        ledger.dialect(), this::table, type -> found.cascades().getOrDefault(type, List.of()), commit),
                (connection, type, keys) -> JdbcFind.load(connection, table(type), keys));
    }

    @Override
    public boolean copy(Path zip) {
        return ledger.copy(zip);
    }

    @Override
    public @Nullable StoreChanges changes(Position from) {
        return ledger.changes(from);
    }

    @Override
    public Position position() {
        return ledger.position();
    }

    @Override
    public void listen(Runnable awake) {
        ledger.listen(awake);
    }

    @Override
    public void wakeOthers() {
        ledger.wakeOthers();
    }

    @Override
    public Bytes secret(String secret, Supplier<Bytes> first) {
        return ledger.secret(secret, first);
    }

    @Override
    public void replaceSecret(String secret, Bytes bytes) {
        ledger.replaceSecret(secret, bytes);
    }

    @Override
    public List<String> watchOthers(boolean watch) {
        if (!traits().watchesOthers()) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, "store " + name + " is the broker's own: nobody else can change it");
        }
        if (config.readOnly()) {
            throw new ProblemException(Problem.READ_ONLY, "store " + name + " is read only (read-only)");
        }
        String schema = ledger.schema();
        Collection<JdbcTable> tables = found.tables().values();
        ledger.ask(connection -> {
            connection.setAutoCommit(false);
            if (watch) {
                JdbcOthers.install(connection, schema, tables);
            } else {
                JdbcOthers.uninstall(connection, schema, tables);
            }
            connection.commit();
            return true;
        });
        return watched();
    }

    @Override
    public List<String> watched() {
        if (!traits().watchesOthers()) {
            return List.of();
        }
        List<String> installed = ledger.ask(connection -> JdbcOthers.installed(connection, ledger.schema()));
        return found.tables().values().stream()
                .filter(table -> installed.contains(table.table()))
                .map(table -> table.type().name())
                .toList();
    }

    @Override
    public void sweep() {
        ledger.sweep();
    }

    @Override
    public void close() {
        ledger.close();
    }
}
