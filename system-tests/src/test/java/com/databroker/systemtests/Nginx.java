package com.databroker.systemtests;

import com.databroker.core.Trust;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/// The distribution's nginx with the files of `deploy/nginx`, in a folder of its own and on free ports of loopback.
final class Nginx implements AutoCloseable {
    private static final Path SHIPPED = House.ROOT.resolve("deploy").resolve("nginx");
    private static final List<String> PROGRAMS = List.of("nginx", "/usr/sbin/nginx");
    private static final int ATTEMPTS = 10;
    private static final int PATIENCE_MILLIS = 20_000;

    private final Path prefix;
    private final Process process;
    private final int https;
    private final int http;
    private final int zmq;
    private final int ssh;
    private final SSLContext tls;

    private Nginx(Path prefix, Process process, List<Integer> ports) throws GeneralSecurityException, IOException {
        this.prefix = prefix;
        this.process = process;
        https = ports.get(0);
        http = ports.get(1);
        zmq = ports.get(2);
        ssh = ports.get(3);
        tls = Trust.in(Files.readString(prefix.resolve("tls").resolve("certificate.pem")));
    }

    /// What a broker must be told to believe this nginx.
    static Map<String, String> trusted() {
        return Map.of(
                "http.trusted-proxies", "127.0.0.1",
                "zmq.trusted-proxies", "127.0.0.1",
                "zmq.proxy-protocol", "true",
                "ssh.trusted-proxies", "127.0.0.1",
                "ssh.proxy-protocol", "true");
    }

    /// In front of `broker`.
    ///
    /// @param changes lines of the shipped files and what stands there instead; each must be found
    static Nginx start(Path prefix, TestBroker broker, Map<String, String> changes) throws Exception {
        List<Integer> ports = List.of(broker.httpPort(), broker.zmqPort(), broker.sshPort());
        return start(prefix, ports, broker.broker().data(), changes);
    }

