import com.databroker.client.ConflictException;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// Many clients that read nine times and commit once: as programs of their own through one broker, as threads of one
/// program that share what it has cached, and by the same statements through plain JDBC, with as many connections as
/// the broker has, or, as programs have them, with one for each. Objects are chosen evenly, where a cache helps nobody,
/// and as YCSB does by Zipf's law (0.99), where the few that are popular are asked for most.
final class ObjectCommits {
    private static final int CLIENTS = 64;
    private static final int CONNECTIONS = 16;
    private static final int READS = 9;
    private static final String SAID = "y".repeat(110);

    // What the broker says to PostgreSQL for the same, to a table as its own.
    private static final String UPDATE = "UPDATE person SET name = ?, version = version + 1 WHERE id = ?"
            + " AND version = ? AND name IS NOT DISTINCT FROM ? RETURNING id, name, salary, text, dept_id, version";
    private static final String INSERT = "INSERT INTO told (commit_id, digest, principal, committed, body, keys)"
            + " VALUES (?, ?, ?, ?, ?, ?) RETURNING id";

    /// One client of one contestant.
    interface Worker {
        void read(long id) throws Exception;

        void commit(long id, String name) throws Exception;
    }

    private static final double SKEW = 0.99;

    private final ObjectCells cells;
    private final int rows;
    private final double[] popular;

    ObjectCommits(ObjectCells cells) {
        this.cells = cells;
        this.rows = cells.number("rows");
        this.popular = new double[rows];
        double sum = 0;
        for (int i = 0; i < rows; i++) {
            sum += 1 / Math.pow(i + 1, SKEW);
            popular[i] = sum;
        }
    }

    static void tables(Statement statement) throws SQLException {
        statement.execute("CREATE TABLE told (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                + " xid xid8 NOT NULL DEFAULT pg_current_xact_id(), commit_id uuid UNIQUE, digest bytea,"
                + " principal text NOT NULL, committed timestamptz NOT NULL DEFAULT clock_timestamp(),"
                + " body text NOT NULL, keys text)");
        statement.execute("CREATE INDEX told_xid ON told (xid)");
    }

    private long evenly() {
        return 1 + ThreadLocalRandom.current().nextLong(rows);
    }

    private long popularly() {
        int at = Arrays.binarySearch(popular, ThreadLocalRandom.current().nextDouble() * popular[rows - 1]);
        int rank = Math.min(at < 0 ? -at - 1 : at, rows - 1);
        // Scattered over the table, so that neighbours are not alike.
        return 1 + rank * 7919L % rows;
    }

