package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreChanges;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOutcome;
import com.databroker.objects.spi.StoreRow;
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
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What every back-end over a relational database needs: its connections, transactions whose changes are
/// told, and the broker's own tables. What the objects are is the business of whoever holds it.
///
/// What is durable: the file of H2 is forced before a commit is answered, once for all that wait;
/// PostgreSQL does what its settings `fsync` and `synchronous_commit` say.
public final class JdbcLedger implements AutoCloseable {
    /// What is done with a connection. It may be done again on another one, where the first turns out to
    /// be dead.
    public interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /// One attempt at a commit, in a transaction that the ledger begins and ends. Also after [#make]
    /// failed it says which conflicts it had found.
    public interface Attempt {
        /// Makes everything at once and outside of a transaction, where one statement does that and tells of it.
        ///
        /// @return null where it takes more, and where there are conflicts
        default @Nullable StoreChange makeAtOnce(Connection connection, StoreCommit commit, Instant now)
                throws SQLException {
            return null;
        }

        void make(Connection connection) throws SQLException;

        /// Nothing of the transaction remains where there is one.
        List<ObjectMessage.FieldConflict> conflicts();

        /// Of each operation what it made; null where it deleted.
        List<@Nullable StoreRow> rows();

        List<StoreChange.Entry> entries();

        /// Whether more was changed than the entries say.
        boolean isOverturned();
    }

    /// Reads rows of one type by their keys.
    public interface Loading {
        List<StoreRow> load(Connection connection, String type, Collection<ObjectKey> keys) throws SQLException;
    }

    private static final int ATTEMPTS = 5;

    private final String name;
    private final StoreConfig config;
    private final Duration keep;
    private final InstantSource clock;
    private final JdbcDialect dialect;
    private final JdbcPool pool;
    private final JdbcOutbox outbox;
    private final Function<String, @Nullable JdbcTable> tableNamed;
    private final String schema;
    private final boolean durable;
    private final long epoch;
    private final @Nullable JdbcNotices notices;

    /// Of H2 only.
    private final OneByOne oneByOne = new OneByOne(() -> ask(connection -> {
        run(connection, "CHECKPOINT SYNC");
        return true;
    }));

    /// Secrets of a store that is read only, where there is no table of ours: this server's, as long as it lives.
    private final Map<String, Bytes> own = new ConcurrentHashMap<>();

    private volatile Runnable wake = () -> {};

    /// @param store the name of the store, which its problems are told with
    /// @param keep how long changes are remembered
    /// @param folder where the broker's own database is, if it is that
    public static JdbcLedger open(String store, StoreConfig config, Duration keep, Path folder, InstantSource clock) {
        return open(store, config, keep, folder, clock, table -> null);
    }

    /// @param tableNamed the table of a name in the database, null where it is no type: what triggers
    ///     recorded is read as that
    static JdbcLedger open(
            String store,
            StoreConfig config,
            Duration keep,
            Path folder,
            InstantSource clock,
            Function<String, @Nullable JdbcTable> tableNamed) {
        JdbcAddress address = JdbcAddress.of(store, config, folder);
        JdbcPool pool = new JdbcPool(address, config.connectionsMax());
        try {
            RestoredMark restored = new RestoredMark(folder, store);
            return new JdbcLedger(
                    store, config, keep, clock, new Opened(address.dialect(), pool, tableNamed, restored));
        } catch (SQLException failed) {
            pool.close();
            throw JdbcProblems.of(store, failed);
        } catch (ProblemException refused) {
            pool.close();
            throw refused;
        }
    }

    /// @param restored whether this is the first start after a restore
    private record Opened(
            JdbcDialect dialect,
            JdbcPool pool,
            Function<String, @Nullable JdbcTable> tableNamed,
            RestoredMark restored) {}

    private JdbcLedger(String name, StoreConfig config, Duration keep, InstantSource clock, Opened opened)
            throws SQLException {
        this.name = name;
        this.config = config;
        this.keep = keep;
        this.clock = clock;
        this.dialect = opened.dialect;
        this.pool = opened.pool;
        this.tableNamed = opened.tableNamed;
        this.outbox = new JdbcOutbox(dialect);
        this.schema = pool.ask(this::schema);
        this.epoch = config.readOnly() ? 0 : prepared(opened.restored);
        this.durable = pool.ask(dialect::isDurable);
        this.notices = dialect == JdbcDialect.POSTGRESQL && !config.readOnly()
                ? new JdbcNotices(name, pool, () -> wake.run())
                : null;
    }

