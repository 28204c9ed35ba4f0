import com.databroker.client.ConflictException;
import com.databroker.client.DatabrokerClient;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/// Many clients that read nine times and commit once: through one broker, and by the same statements through plain JDBC
/// with as many connections as the broker has.
final class ObjectCommits {
    private static final int CLIENTS = 64;
    private static final int CONNECTIONS = 16;
    private static final int READS = 9;
    private static final String SAID = "y".repeat(300);

    /// One client of one contestant.
    interface Worker {
        void read(long id) throws Exception;

        void commit(long id, String name) throws Exception;
    }

    private final ObjectCells cells;
    private final int rows;

    ObjectCommits(ObjectCells cells) {
        this.cells = cells;
        this.rows = cells.number("rows");
    }

    void run() throws Exception {
        Map<String, List<Worker>> contestants = new LinkedHashMap<>();
        List<Worker> ours = new ArrayList<>();
        BlockingQueue<Connection> pool = new ArrayBlockingQueue<>(CONNECTIONS);
        for (int i = 0; i < CONNECTIONS; i++) {
            pool.add(DriverManager.getConnection(cells.text("jdbc")));
        }
        List<Worker> plain = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            ours.add(worker(cells.client("postgres")));
            plain.add(worker(pool));
        }
        contestants.put("databroker-postgres", ours);
        contestants.put("jdbc-postgres", plain);
        for (int round = -cells.number("warm"); round < cells.number("rounds"); round++) {
            for (Map.Entry<String, List<Worker>> one : contestants.entrySet()) {
                Map<String, Object> line = measure(round, one.getKey(), one.getValue());
                if (round >= 0) {
                    ObjectCells.say(line);
                }
            }
        }
    }

    private static Worker worker(DatabrokerClient client) {
        ObjectSpace space = client.objects();
        return new Worker() {
            @Override
            public void read(long id) {
                space.get(ObjectCells.Person.class, id).name();
            }

            @Override
            public void commit(long id, String name) {
                try (ObjectSession session = space.session()) {
                    session.get(ObjectCells.Person.class, id).name(name);
                    session.commit();
                } catch (ConflictException others) {
                    others.rebase().keepMine().commit();
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
                    // The client has read it before, which is a trip of its own there, too.
                    long version = version(connection, id);
                    connection.setAutoCommit(false);
                    try (PreparedStatement update = connection.prepareStatement(
                                    "UPDATE person SET name = ?, version = version + 1 WHERE id = ? AND version = ?");
                            PreparedStatement insert =
                                    connection.prepareStatement("INSERT INTO told (said) VALUES (?)")) {
                        update.setString(1, name);
                        update.setLong(2, id);
                        update.setLong(3, version);
                        update.executeUpdate();
                        insert.setString(1, SAID);
                        insert.executeUpdate();
                        connection.commit();
                    } finally {
                        connection.setAutoCommit(true);
                    }
                } finally {
                    pool.add(connection);
                }
            }
        };
    }

    private static long version(Connection connection, long id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id, name, salary, text, dept_id, version FROM person WHERE id = ?")) {
            select.setLong(1, id);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                row.getString(2);
                return row.getLong(6);
            }
        }
    }

    private Map<String, Object> measure(int round, String name, List<Worker> workers) throws Exception {
        long began = System.nanoTime();
        long end = began + TimeUnit.SECONDS.toNanos(cells.number("seconds"));
        long commits = 0;
        try (var threads = Executors.newCachedThreadPool()) {
            List<Future<Long>> all = new ArrayList<>();
            for (Worker worker : workers) {
                all.add(threads.submit(() -> work(worker, end)));
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

    private long work(Worker worker, long end) throws Exception {
        long commits = 0;
        while (System.nanoTime() < end) {
            for (int i = 0; i < READS; i++) {
                worker.read(1 + ThreadLocalRandom.current().nextLong(rows));
            }
            worker.commit(1 + ThreadLocalRandom.current().nextLong(rows), "name " + commits++);
        }
        return commits;
    }
}
