package com.databroker.objects;

import com.databroker.core.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// Debian's PostgreSQL, one for all tests of this process, in a folder of its own and on a free port of
/// loopback. It forces what it commits, as a real one does.
public final class Postgres {
    private static final Path PLACE = Path.of("/usr/lib/postgresql");
    private static final int ATTEMPTS = 10;
    private static final int PATIENCE_SECONDS = 60;
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static final class Holder {
        static final Postgres ONE = start();
    }

    private final int port;

    private Postgres(int port) {
        this.port = port;
    }

    /// The address of a new, empty database.
    public static String database() {
        Postgres one = Holder.ONE;
        String name = "t" + DATABASES.incrementAndGet();
        run(one.url("postgres"), "CREATE DATABASE " + name);
        return one.url(name);
    }

    private String url(String name) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + name + "?user=postgres";
    }

    /// What somebody who is no broker does.
    public static void run(String url, String... statements) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static Postgres start() {
        try {
            Path folder = Files.createTempDirectory("databroker-postgres");
            Path bin = bin();
            boolean root = "root".equals(System.getProperty("user.name"));
            // It refuses to run as root; Debian's package brings a user for it.
            List<String> as = root
                    ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--")
                    : List.of();
            if (root) {
                done(List.of("chown", "postgres:postgres", folder.toString()), folder);
            }
            Path data = folder.resolve("data");
            List<String> init = new ArrayList<>(as);
            init.addAll(List.of(bin.resolve("initdb").toString(), "-D", data.toString(), "-U", "postgres"));
            init.addAll(List.of("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"));
            done(init, folder);
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                int port = freePort();
                List<String> serve = new ArrayList<>(as);
                serve.addAll(List.of(bin.resolve("postgres").toString(), "-D", data.toString()));
                serve.addAll(List.of("-c", "listen_addresses=127.0.0.1", "-c", "port=" + port));
                serve.addAll(List.of("-c", "unix_socket_directories=", "-c", "fsync=on", "-c", "max_connections=200"));
                Process process = new ProcessBuilder(serve)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolveSibling(folder.getFileName() + ".log")
                                .toFile())
                        .start();
                Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process, folder)));
                if (isUp(process, new Postgres(port))) {
                    return new Postgres(port);
                }
            }
            throw new IllegalStateException("PostgreSQL did not start; see " + folder + ".log");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
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
        throw new IllegalStateException("PostgreSQL is missing under " + PLACE
                + "; as root: apt-get install --no-install-recommends postgresql");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void done(List<String> command, Path folder) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IllegalStateException(command + ": " + said);
        }
    }

    private static boolean isUp(Process process, Postgres postgres) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        try {
            while (System.nanoTime() < end) {
                try (Connection connection = DriverManager.getConnection(postgres.url("postgres"))) {
                    return connection.isValid(10);
                } catch (SQLException notYet) {
                    if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
                        return false;
                    }
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private static void end(Process process, Path folder) {
        // SIGINT would be its fast way to stop; nothing of it is wanted any more.
        process.destroyForcibly().onExit().join();
        try {
            Folders.delete(folder);
        } catch (IOException stillInUse) {
            // A process of it is just ending; the folder is a temporary one.
        }
    }
}