    /// One that is named and not there would be a store without types.
    private String schema(Connection connection) throws SQLException {
        String named = config.schema();
        if (named == null) {
            return connection.getSchema();
        }
        try (ResultSet row = connection.getMetaData().getSchemas()) {
            while (row.next()) {
                if (row.getString("TABLE_SCHEM").equals(named)) {
                    return named;
                }
            }
        }
        throw new ProblemException(
                Problem.CONFIGURATION_INVALID,
                "objects.stores." + name + ".schema: there is no schema " + named + " that its user may see");
    }

    private long prepared(RestoredMark restored) throws SQLException {
        try {
            return pool.ask(connection -> prepare(connection, restored));
        } catch (SQLException failed) {
            if (!"42501".equals(failed.getSQLState())) {
                throw failed;
            }
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "objects.stores." + name + ": its user may not make the broker's own tables in the schema " + schema
                            + "; let it, or say read-only: true",
                    failed);
        }
    }

    /// Makes the broker's own tables, and gives the epoch of positions. After a restore it is another
    /// one: whoever heard
    /// of what came after the backup is to know nothing.
    private long prepare(Connection connection, RestoredMark restored) throws SQLException {
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
        if (restored.isThere()) {
            run(connection, "DELETE FROM databroker_state WHERE name = 'epoch'");
        }
        Long known = number(connection, "epoch");
        if (known == null) {
            known = clock.millis();
            run(connection, "INSERT INTO databroker_state (name, number) VALUES ('epoch', " + known + ")");
        }
        connection.commit();
        restored.remove();
        return known;
    }

    /// As [com.databroker.objects.spi.ObjectStore#copy].
    public boolean copy(Path zip) {
        return dialect == JdbcDialect.H2
                && config.jdbc() == null
                && ask(connection -> {
                    try (PreparedStatement backup = connection.prepareStatement("BACKUP TO ?")) {
                        backup.setString(1, zip.toString());
                        backup.execute();
                        return true;
                    }
                });
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

    /// Does something with a connection that nobody else uses meanwhile. What it throws is a problem of
    /// the store.
    public <T> T ask(Work<T> work) {
        try {
            return pool.ask(work);
        } catch (SQLException failed) {
            throw JdbcProblems.of(name, failed);
        }
    }

    /// As [#ask], for a thread that must not wait: null where it would have to, and then nothing was done.
    <T> @Nullable T askAtOnce(Work<T> work) {
        try {
            return pool.askAtOnce(work);
        } catch (SQLException failed) {
            throw JdbcProblems.of(name, failed);
        }
    }

    /// A connection beside the pool's, which the caller closes.
    public Connection connect() throws SQLException {
        return pool.open();
    }

    JdbcDialect dialect() {
        return dialect;
    }

    /// The schema whose tables are types.
    String schema() {
        return schema;
    }

    /// Whether what was committed survives the loss of power.
    public boolean isDurable() {
        return durable;
    }

    boolean isEmbedded() {
        return pool.isEmbedded();
    }

    /// Whether others may change the same at the same time, so that rows are to be locked.
    public boolean isShared() {
        return dialect == JdbcDialect.POSTGRESQL;
    }

    /// Makes a commit, or answers as it was answered before, where its id is known. An attempt is made
    /// again where the database says that it may succeed then.
    ///
    /// Of a commit without operations that changed nothing, nothing is remembered.
    public StoreOutcome commit(StoreCommit commit, Supplier<? extends Attempt> attempt, Loading loading) {
        if (config.readOnly()) {
            throw new ProblemException(Problem.READ_ONLY, "store " + name + " is read only (read-only)");
        }
        StoreOutcome outcome = dialect == JdbcDialect.H2
                ? oneByOne.commit(() -> repeated(commit, attempt, loading))
                : repeated(commit, attempt, loading);
        wake.run();
        return outcome;
    }

    private StoreOutcome repeated(StoreCommit commit, Supplier<? extends Attempt> attempts, Loading loading) {
        for (int attempt = 1; ; attempt++) {
            try {
                // Also after a connection that died during the commit: if it was made, its id is found.
                return pool.ask(connection -> attempt(connection, commit, attempts.get(), loading));
            } catch (SQLException failed) {
                if (attempt == ATTEMPTS || !JdbcProblems.isToBeRepeated(failed)) {
                    throw JdbcProblems.of(name, failed);
                }
            }
        }
    }

    private StoreOutcome attempt(Connection connection, StoreCommit commit, Attempt made, Loading loading)
            throws SQLException {
        // No finer than the database keeps it, so that the same answer is given again.
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        try {
            StoreChange atOnce = made.makeAtOnce(connection, commit, now);
            if (atOnce != null) {
                return new StoreOutcome.Done(made.rows(), atOnce);
            }
            if (made.conflicts().isEmpty()) {
                connection.setAutoCommit(false);
                made.make(connection);
                if (made.conflicts().isEmpty()) {
                    StoreChange change = told(connection, commit, now, made);
                    connection.commit();
                    return new StoreOutcome.Done(made.rows(), change);
                }
                connection.rollback();
            }
        } catch (SQLException failed) {
            if (JdbcPool.isDead(failed) || JdbcProblems.isToBeRepeated(failed)) {
                throw failed;
            }
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            StoreOutcome before = before(connection, commit, loading);
            if (before != null) {
                return before;
            }
            if (made.conflicts().isEmpty()) {
                throw failed;
            }
        }
        StoreOutcome before = before(connection, commit, loading);
        return before == null ? new StoreOutcome.Conflicted(made.conflicts()) : before;
    }

    private StoreChange told(Connection connection, StoreCommit commit, Instant now, Attempt made) throws SQLException {
        if (commit.ops().isEmpty() && made.entries().isEmpty() && !made.isOverturned()) {
            return new StoreChange(0, commit.principal(), now, List.of(), false);
        }
        List<@Nullable ObjectKey> keys = new ArrayList<>();
        made.rows().forEach(row -> keys.add(row == null ? null : row.key()));
        return outbox.append(
                connection, new JdbcOutbox.Telling(commit, now, made.entries(), made.isOverturned(), keys));
    }

    /// What was answered to the same commit before, which would explain why it cannot be made now.
    private @Nullable StoreOutcome before(Connection connection, StoreCommit commit, Loading loading)
            throws SQLException {
        JdbcOutbox.Answer answer = outbox.answer(connection, commit.id(), tableNamed);
        if (answer == null) {
            return null;
        }
        if (!answer.digest().equals(commit.digest())) {
            throw new ProblemException(Problem.COMMIT_REUSED, "id " + commit.id() + " was used for another commit");
        }
        Map<ObjectKey, StoreRow> rows = new HashMap<>();
        for (ObjectKey key : answer.keys()) {
            if (key != null && !rows.containsKey(key)) {
                loading.load(connection, key.type(), List.of(key)).forEach(row -> rows.put(row.key(), row));
            }
        }
        List<@Nullable StoreRow> all = new ArrayList<>();
        answer.keys().forEach(key -> all.add(key == null ? null : rows.get(key)));
        return new StoreOutcome.Done(all, answer.change());
    }

    /// What was committed at or after `from`; null where that is too long ago.
    public @Nullable StoreChanges changes(Position from) {
        if (config.readOnly()) {
            return new StoreChanges(List.of(), position());
        }
        if (from.epoch() != epoch) {
            return null;
        }
        JdbcOutbox.Read read = ask(connection -> outbox.read(connection, from.offset(), tableNamed));
        // Beyond the end: the database stands where it stood before, after a crash or out of a backup.
        return from.offset() < read.floor() || from.offset() > read.next()
                ? null
                : new StoreChanges(read.changes(), new Position(epoch, read.next()));
    }

    /// Where whoever knows everything stands now.
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

    /// Calls `awake` when there may be changes.
    public void listen(Runnable awake) {
        this.wake = awake;
    }

    /// Tells other servers over the same database that there are changes.
    public void wakeOthers() {
        if (notices != null) {
            notices.tell();
        }
    }

    /// A secret that servers over the same database share, made where there is none.
    public Bytes secret(String secret, Supplier<Bytes> first) {
        return config.readOnly()
                ? own.computeIfAbsent(secret, absent -> first.get())
                : ask(connection -> JdbcSecrets.read(connection, secret, first));
    }

    /// Puts another in the place of a secret.
    public void replaceSecret(String secret, Bytes bytes) {
        if (config.readOnly()) {
            own.put(secret, bytes);
        } else {
            ask(connection -> JdbcSecrets.replace(connection, secret, bytes));
        }
    }

    /// Forgets changes that are older than what is to be kept.
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

    @Override
    public void close() {
        if (notices != null) {
            notices.close();
        }
        String address = config.jdbc();
        boolean served = address != null && address.matches("jdbc:h2:(tcp|ssl):.*");
        if (dialect == JdbcDialect.H2 && !served) {
            // Not at a server of H2, where others may be.
            try (Connection connection = pool.open()) {
                run(connection, "SHUTDOWN");
            } catch (SQLException alreadyClosed) {
                // The last commit is safe either way.
            }
        }
        pool.close();
    }
}
