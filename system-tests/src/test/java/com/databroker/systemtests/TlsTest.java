package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// HTTPS and WSS with certificates that openssl made, spoken by curl and by Node's ws.
class TlsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static void openssl(Object... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        for (Object word : words) {
            command.add(word.toString());
        }
        Peers.Result result = Peers.run(command.toArray(new String[0]));
        assertThat(result.status()).as(result.output()).isZero();
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    /// A certificate that vouches for itself, and for others where it is an authority.
    private void selfSigned(String name, String subject) throws Exception {
        openssl(
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
                subject,
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                file(name + ".key"),
                "-out",
                file(name + ".pem"));
    }

    private void signed(String name, String subject, String authority) throws Exception {
        openssl(
                "req",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-subj",
                subject,
                "-keyout",
                file(name + ".key"),
                "-out",
                file(name + ".csr"));
        Files.writeString(file(name + ".ext"), "extendedKeyUsage=clientAuth\n");
        openssl(
                "x509",
                "-req",
                "-in",
                file(name + ".csr"),
                "-CA",
                file(authority + ".pem"),
                "-CAkey",
                file(authority + ".key"),
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                file(name + ".ext"),
                "-out",
                file(name + ".pem"));
    }

    private String fingerprint(String name) throws Exception {
        String line = Peers.run(
                        "openssl",
                        "x509",
                        "-noout",
                        "-fingerprint",
                        "-sha256",
                        "-in",
                        file(name + ".pem").toString())
                .output();
        return line.substring(line.indexOf('=') + 1).strip().replace(":", "").toLowerCase(java.util.Locale.ROOT);
    }

    private TestBroker start() throws Exception {
        selfSigned("first", "/CN=first");
        Files.copy(file("first.pem"), file("server.pem"));
        Files.copy(file("first.key"), file("server.key"));
        return TestBroker.start(
                file("data"),
                Peers.patient(Map.of(
                        "http.tls.certificate", file("server.pem").toString(),
                        "http.tls.key", file("server.key").toString(),
                        "http.tls.client-certificates", "true")));
    }

    /// Status and body, one after the other.
    private Peers.Result curl(TestBroker broker, String trusted, String path, Object... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "curl",
                "--silent",
                "--show-error",
                "--max-time",
                "20",
                "--write-out",
                " %{http_code}",
                "--cacert",
                file(trusted + ".pem").toString()));
        for (Object word : more) {
            command.add(word.toString());
        }
        command.add("https://127.0.0.1:" + broker.httpPort() + path);
        return Peers.run(command.toArray(new String[0]));
    }

    private String bearer(TestBroker broker) {
        return "Authorization: Bearer " + broker.token();
    }

    @Test
    void everythingOfHttpGoesThroughTlsAndANewCertificateIsTakenUp() throws Exception {
        try (TestBroker broker = start();
                Peer ws = Peers.ws(
                        "wss://127.0.0.1:" + broker.httpPort() + "/events?topic=tls/**",
                        Map.of("token", broker.token(), "ca", Files.readString(file("first.pem"))))) {
            ws.await(line -> line.contains("\"op\":\"welcome\""));
            for (String version : List.of("--http1.1", "--http2")) {
                assertThat(curl(
                                        broker,
                                        "first",
                                        "/events/tls/x",
                                        version,
                                        "--header",
                                        bearer(broker),
                                        "--data",
                                        "hello")
                                .output())
                        .endsWith(" 200");
                ws.await(line -> line.contains("\"op\":\"event\"") && line.contains("hello"));
            }
            assertThat(curl(broker, "first", "/health/live", "--tls-max", "1.1").status())
                    .isNotZero();

            selfSigned("second", "/CN=second");
            assertThat(curl(broker, "second", "/health/live").status()).isNotZero();
            Files.move(file("second.key"), file("server.key"), StandardCopyOption.REPLACE_EXISTING);
            Files.copy(file("second.pem"), file("server.pem"), StandardCopyOption.REPLACE_EXISTING);
            Peers.until(
                    "the new certificate is shown",
                    () -> curl(broker, "second", "/health/live").status() == 0);
            // Who was connected stays so.
            curl(broker, "second", "/events/tls/after", "--header", bearer(broker), "--data", "still here");
            ws.await(line -> line.contains("still here"));
        }
    }

    private void reload(TestBroker broker) throws Exception {
        assertThat(curl(broker, "first", "/config/reload", "--header", bearer(broker), "--request", "POST")
                        .output())
                .endsWith(" 200");
    }

    @Test
    void aCertificateThatIsNotOfTheKeyOrNoneIsNotTakenUpAndTheCommandLineKnowsTheOneThatIsShown() throws Exception {
        selfSigned("other", "/CN=other");
        try (TestBroker broker = start()) {
            for (String wrong : List.of(Files.readString(file("other.pem")), "garbage")) {
                Files.writeString(file("server.pem"), wrong);
                // Looked at twice: between two files that are renewed one after the other nothing is wrong yet.
                reload(broker);
                reload(broker);
                assertThat(curl(broker, "first", "/health/live").output()).endsWith(" 200");
                Command.Result checked = Command.run(
                        folder, "check", "ready", "--data", file("data").toString());
                assertThat(checked.exit()).as(checked.said()).isZero();
            }
        }
        Files.copy(file("other.pem"), file("server.pem"), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> TestBroker.start(
                        file("more"),
                        Map.of(
                                "http.tls.certificate", file("server.pem").toString(),
                                "http.tls.key", file("server.key").toString())))
                .hasMessageContaining("the certificate is not one of this key");
    }

    @Test
    void aClientCertificateSignsItsUserIn() throws Exception {
        selfSigned("authority", "/O=Example/CN=Authority");
        selfSigned("stranger", "/O=Example/CN=Authority");
        selfSigned("alone", "/CN=anna");
        signed("ben", "/O=Example/CN=ben", "authority");
        signed("forged", "/O=Example/CN=ben", "stranger");
        try (TestBroker broker = start()) {
            putUsers(
                    broker,
                    "<authority name=\"company\">" + Files.readString(file("authority.pem")) + "</authority>"
                            + "<user name=\"anna\"><certificate sha256=\"" + fingerprint("alone")
                            + "\"/><grant action=\"publish\" pattern=\"anna/**\"/></user>"
                            + "<user name=\"ben\"><certificate subject=\"CN=ben,O=Example\" authority=\"company\"/>"
                            + "<grant action=\"publish\" pattern=\"ben/**\"/></user>");
            assertThat(publishAs(broker, "alone", "anna/x")).endsWith(" 200");
            assertThat(publishAs(broker, "alone", "ben/x")).endsWith(" 403");
            assertThat(publishAs(broker, "ben", "ben/x")).endsWith(" 200");
            assertThat(publishAs(broker, "forged", "ben/x")).endsWith(" 401");
            assertThat(publishAs(broker, "stranger", "ben/x")).endsWith(" 401");
            assertThat(curl(broker, "first", "/events/anna/x", "--data", "x").output())
                    .endsWith(" 401");
            // A token counts before a certificate.
            assertThat(curl(
                                    broker,
                                    "first",
                                    "/events/any/x",
                                    "--data",
                                    "x",
                                    "--header",
                                    bearer(broker),
                                    "--cert",
                                    file("alone.pem"),
                                    "--key",
                                    file("alone.key"))
                            .output())
                    .endsWith(" 200");
        }
    }

    private String publishAs(TestBroker broker, String name, String topic) throws Exception {
        return curl(
                        broker,
                        "first",
                        "/events/" + topic,
                        "--data",
                        "x",
                        "--cert",
                        file(name + ".pem"),
                        "--key",
                        file(name + ".key"))
                .output();
    }

    private void putUsers(TestBroker broker, String xml) throws Exception {
        String before = Files.readString(file("data").resolve("files").resolve("broker_users.xml"));
        Path changed = Files.writeString(file("users.xml"), before.replace("</broker-users>", xml + "</broker-users>"));
        assertThat(curl(
                                broker,
                                "first",
                                "/files/broker_users.xml",
                                "--header",
                                bearer(broker),
                                "--upload-file",
                                changed)
                        .output())
                .matches("(?s).* 20[0-9]");
    }
}