    /// @param broker its ports of HTTP, ZeroMQ and SSH
    /// @param data the folder in which `files` lies
    static Nginx start(Path prefix, List<Integer> broker, Path data, Map<String, String> changes) throws Exception {
        for (String folder : List.of("run", "logs", "tmp", "tls")) {
            Files.createDirectories(prefix.resolve(folder));
        }
        certificate(prefix.resolve("tls"));
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            List<Integer> ports = freePorts(4);
            List<Map.Entry<String, String>> all = new ArrayList<>(changes.entrySet());
            all.add(Map.entry("listen 8443 ssl", "listen 127.0.0.1:" + ports.get(0) + " ssl"));
            all.add(Map.entry("listen 8880", "listen 127.0.0.1:" + ports.get(1)));
            all.add(Map.entry("listen 5556", "listen 127.0.0.1:" + ports.get(2)));
            all.add(Map.entry("listen 2223", "listen 127.0.0.1:" + ports.get(3)));
            all.add(Map.entry("server 127.0.0.1:8080", "server 127.0.0.1:" + broker.get(0)));
            all.add(Map.entry("proxy_pass 127.0.0.1:5555", "proxy_pass 127.0.0.1:" + broker.get(1)));
            all.add(Map.entry("proxy_pass 127.0.0.1:2222", "proxy_pass 127.0.0.1:" + broker.get(2)));
            all.add(Map.entry("/var/lib/databroker/files/", data.resolve("files") + "/"));
            if (System.getProperty("user.name").equals("root")) {
                // Its workers would be nobody, who may not enter the folders of a test.
                all.add(Map.entry("#user databroker;", "user root;"));
            }
            write(prefix, all);
            Process process = new ProcessBuilder(command(prefix, "-g", "daemon off;"))
                    .redirectErrorStream(true)
                    .redirectOutput(prefix.resolve("output.txt").toFile())
                    .start();
            if (listens(process, ports.get(0))) {
                return new Nginx(prefix, process, ports);
            }
            if (!Files.readString(prefix.resolve("output.txt")).contains("Address already in use")) {
                throw new AssertionError(Files.readString(prefix.resolve("output.txt")));
            }
        }
        throw new AssertionError("no free ports in " + ATTEMPTS + " attempts");
    }

    /// What `nginx -t` says of a folder that [#start] has filled.
    static Peers.Result test(Path prefix) throws IOException, InterruptedException {
        return Peers.run(command(prefix, "-t"));
    }

    private static String[] command(Path prefix, String... more) throws IOException, InterruptedException {
        for (String program : PROGRAMS) {
            if (Peers.run(program, "-v").status() == 0) {
                List<String> command = new ArrayList<>(List.of(program, "-p", prefix + "/", "-c", "nginx.conf"));
                command.addAll(List.of(more));
                return command.toArray(new String[0]);
            }
        }
        throw new AssertionError("nginx is missing: install nginx-light and libnginx-mod-stream");
    }

    private static void write(Path prefix, List<Map.Entry<String, String>> changes) throws IOException {
        List<String> found = new ArrayList<>();
        for (String name : List.of("nginx.conf", "http.conf", "proxy.conf", "stream.conf")) {
            String text = Files.readString(SHIPPED.resolve(name));
            for (Map.Entry<String, String> change : changes) {
                if (text.contains(change.getKey())) {
                    found.add(change.getKey());
                    text = text.replace(change.getKey(), change.getValue());
                }
            }
            Files.writeString(prefix.resolve(name), text);
        }
        for (Map.Entry<String, String> change : changes) {
            if (!found.contains(change.getKey())) {
                throw new AssertionError("not in deploy/nginx: " + change.getKey());
            }
        }
    }

    private static void certificate(Path folder) throws IOException, InterruptedException {
        Peers.Result made = Peers.run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=broker.example.org",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                folder.resolve("key.pem").toString(),
                "-out",
                folder.resolve("certificate.pem").toString());
        if (made.status() != 0) {
            throw new AssertionError(made.output());
        }
    }

    /// All are held until each is known, so that none is given twice.
    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            held.add(new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1")));
        }
        List<Integer> ports = new ArrayList<>();
        for (ServerSocket socket : held) {
            ports.add(socket.getLocalPort());
            socket.close();
        }
        return ports;
    }

    /// Waits until it listens.
    ///
    /// @return false where it has ended
    private static boolean listens(Process process, int port) throws Exception {
        boolean[] open = {false};
        Peers.until("nginx listens", () -> {
            try (Socket probe = new Socket()) {
                probe.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), PATIENCE_MILLIS);
                open[0] = true;
            } catch (IOException notYet) {
                return !process.isAlive();
            }
            return true;
        });
        return open[0] && process.isAlive();
    }

    int httpsPort() {
        return https;
    }

    int httpPort() {
        return http;
    }

    int zmqPort() {
        return zmq;
    }

    int sshPort() {
        return ssh;
    }

    /// The certificate that clients must trust, in PEM.
    Path certificate() {
        return prefix.resolve("tls").resolve("certificate.pem");
    }

    /// Everything that it wrote to its logs so far.
    String logs() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String name : List.of("error.log", "access.log", "zmq.log", "ssh.log")) {
            Path log = prefix.resolve("logs").resolve(name);
            all.append(Files.exists(log) ? Files.readString(log) : "");
        }
        return all.append(Files.readString(prefix.resolve("output.txt"))).toString();
    }

    /// A connection to the HTTPS port, after the handshake.
    ///
    /// @param from own address, by which nginx counts
    AttackSocket connect(String from) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), https), PATIENCE_MILLIS);
        return AttackSocket.over(tls.getSocketFactory().createSocket(socket, "127.0.0.1", https, true));
    }

    /// Sends bytes and reads until the connection ends.
    String say(String from, String request) throws IOException {
        try (AttackSocket socket = connect(from)) {
            socket.trySend(request);
            return socket.readToEnd();
        }
    }

    /// curl over HTTPS: what it says, with the status at the end.
    String curl(String path, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "curl",
                "--silent",
                "--show-error",
                "--path-as-is",
                "--globoff",
                "--max-time",
                "20",
                "--write-out",
                " %{http_code}",
                "--cacert",
                certificate().toString()));
        command.addAll(List.of(more));
        command.add("https://127.0.0.1:" + https + path);
        return Peers.run(command.toArray(new String[0])).output();
    }

    /// Ends it at once, workers too.
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException stopped) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
