package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreChanges;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOutcome;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.StoreTraits;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Objects in a relational database: H2 in the broker's own folder, or PostgreSQL.
///
/// What is durable: the file of H2 is forced before a commit is answered, once for all that wait;
/// PostgreSQL does what its settings `fsync` and `synchronous_commit` say.
final class JdbcStore implements ObjectStore {
    private static final int ATTEMPTS = 5;

    private final String name;
    private final StoreConfig config;
    private final Duration keep;
    private final InstantSource clock;
    private final JdbcDialect dialect;
    private final JdbcPool pool;
    private final JdbcOutbox outbox;
    private final String schema;
    private final boolean durable;
    private final long epoch;
    private final @Nullable JdbcNotices notices;

    /// Of H2 only.
    private final ReentrantLock oneAtATime = new ReentrantLock();

    /// Commits that were made, under [#oneAtATime].
    private long made;

    private final ReentrantLock forcing = new ReentrantLock();

    /// Of these those that the disk has, under [#forcing].
    private long forced;

    /// Secrets of a store that is read only, where there is no table of ours: this server's, as long as it lives.
    private final Map<String, Bytes> own = new ConcurrentHashMap<>();

    private volatile JdbcSchema.Found found;
    private volatile Runnable wake = () -> {};

    /// @param folder where the broker's own database is, if it is that
    static JdbcStore open(String name, StoreConfig config, Duration keep, Path folder, InstantSource clock) {
        JdbcAddress address = JdbcAddress.of(name, config, folder);
        JdbcPool pool = new JdbcPool(address, config.connectionsMax());
        try {
            return new JdbcStore(name, config, keep, clock, address.dialect(), pool);
        } catch (SQLException failed) {
            pool.close();
            throw JdbcProblems.of(name, failed);
        } catch (ProblemException refused) {
            pool.close();
            throw refused;
        }
    }

    private JdbcStore(
            String name, StoreConfig config, Duration keep, InstantSource clock, JdbcDialect dialect, JdbcPool pool)
            throws SQLException {
        this.name = name;
        this.config = config;
        this.keep = keep;
        this.clock = clock;
        this.dialect = dialect;
        this.pool = pool;
        this.outbox = new JdbcOutbox(dialect);
        this.schema = pool.ask(connection -> config.schema() == null ? connection.getSchema() : config.schema());
        this.epoch = config.readOnly() ? 0 : pool.ask(this::prepare);
        this.durable = pool.ask(this::isDurable);
        this.found = pool.ask(this::metadata);
        this.notices = dialect == JdbcDialect.POSTGRESQL && !config.readOnly()
                ? new JdbcNotices(name, pool, () -> wake.run())
                : null;
    }

    private JdbcSchema.Found metadata(Connection connection) throws SQLException {
        return new JdbcSchema(connection, dialect, name, schema, config.readOnly(), config.types()).read();
    }

    /// Makes the broker's own tables, and gives the epoch of positions.
    private long prepare(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        if (dialect == JdbcDialect.POSTGRESQL) {
            // Two that make the same table at once disturb each other.
            run(connection, "SELECT pg_advisory_xact_lock(7262016)");
        }
        if (!isPrepared(connection)) {
            for (String table : dialect.tables()) {
                run(connection, table);
            }
        }
        Long known = number(connection, "epoch");
        if (known == null) {
            known = clock.millis();
            run(connection, "INSERT INTO databroker_state (name, number) VALUES ('epoch', " + known + ")");
        }
        connection.commit();
        return known;
    }