    void run() throws Exception {
        Map<String, List<Worker>> contestants = new LinkedHashMap<>();
        List<Worker> ours = new ArrayList<>();
        BlockingQueue<Connection> pool = pool(CONNECTIONS);
        List<Worker> plain = new ArrayList<>();
        List<Worker> apart = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            ours.add(worker(cells.client("postgres").objects()));
            plain.add(worker(pool));
            apart.add(worker(pool(1)));
        }
        contestants.put("databroker-postgres", ours);
        ObjectSpace shared = cells.client("postgres").objects();
        contestants.put("databroker-postgres-shared", Stream.generate(() -> worker(shared)).limit(CLIENTS).toList());
        contestants.put("jdbc-postgres", plain);
        contestants.put("jdbc-postgres-programs", apart);
        for (int round = -cells.number("warm"); round < cells.number("rounds"); round++) {
            for (Map.Entry<String, List<Worker>> one : contestants.entrySet()) {
                Map<String, Object> even = measure(round, one.getKey(), one.getValue(), this::evenly);
                Map<String, Object> skewed = measure(round, one.getKey() + "-zipf", one.getValue(), this::popularly);
                if (round >= 0) {
                    ObjectCells.say(even);
                    ObjectCells.say(skewed);
                }
            }
        }
    }

    private BlockingQueue<Connection> pool(int connections) throws SQLException {
        BlockingQueue<Connection> pool = new ArrayBlockingQueue<>(connections);
        for (int i = 0; i < connections; i++) {
            pool.add(DriverManager.getConnection(cells.text("jdbc")));
        }
        return pool;
    }

    private static Worker worker(ObjectSpace space) {
        return new Worker() {
            @Override
            public void read(long id) {
                space.get(ObjectCells.Person.class, id).name();
            }

            @Override
            public void commit(long id, String name) {
                try (ObjectSession session = space.session()) {
                    session.get(ObjectCells.Person.class, id).name(name);
                    commit(session);
                }
            }

            /// Others may be faster, more than once where everybody wants the same.
            private void commit(ObjectSession session) {
                try {
                    session.commit();
                } catch (ConflictException others) {
                    ConflictException conflict = others;
                    while (conflict != null) {
                        try {
                            conflict.rebase().keepMine().commit();
                            conflict = null;
                        } catch (ConflictException again) {
                            conflict = again;
                        }
                    }
                }
            }
        };
    }

    private static Worker worker(BlockingQueue<Connection> pool) {
        return new Worker() {
            @Override
            public void read(long id) throws Exception {
                Connection connection = pool.take();
                try {
                    version(connection, id);
                } finally {
                    pool.add(connection);
                }
            }

            @Override
            public void commit(long id, String name) throws Exception {
                Connection connection = pool.take();
                try {
                    while (!attempt(connection, id, name)) {
                        // Others were faster.
                    }
                } finally {
                    pool.add(connection);
                }
            }
        };
    }

    private static boolean attempt(Connection connection, long id, String name) throws SQLException {
        // The client has read it before, which is a trip of its own there, too.
        Version before = version(connection, id);
        connection.setAutoCommit(false);
        try (PreparedStatement update = connection.prepareStatement(UPDATE);
                PreparedStatement insert = connection.prepareStatement(INSERT)) {
            update.setString(1, name);
            update.setLong(2, id);
            update.setLong(3, before.number);
            update.setString(4, before.name);
            try (ResultSet row = update.executeQuery()) {
                if (!row.next()) {
                    connection.rollback();
                    return false;
                }
                row.getString(2);
            }
            insert.setObject(1, UUID.randomUUID());
            insert.setBytes(2, new byte[32]);
            insert.setString(3, "anna");
            insert.setObject(4, OffsetDateTime.now(ZoneOffset.UTC));
            insert.setString(5, SAID);
            insert.setString(6, "[\"Person/" + id + "\"]");
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                row.getLong(1);
            }
            connection.commit();
            return true;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private record Version(String name, long number) {}

    private static Version version(Connection connection, long id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id, name, salary, text, dept_id, version FROM person WHERE id = ?")) {
            select.setLong(1, id);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return new Version(row.getString(2), row.getLong(6));
            }
        }
    }

    private Map<String, Object> measure(int round, String name, List<Worker> workers, LongSupplier ids)
            throws Exception {
        long began = System.nanoTime();
        long end = began + TimeUnit.SECONDS.toNanos(cells.number("seconds"));
        long commits = 0;
        try (var threads = Executors.newCachedThreadPool()) {
            List<Future<Long>> all = new ArrayList<>();
            for (Worker worker : workers) {
                all.add(threads.submit(() -> work(worker, end, ids)));
            }
            for (Future<Long> one : all) {
                commits += one.get();
            }
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        Map<String, Object> line = ObjectCells.line(round, name);
        line.put("commits_per_s", Math.round(commits / seconds));
        line.put("reads_per_s", Math.round(commits * READS / seconds));
        return line;
    }

    private long work(Worker worker, long end, LongSupplier ids) throws Exception {
        long commits = 0;
        while (System.nanoTime() < end) {
            for (int i = 0; i < READS; i++) {
                worker.read(ids.getAsLong());
            }
            worker.commit(ids.getAsLong(), "name " + commits++);
        }
        return commits;
    }
}
