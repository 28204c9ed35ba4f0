import com.databroker.client.DatabrokerClient;
import com.databroker.client.ObjectSpace;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A page of ten thousand rows with what they refer to, beside the same rows by JDBC, and beside the same rows read by
/// JDBC in a second program and handed on by it: the least that whoever does not let everybody at the database has to
/// write, without keys, rights, versions that are told, or a cache.
final class PageCells {
    private static final int FETCH = 10_000;
    private static final int BUFFER = 1 << 16;
    private static final String ROWS = "SELECT p.id, p.version, p.name, p.salary, p.text, d.id, d.version, d.name"
            + " FROM person p LEFT JOIN dept d ON d.id = p.dept_id ORDER BY p.id LIMIT " + FETCH;

    private final ObjectCells cells;

    PageCells(ObjectCells cells) {
        this.cells = cells;
    }

    /// What is made of a row and what it refers to.
    record Row(long id, long version, String name, BigDecimal salary, String text, Department dept) {}

    record Department(long id, long version, String name) {}

    /// How long a page takes, in nanoseconds.
    interface Page {
        long take() throws Exception;
    }

    void run() throws Exception {
        Map<String, Page> pages = new LinkedHashMap<>();
        pages.put("databroker-postgres", this::ours);
        pages.put("jdbc-postgres", this::plain);
        pages.put("jdbc-postgres-handed-on", this::handedOn);
        Map<String, ObjectCells.Contestant> contestants = new LinkedHashMap<>();
        pages.keySet().forEach(name -> contestants.put(name, number -> {}));
        cells.measured(contestants, (round, name, contestant) -> {
            Map<String, Object> line = ObjectCells.line(round, name);
            line.put("ms", ObjectCells.micros(pages.get(name).take() / 1000.0));
            line.put("transfer_ms", ObjectCells.micros(transfer(FETCH * 200) / 1000.0));
            return line;
        });
    }

    private long ours() {
        try (DatabrokerClient client = cells.client("postgres")) {
            ObjectSpace space = client.objects();
            space.get(ObjectCells.Dept.class, 1);
            long before = System.nanoTime();
            List<ObjectCells.Person> found = space.find(ObjectCells.Person.class)
                    .order("id")
                    .limit(FETCH)
                    .with("dept")
                    .list();
            long length = 0;
            for (ObjectCells.Person person : found) {
                length += person.name().length() + person.dept().name().length();
            }
            return length > FETCH && found.size() == FETCH ? System.nanoTime() - before : -1;
        }
    }

    private long plain() throws SQLException {
        try (Connection connection = DriverManager.getConnection(cells.text("jdbc"));
                Statement statement = connection.createStatement()) {
            statement.executeQuery("SELECT 1").close();
            long before = System.nanoTime();
            List<Row> found = new ArrayList<>();
            try (ResultSet row = statement.executeQuery(ROWS)) {
                while (row.next()) {
                    found.add(row(row));
                }
            }
            return looked(found) ? System.nanoTime() - before : -1;
        }
    }

    private static Row row(ResultSet row) throws SQLException {
        Department dept = new Department(row.getLong(6), row.getLong(7), row.getString(8));
        return new Row(
                row.getLong(1), row.getLong(2), row.getString(3), row.getBigDecimal(4), row.getString(5), dept);
    }

    private static boolean looked(List<Row> found) {
        long length = 0;
        for (Row row : found) {
            length += row.name().length() + row.dept().name().length();
        }
        return length > FETCH && found.size() == FETCH;
    }

    /// Reads the rows for whoever sends a byte, and hands each on as soon as it has it.
    static void serve(String jdbc, int port) throws Exception {
        try (ServerSocket door = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
                Connection connection = DriverManager.getConnection(jdbc);
                Statement statement = connection.createStatement()) {
            while (true) {
                try (Socket one = door.accept();
                        DataOutputStream out =
                                new DataOutputStream(new BufferedOutputStream(one.getOutputStream(), BUFFER))) {
                    // The last of a page would wait for the other end to say that it has the rest.
                    one.setTcpNoDelay(true);
                    while (one.getInputStream().read() >= 0) {
                        send(statement, out);
                    }
                }
            }
        }
    }

    private static void send(Statement statement, DataOutputStream out) throws SQLException, IOException {
        try (ResultSet found = statement.executeQuery(ROWS)) {
            while (found.next()) {
                Row row = row(found);
                out.writeLong(row.id());
                out.writeLong(row.version());
                out.writeUTF(row.name());
                out.writeUTF(row.salary().toString());
                out.writeUTF(row.text());
                out.writeLong(row.dept().id());
                out.writeLong(row.dept().version());
                out.writeUTF(row.dept().name());
            }
            out.flush();
        }
    }

    private long handedOn() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), cells.number("rows"));
                DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER))) {
            long before = System.nanoTime();
            socket.getOutputStream().write(1);
            List<Row> found = new ArrayList<>();
            while (found.size() < FETCH) {
                long id = in.readLong();
                long version = in.readLong();
                String name = in.readUTF();
                BigDecimal salary = new BigDecimal(in.readUTF());
                String text = in.readUTF();
                found.add(new Row(
                        id, version, name, salary, text, new Department(in.readLong(), in.readLong(), in.readUTF())));
            }
            return looked(found) ? System.nanoTime() - before : -1;
        }
    }

    /// So many bytes once through loopback.
    private static long transfer(int bytes) throws Exception {
        try (ServerSocket door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket in = new Socket(door.getInetAddress(), door.getLocalPort());
                Socket out = door.accept()) {
            byte[] body = new byte[bytes];
            Thread sends = Thread.ofVirtual().unstarted(() -> {
                try {
                    out.getOutputStream().write(body);
                } catch (IOException failed) {
                    throw new UncheckedIOException(failed);
                }
            });
            long before = System.nanoTime();
            sends.start();
            in.getInputStream().readNBytes(bytes);
            long nanos = System.nanoTime() - before;
            sends.join();
            return nanos;
        }
    }
}