    private static boolean isPrepared(Connection connection) throws SQLException {
        try (ResultSet table = connection.getMetaData().getTables(null, connection.getSchema(), "%", null)) {
            while (table.next()) {
                if (table.getString("TABLE_NAME").equalsIgnoreCase("databroker_state")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.execute();
        }
    }

    private static @Nullable Long number(Connection connection, String state) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT number FROM databroker_state WHERE name = ?")) {
            statement.setString(1, state);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : null;
            }
        }
    }

    private boolean isDurable(Connection connection) throws SQLException {
        if (dialect == JdbcDialect.H2) {
            return !connection.getMetaData().getURL().startsWith("jdbc:h2:mem:");
        }
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'");
                ResultSet row = statement.executeQuery()) {
            return row.next() && row.getBoolean(1);
        }
    }

    private <T> T ask(JdbcPool.Work<T> work) {
        try {
            return pool.ask(work);
        } catch (SQLException failed) {
            throw JdbcProblems.of(name, failed);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public StoreTraits traits() {
        boolean postgres = dialect == JdbcDialect.POSTGRESQL;
        return new StoreTraits(postgres ? "postgresql" : "h2", durable, postgres, postgres);
    }

    @Override
    public List<ObjectTypes.Type> types() {
        return found.tables().values().stream().map(JdbcTable::type).toList();
    }

    @Override
    public void refresh() {
        found = ask(this::metadata);
    }

    private JdbcTable table(String type) {
        JdbcTable table = found.tables().get(type);
        if (table == null) {
            throw new ProblemException(Problem.TYPE_UNKNOWN, "store " + name + " has no " + Text.excerpt(type));
        }
        return table;
    }

    @Override
    public List<StoreRow> load(String type, Collection<ObjectKey> keys) {
        return keys.isEmpty() ? List.of() : ask(connection -> JdbcFind.load(connection, table(type), keys));
    }

    @Override
    public StorePage find(StoreQuery query) {
        return ask(connection -> JdbcFind.find(connection, table(query.type()), query));
    }

    @Override
    public StoreOutcome commit(StoreCommit commit) {
        if (config.readOnly()) {
            throw new ProblemException(Problem.READ_ONLY, "store " + name + " is read only (read-only)");
        }
        if (dialect == JdbcDialect.H2) {
            // Of two updates of one row that compare its version, H2 lets both through once in ten thousand times.
            StoreOutcome outcome;
            long commits;
            oneAtATime.lock();
            try {
                outcome = repeated(commit);
                commits = ++made;
            } finally {
                oneAtATime.unlock();
            }
            force(commits);
            wake.run();
            return outcome;
        }
        StoreOutcome outcome = repeated(commit);
        wake.run();
        return outcome;
    }

    /// Has the disk keep everything up to a commit, unless somebody has done so meanwhile. H2 by itself
    /// leaves that to the operating system, whatever it is told about delays.
    private void force(long commits) {
        forcing.lock();
        try {
            if (forced < commits) {
                long until = made();
                ask(connection -> {
                    run(connection, "CHECKPOINT SYNC");
                    return true;
                });
                forced = until;
            }
        } finally {
            forcing.unlock();
        }
    }

    private long made() {
        oneAtATime.lock();
        try {
            return made;
        } finally {
            oneAtATime.unlock();
        }
    }

    private StoreOutcome repeated(StoreCommit commit) {
        for (int attempt = 1; ; attempt++) {
            try {
                // Also after a connection that died during the commit: if it was made, its id is found.
                return pool.ask(connection -> attempt(connection, commit));
            } catch (SQLException failed) {
                if (attempt == ATTEMPTS || !JdbcProblems.isToBeRepeated(failed)) {
                    throw JdbcProblems.of(name, failed);
                }
            }
        }
    }

    private StoreOutcome attempt(Connection connection, StoreCommit commit) throws SQLException {
        connection.setAutoCommit(false);
        JdbcCommit made = new JdbcCommit(
                connection, dialect, this::table, type -> found.cascades().getOrDefault(type, List.of()), commit);
        try {
            made.make();
            if (made.conflicts().isEmpty()) {
                List<@Nullable ObjectKey> keys = new ArrayList<>();
                made.rows().forEach(row -> keys.add(row == null ? null : row.key()));
                // No finer than the database keeps it, so that the same answer is given again.
                Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
                StoreChange change = outbox.append(connection, commit, now, made, keys);
                connection.commit();
                return new StoreOutcome.Done(made.rows(), change);
            }
            connection.rollback();
        } catch (SQLException failed) {
            if (JdbcPool.isDead(failed) || JdbcProblems.isToBeRepeated(failed)) {
                throw failed;
            }
            connection.rollback();
            StoreOutcome before = before(connection, commit);
            if (before != null) {
                return before;
            }
            if (made.conflicts().isEmpty()) {
                throw failed;
            }
        }
        StoreOutcome before = before(connection, commit);
        return before == null ? new StoreOutcome.Conflicted(made.conflicts()) : before;
    }

    /// What was answered to the same commit before, which would explain why it cannot be made now.
    private @Nullable StoreOutcome before(Connection connection, StoreCommit commit) throws SQLException {
        JdbcOutbox.Answer answer = outbox.answer(connection, commit.id(), this::tableNamed);
        if (answer == null) {
            return null;
        }
        if (!answer.digest().equals(commit.digest())) {
            throw new ProblemException(Problem.COMMIT_REUSED, "id " + commit.id() + " was used for another commit");
        }
        Map<ObjectKey, StoreRow> rows = new HashMap<>();
        for (ObjectKey key : answer.keys()) {
            if (key != null && !rows.containsKey(key)) {
                JdbcFind.load(connection, table(key.type()), List.of(key)).forEach(row -> rows.put(row.key(), row));
            }
        }
        List<@Nullable StoreRow> all = new ArrayList<>();
        answer.keys().forEach(key -> all.add(key == null ? null : rows.get(key)));
        return new StoreOutcome.Done(all, answer.change());
    }

    @Override
    public @Nullable StoreChanges changes(Position from) {
        if (config.readOnly()) {
            return new StoreChanges(List.of(), position());
        }
        if (from.epoch() != epoch) {
            return null;
        }
        JdbcOutbox.Read read = ask(connection -> outbox.read(connection, from.offset(), this::tableNamed));
        // Beyond the end: the database stands where it stood before, after a crash or out of a backup.
        return from.offset() < read.floor() || from.offset() > read.next()
                ? null
                : new StoreChanges(read.changes(), new Position(epoch, read.next()));
    }

    /// The table of that name in the database, null where it is no type.
    private @Nullable JdbcTable tableNamed(String named) {
        return found.tables().values().stream()
                .filter(table -> table.table().equals(named))
                .findFirst()
                .orElse(null);
    }

    @Override
    public Position position() {
        if (config.readOnly()) {
            return new Position(0, 0);
        }
        return ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(dialect.position());
                    ResultSet row = statement.executeQuery()) {
                row.next();
                return new Position(epoch, row.getLong(1));
            }
        });
    }

    @Override
    public void listen(Runnable awake) {
        this.wake = awake;
    }

    @Override
    public void wakeOthers() {
        if (notices != null) {
            notices.tell();
        }
    }

    @Override
    public Bytes secret(String secret, Supplier<Bytes> first) {
        return config.readOnly()
                ? own.computeIfAbsent(secret, absent -> first.get())
                : ask(connection -> JdbcSecrets.read(connection, secret, first));
    }

    @Override
    public void replaceSecret(String secret, Bytes bytes) {
        if (config.readOnly()) {
            own.put(secret, bytes);
        } else {
            ask(connection -> JdbcSecrets.replace(connection, secret, bytes));
        }
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
        Collection<JdbcTable> tables = found.tables().values();
        ask(connection -> {
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
        List<String> installed = ask(connection -> JdbcOthers.installed(connection, schema));
        return found.tables().values().stream()
                .filter(table -> installed.contains(table.table()))
                .map(table -> table.type().name())
                .toList();
    }

    @Override
    public void sweep() {
        if (config.readOnly()) {
            return;
        }
        ask(connection -> {
            connection.setAutoCommit(false);
            String forgotten = "committed < ? AND " + dialect.number() + " < (" + dialect.position() + ")";
            try (PreparedStatement floor = connection.prepareStatement("UPDATE databroker_state SET number = COALESCE("
                            + "(SELECT MAX(" + dialect.number() + ") + 1 FROM databroker_change WHERE " + forgotten
                            + "), number) WHERE name = 'floor'");
                    PreparedStatement delete =
                            connection.prepareStatement("DELETE FROM databroker_change WHERE " + forgotten)) {
                floor.setObject(1, clock.instant().minus(keep).atOffset(ZoneOffset.UTC));
                delete.setObject(1, clock.instant().minus(keep).atOffset(ZoneOffset.UTC));
                floor.executeUpdate();
                int deleted = delete.executeUpdate();
                connection.commit();
                return deleted;
            }
        });
    }

    /// Connections in use, for the status.
    int busy() {
        return pool.busy();
    }

    @Override
    public void close() {
        if (notices != null) {
            notices.close();
        }
        if (dialect == JdbcDialect.H2) {
            try (Connection connection = pool.open()) {
                run(connection, "SHUTDOWN");
            } catch (SQLException alreadyClosed) {
                // The last commit is safe either way.
            }
        }
        pool.close();
    }
}
