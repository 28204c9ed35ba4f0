package com.databroker.systemtests;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Debian's PostgreSQL, in a folder of its own and on a free port of loopback. It forces what it commits, as a real
/// one does.
final class PostgresPeer implements AutoCloseable {
    private static final Path PLACE = Path.of("/usr/lib/postgresql");

    private final List<String> serve;
    private final int port;
    private Process process;
    private int databases;

    private PostgresPeer(List<String> serve, int port) throws IOException {
        this.serve = serve;
        this.port = port;
        this.process = served();
    }

    /// @param folder empty; removed by who made it
    static PostgresPeer start(Path folder) throws Exception {
        List<String> as = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            // It refuses to run as root; Debian's package brings a user for it, who has to come to the folder.
            done("chmod", "a+x", folder.resolveSibling(".").normalize().toString(), folder.toString());
            done("chown", "postgres:postgres", folder.toString());
            as.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
        }
        Path bin = bin();
        String data = folder.resolve("data").toString();
        List<String> init = new ArrayList<>(as);
        init.addAll(List.of(bin.resolve("initdb").toString(), "-D", data, "-U", "postgres"));
        init.addAll(List.of("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"));
        done(init.toArray(new String[0]));
        int port = freePort();
        List<String> serve = new ArrayList<>(as);
        serve.addAll(List.of(bin.resolve("postgres").toString(), "-D", data));
        serve.addAll(List.of("-c", "listen_addresses=127.0.0.1", "-c", "port=" + port));
        serve.addAll(List.of("-c", "unix_socket_directories=", "-c", "max_connections=200"));
        PostgresPeer peer = new PostgresPeer(serve, port);
        peer.awaitAnswers();
        return peer;
    }

    private Process served() throws IOException {
        return new ProcessBuilder(serve)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void awaitAnswers() throws Exception {
        Peers.until("PostgreSQL answers", Duration.ofMinutes(1), () -> {
            if (!process.isAlive()) {
                throw new AssertionError("PostgreSQL did not start on port " + port);
            }
            return answers();
        });
    }

    /// Ends as by `pg_ctl stop -m fast`: whoever is connected is cut off.
    void end() throws Exception {
        done("kill", "-INT", Long.toString(process.pid()));
        process.onExit().get(1, TimeUnit.MINUTES);
    }

    /// Begins once more, on the same port and with the same data.
    void again() throws Exception {
        process = served();
        awaitAnswers();
    }

    private boolean answers() {
        try (Connection connection = DriverManager.getConnection(url("postgres"))) {
            return connection.isValid(10);
        } catch (SQLException notYet) {
            return false;
        }
    }

    /// The address of a new, empty database.
    String database() throws SQLException {
        String name = "t" + ++databases;
        ObjectsShop.run(url("postgres"), "CREATE DATABASE " + name);
        return url(name);
    }

    private String url(String name) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + name + "?user=postgres";
    }

    private static Path bin() throws IOException {
        if (!Files.isDirectory(PLACE)) {
            throw new AssertionError("PostgreSQL is missing: install postgresql");
        }
        try (Stream<Path> versions = Files.list(PLACE)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
                    .max(Comparator.naturalOrder())
                    .orElseThrow(() -> new AssertionError("PostgreSQL is missing: install postgresql"));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void done(String... command) throws IOException, InterruptedException {
        Peers.Result result = Peers.run(command);
        if (result.status() != 0) {
            throw new AssertionError(String.join(" ", command) + ": " + result.output());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
