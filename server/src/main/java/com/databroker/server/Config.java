package com.databroker.server;

import com.databroker.access.AccessConfig;
import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import com.databroker.core.Text;
import com.databroker.events.EventsConfig;
import com.databroker.files.FilesConfig;
import com.databroker.files.OpenFile;
import com.databroker.objects.ObjectsConfig;
import com.databroker.streams.StreamsConfig;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The whole configuration of one broker: every key of `databroker.yaml` is a component of this
/// tree of records.
///
/// A component needs a [Setting] annotation and one of the types `String`, `int`, `long`,
/// `boolean`, `Duration`, [ByteSize], `Path`, an enum, `List<String>` or another record.
/// `@Nullable` without a default may be absent; without `@Nullable` and without a default it must
/// be given. Constructors check what the annotation cannot say, see [SettingGroup#build].
public record Config(
        @Setting(
                value = "The folder that holds everything the broker keeps. One broker per folder.",
                otherwise = "databroker-data")
        Path data,

        @Setting("The HTTP door: events by WebSocket, SSE and POST, files, metrics, health.")
        HttpConfig http,

        @Setting("The ZeroMQ door: one port for all socket types.")
        ZmqConfig zmq,

        @Setting("The SSH door: files by SFTP, scp and rsync.")
        SshConfig ssh,

        @Setting("The AMQP door: objects over a RabbitMQ.") AmqpConfig amqp,

        @Setting("Limits of the events plane.") EventsConfig events,

        @Setting("Limits of the files plane.") FilesConfig files,

        @Setting("The streams plane: what is collected, and where it rests.")
        StreamsConfig streams,

        @Setting("The objects plane: databases whose rows are objects.")
        ObjectsConfig objects,

        @Setting("The gate: limits of sign-in and of the audit log.")
        AccessConfig access,

        @Setting("What the broker writes about itself on standard error.")
        LogConfig log,

        @Setting("Traces of what is done, for OpenTelemetry: on as soon as an endpoint is named.")
        TracingConfig tracing) {

    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?");
    private static final Pattern ORIGIN = Pattern.compile("https?://[^/\\s?#@]{1,255}");

    /// The configuration of a broker that nobody configured, but for these keys:
    /// `Config.of(Map.of("http.port", "0"))`.
    ///
    /// @throws com.databroker.core.ProblemException as [ConfigReader#read]
    public static Config of(Map<String, String> flags) {
        return ConfigReader.read(Config.class, "", null, Map.of(), flags).config();
    }

    /// The file with the broker's CURVE key pair: `zmq.curve-key-file`, or `curve.key` in the data
    /// folder.
    public Path curveKeyFile() {
        return zmq.curveKeyFile == null ? data.resolve("curve.key") : zmq.curveKeyFile;
    }

    /// The file with the broker's SSH key: `ssh.host-key`, or `ssh_host_key` in the data folder.
    public Path sshKeyFile() {
        return ssh.hostKey == null ? data.resolve("ssh_host_key") : ssh.hostKey;
    }

    /// The HTTP door.
    public record HttpConfig(
            @Setting(
                    value = "Address or host name to listen on; `0.0.0.0` and `::` are all addresses of the machine.",
                    otherwise = "127.0.0.1")
            String host,

            @Setting(value = "Port to listen on; 0 takes a free one.", otherwise = "8080", min = 0, max = 65_535)
            int port,

            @Setting(value = "Open connections; more are refused.", otherwise = "16384", min = 1, max = 1_000_000)
            int maxConnections,

            @Setting(
                    value = "Open connections of one address; more are refused. Behind a proxy all share the proxy's,"
                            + " but where it speaks the PROXY protocol.",
                    otherwise = "16384",
                    min = 1,
                    max = 1_000_000)
            int maxConnectionsPerAddress,

            @Setting(
                    value = "Bytes of the request line and all headers together.",
                    otherwise = "16KiB",
                    min = 1024,
                    max = 1 << 20)
            ByteSize headersMax,

            @Setting(
                    value = "Time for a request's headers to arrive, the TLS handshake included.",
                    otherwise = "10s",
                    min = 100,
                    max = 3_600_000)
            Duration headerTimeout,

            @Setting(
                    value = "Time after which a connection without any traffic is closed.",
                    otherwise = "60s",
                    min = 100,
                    max = 86_400_000)
            Duration idleTimeout,

            @Setting(
                    value = "Bytes per second at which a request body must arrive on average; a slower one is refused."
                            + " 0 lets it take any time.",
                    otherwise = "1KiB",
                    max = 1L << 30)
            ByteSize bodyRateMin,

            @Setting("Addresses or networks (`10.0.0.0/8`) of the proxies whose X-Forwarded-For names the real client.")
            List<String> trustedProxies,

            @Setting(
                    value = "Every connection begins with a PROXY protocol header (version 1 or 2) that names the real"
                            + " client; only `trusted-proxies` may connect.",
                    otherwise = "false")
            boolean proxyProtocol,

            @Setting("Origins (`https://console.example.org`) of other sites whose pages may call the broker.")
            List<String> allowedOrigins,

            @Setting(value = "Answer /metrics to loopback addresses without a token.", otherwise = "true")
            boolean metricsPublic,

            @Setting(
                    "Internal address (`/_files/`) under which the nginx in front has the folder of files: it is told to"
                            + " send files itself. Only trusted proxies are.")
            @Nullable
            String accelRedirect,

            @Setting(
                    value = "Files of fewer bytes are sent by the broker through the nginx in front, which costs both"
                            + " less than naming them. 0 leaves every file to nginx.",
                    otherwise = "16KiB",
                    max = OpenFile.SMALL_BYTES_MAX)
            ByteSize accelRedirectMin,

            @Setting("TLS for the HTTP door; on as soon as a certificate is named.")
            TlsConfig tls) {
        public HttpConfig {
            requireHost(host);
            if (accelRedirect != null && !accelRedirect.matches("/([A-Za-z0-9_-]+/)+")) {
                throw new IllegalArgumentException(
                        "accel-redirect: \"" + Text.excerpt(accelRedirect) + "\" must be of the form /_files/");
            }
            trustedProxies = List.copyOf(trustedProxies);
            requireProxies(trustedProxies, proxyProtocol);
            allowedOrigins = List.copyOf(allowedOrigins);
            for (String origin : allowedOrigins) {
                if (!ORIGIN.matcher(origin).matches()) {
                    throw new IllegalArgumentException("allowed-origins: \""
                            + Text.excerpt(origin)
                            + "\" is not an origin; write https://console.example.org or http://localhost:3000");
                }
            }
        }
    }

    /// Certificate and key of a door.
    public record TlsConfig(
            @Setting("PEM file with the certificate and those of its authorities below the root.") @Nullable
            Path certificate,

            @Setting("PEM file with the certificate's private key (PKCS #8).") @Nullable
            Path key,

            @Setting(
                    value = "Ask clients for certificates; a certificate of the users file signs its user in.",
                    otherwise = "false")
            boolean clientCertificates) {
        public TlsConfig {
            if ((certificate == null) != (key == null)) {
                throw new IllegalArgumentException("certificate and key belong together; give both or neither");
            }
            if (clientCertificates && certificate == null) {
                throw new IllegalArgumentException("client-certificates needs a certificate and a key");
            }
        }

        /// Whether the door speaks TLS.
        public boolean enabled() {
            return certificate != null;
        }
    }

    /// The ZeroMQ door.
    public record ZmqConfig(
            @Setting(
                    value = "Address or host name to listen on; `0.0.0.0` and `::` are all addresses of the machine.",
                    otherwise = "127.0.0.1")
            String host,

            @Setting(value = "Port to listen on; 0 takes a free one.", otherwise = "5555", min = 0, max = 65_535)
            int port,

            @Setting(value = "Open connections; more are refused.", otherwise = "16384", min = 1, max = 1_000_000)
            int maxConnections,

            @Setting(
                    value = "Open connections of one address; more are refused.",
                    otherwise = "16384",
                    min = 1,
                    max = 1_000_000)
            int maxConnectionsPerAddress,

            @Setting(value = "Time for a peer to finish the handshake.", otherwise = "10s", min = 100, max = 3_600_000)
            Duration handshakeTimeout,

            @Setting(
                    value = "Silence after which a peer is sent a PING.",
                    otherwise = "30s",
                    min = 100,
                    max = 3_600_000)
            Duration heartbeatInterval,

            @Setting(
                    value = "Time for a PING to be answered; then the connection is closed.",
                    otherwise = "30s",
                    min = 100,
                    max = 3_600_000)
            Duration heartbeatTimeout,

            @Setting("Addresses or networks (`10.0.0.0/8`) of the proxies that speak the PROXY protocol.")
            List<String> trustedProxies,

            @Setting(
                    value = "Every connection begins with a PROXY protocol header (version 1 or 2) that names the real"
                            + " client; only `trusted-proxies` may connect.",
                    otherwise = "false")
            boolean proxyProtocol,

            @Setting("File with the broker's CURVE key pair, made at the first start; `curve.key` in the data folder"
                    + " where it is not named.")
            @Nullable
            Path curveKeyFile) {
        public ZmqConfig {
            requireHost(host);
            trustedProxies = List.copyOf(trustedProxies);
            requireProxies(trustedProxies, proxyProtocol);
        }
    }

    /// The SSH door.
    public record SshConfig(
            @Setting(value = "Whether there is one.", otherwise = "true")
            boolean enabled,

            @Setting(
                    value = "Address or host name to listen on; `0.0.0.0` and `::` are all addresses of the machine.",
                    otherwise = "127.0.0.1")
            String host,

            @Setting(value = "Port to listen on; 0 takes a free one.", otherwise = "2222", min = 0, max = 65_535)
            int port,

            @Setting(value = "Open connections; more are refused.", otherwise = "1024", min = 1, max = 1_000_000)
            int maxConnections,

            @Setting(
                    value = "Open connections of one address; more are refused.",
                    otherwise = "1024",
                    min = 1,
                    max = 1_000_000)
            int maxConnectionsPerAddress,

            @Setting(
                    value = "Time for a client to sign in, from the connection on.",
                    otherwise = "30s",
                    min = 100,
                    max = 3_600_000)
            Duration handshakeTimeout,

            @Setting(
                    value = "Time after which a connection without any traffic is closed.",
                    otherwise = "10m",
                    min = 100,
                    max = 86_400_000)
            Duration idleTimeout,

            @Setting(
                    value = "Keys and tokens that a connection may try; then it is closed.",
                    otherwise = "10",
                    min = 1,
                    max = 100)
            int attemptsMax,

            @Setting(
                    value = "Transfers that a connection may have under way at one time, each a channel of its own.",
                    otherwise = "16",
                    min = 1,
                    max = 1024)
            int channelsMax,

            @Setting(
                    value = "Files and folders that a channel may hold open.",
                    otherwise = "256",
                    min = 1,
                    max = 65_536)
            int handlesMax,

            @Setting("Addresses or networks (`10.0.0.0/8`) of the proxies that speak the PROXY protocol.")
            List<String> trustedProxies,

            @Setting(
                    value = "Every connection begins with a PROXY protocol header (version 1 or 2) that names the real"
                            + " client; only `trusted-proxies` may connect.",
                    otherwise = "false")
            boolean proxyProtocol,

            @Setting("File with the broker's private key, made at the first start; `ssh_host_key` in the data folder"
                    + " where it is not named.")
            @Nullable
            Path hostKey,

            @Setting(value = "The program that is rsync; `off` refuses it.", otherwise = "rsync")
            String rsync) {
        public SshConfig {
            requireHost(host);
            trustedProxies = List.copyOf(trustedProxies);
            requireProxies(trustedProxies, proxyProtocol);
        }
    }

    /// The broker's own log.
    public record LogConfig(
            @Setting(
                    value = "`text` for people, `json` for programs; `auto` is text on a terminal and JSON elsewhere.",
                    otherwise = "auto")
            LogFormat format,

            @Setting(value = "The least important messages that are written.", otherwise = "info")
            LogLevel level) {}

    /// The form of the log.
    public enum LogFormat {
        AUTO,
        TEXT,
        JSON
    }

    /// Which messages are written.
    public enum LogLevel {
        ERROR,
        WARN,
        INFO,
        DEBUG
    }

    private static void requireProxies(List<String> networks, boolean proxyProtocol) {
        networks.forEach(Config::requireNetwork);
        if (proxyProtocol && networks.isEmpty()) {
            throw new IllegalArgumentException("proxy-protocol needs trusted-proxies; nobody else may connect then");
        }
    }

    private static void requireNetwork(String network) {
        int slash = network.indexOf('/');
        try {
            byte[] address = InetAddress.ofLiteral(slash < 0 ? network : network.substring(0, slash))
                    .getAddress();
            if (slash < 0 || within(network.substring(slash + 1), address.length * 8)) {
                return;
            }
        } catch (IllegalArgumentException noAddress) {
            // Refused below, in the words of the file rather than the JDK's.
        }
        throw new IllegalArgumentException("trusted-proxies: \""
                + Text.excerpt(network)
                + "\" is not an address or network; write 10.0.0.1 or 10.0.0.0/8");
    }

    private static boolean within(String prefix, int bits) {
        return prefix.matches("\\d{1,3}") && Integer.parseInt(prefix) <= bits;
    }

    private static void requireHost(String host) {
        boolean address;
        try {
            InetAddress.ofLiteral(host);
            address = true;
        } catch (IllegalArgumentException name) {
            // Not resolved here: a name may exist only where the broker runs.
            address = false;
        }
        if (!address && !HOST_NAME.matcher(host).matches()) {
            throw new IllegalArgumentException("host: \""
                    + Text.excerpt(host)
                    + "\" is not an address or host name; write 127.0.0.1, ::1 or broker.example.org");
        }
    }
}
