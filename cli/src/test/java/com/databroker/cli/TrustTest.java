package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrustTest {
    @TempDir
    Path folder;

    /// A certificate that vouches for itself.
    private Path certificate(String name, String where) throws Exception {
        Process openssl = new ProcessBuilder(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:prime256v1",
                        "-nodes",
                        "-subj",
                        "/CN=" + name,
                        "-addext",
                        "subjectAltName=" + where,
                        "-keyout",
                        folder.resolve(name + ".key").toString(),
                        "-out",
                        folder.resolve(name + ".pem").toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(openssl.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(openssl.waitFor()).as(said).isZero();
        return folder.resolve(name + ".pem");
    }

    @Test
    void the_broker_of_the_data_folder_is_known_by_its_certificate_and_others_by_their_authority() throws Exception {
        // Not valid for the address at which it is asked here, as is usual for brokers with a name.
        Path own = certificate("own", "DNS:broker.example.org");
        Path other = certificate("other", "IP:127.0.0.1");
        try (RunningBroker broker = new RunningBroker(
                folder,
                Map.of(
                        "streams.enabled",
                        "false",
                        "http.tls.certificate",
                        own.toString(),
                        "http.tls.key",
                        folder.resolve("own.key").toString()))) {
            assertThat(broker.url()).startsWith("https://");
            Typed status = broker.run("status");
            assertThat(status.exit()).as(status.err()).isZero();
            assertThat(broker.run("pub", "a/b", "1").exit()).isZero();
            Typed stranger = new Typed(folder)
                    .variable("DATABROKER_URL", broker.url())
                    .variable("DATABROKER_TOKEN", broker.token());
            Typed refused = stranger.run("status");
            assertThat(refused.exit()).isEqualTo(6);
            assertThat(refused.err()).contains("certificate of " + broker.url() + " is not trusted", "--ca-file");
            assertThat(new Typed(folder)
                            .variable("DATABROKER_URL", broker.url())
                            .variable("DATABROKER_TOKEN", broker.token())
                            .run("status", "--ca-file", own.toString())
                            .err())
                    .contains("No subject alternative names matching IP address 127.0.0.1");

            // The certificate is renewed under the broker.
            Files.copy(folder.resolve("other.key"), folder.resolve("own.key"), StandardCopyOption.REPLACE_EXISTING);
            Files.copy(other, own, StandardCopyOption.REPLACE_EXISTING);
            Until.happens(
                    "the new one is in use",
                    () -> new Typed(folder)
                                    .variable("DATABROKER_URL", broker.url())
                                    .variable("DATABROKER_TOKEN", broker.token())
                                    .variable("DATABROKER_CA_FILE", other.toString())
                                    .run("status")
                                    .exit()
                            == 0);
            assertThat(broker.run("status").exit()).isZero();
            assertThat(broker.run(
                                    "status",
                                    "--ca-file",
                                    folder.resolve("own.key").toString())
                            .exit())
                    .isEqualTo(2);
        }
    }
}
