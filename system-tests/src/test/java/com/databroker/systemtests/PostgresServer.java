package com.databroker.systemtests;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Debian's PostgreSQL, in a folder of the test's and on a free port of loopback.
final class PostgresServer implements AutoCloseable {
    private static final Path PLACE = Path.of("/usr/lib/postgresql");

    private final Path bin;
    private final int port;
    private final Process process;

    private PostgresServer(Path bin, int port, Process process) {
        this.bin = bin;
        this.port = port;
        this.process = process;
    }

    static PostgresServer start(Path folder) throws Exception {
        Path bin = bin();
        // It refuses to run as root; Debian's package brings a user for it.
        List<String> as = System.getProperty("user.name").equals("root")
                ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--")
                : List.of();
        Files.createDirectories(folder);
        if (!as.isEmpty()) {
            // The folders above belong to who runs the test, and PostgreSQL has to come through.
            folder = Files.createTempDirectory("databroker-postgres");
            Peers.run("chown", "postgres:postgres", folder.toString());
        }
        Path data = folder.resolve("data");
        List<String> init = new ArrayList<>(as);
        init.addAll(List.of(bin.resolve("initdb").toString(), "-D", data.toString(), "-U", "postgres"));
        init.addAll(List.of("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"));
        Peers.Result made = Peers.run(init.toArray(new String[0]));
        if (made.status() != 0) {
            throw new AssertionError(made.output());
        }
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        List<String> serve = new ArrayList<>(as);
        serve.addAll(List.of(bin.resolve("postgres").toString(), "-D", data.toString()));
        serve.addAll(List.of("-c", "listen_addresses=127.0.0.1", "-c", "port=" + port));
        serve.addAll(List.of("-c", "unix_socket_directories=", "-c", "fsync=off"));
        Process process = new ProcessBuilder(serve)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(
                        folder.resolveSibling(folder.getFileName() + ".log").toFile())
                .start();
        PostgresServer server = new PostgresServer(bin, port, process);
        Peers.until("PostgreSQL is up", server::isUp);
        return server;
    }

    private static Path bin() throws IOException {
        if (Files.isDirectory(PLACE)) {
            try (Stream<Path> versions = Files.list(PLACE)) {
                Path newest = versions.map(version -> version.resolve("bin"))
                        .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
                        .max(java.util.Comparator.naturalOrder())
                        .orElse(null);
                if (newest != null) {
                    return newest;
                }
            }
        }
        throw new AssertionError("PostgreSQL is missing under " + PLACE
                + "; as root: apt-get install --no-install-recommends postgresql");
    }

    private boolean isUp() {
        try (Connection connection = DriverManager.getConnection(url())) {
            return connection.isValid(10);
        } catch (SQLException notYet) {
            return false;
        }
    }

    String url() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres";
    }

    /// What somebody who is no broker asks: the first column of every row, as text.
    List<String> ask(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url());
                Statement statement = connection.createStatement()) {
            List<String> found = new ArrayList<>();
            if (statement.execute(sql)) {
                try (ResultSet rows = statement.getResultSet()) {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                }
            }
            return found;
        }
    }

    /// What somebody types into psql.
    void psql(String sql) throws IOException, InterruptedException {
        Peers.Result result = Peers.run(
                bin.resolve("psql").toString(),
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-p",
                String.valueOf(port),
                "-U",
                "postgres",
                "-c",
                sql);
        if (result.status() != 0) {
            throw new AssertionError(result.output());
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
    }
}
