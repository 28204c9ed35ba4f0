package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Set;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Certificate and key of the HTTP door, read again when their files change.
final class Tls {
    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);
    private static final Set<String> PROTOCOLS = Set.of("TLSv1.3", "TLSv1.2");

    private record State(String certificate, String key) {}

    private final Config.TlsConfig config;
    private @Nullable HttpServer server;
    private @Nullable State state;

    Tls(Config.TlsConfig config) {
        this.config = config;
    }

    boolean enabled() {
        return config.enabled();
    }

    void configure(HttpServerOptions options) {
        Path certificate = config.certificate();
        Path key = config.key();
        if (certificate == null || key == null) {
            return;
        }
        for (Path file : new Path[] {certificate, key}) {
            if (!Files.isReadable(file)) {
                throw new ProblemException(
                        Problem.CONFIGURATION_INVALID, "http.tls: " + file + " is missing or cannot be read");
            }
        }
        State read = read();
        if (read == null) {
            throw new ProblemException(Problem.CONFIGURATION_INVALID, "http.tls: " + certificate + " cannot be read");
        }
        state = read;
        options.setSsl(true)
                .setUseAlpn(true)
                .setEnabledSecureTransportProtocols(PROTOCOLS)
                .setKeyCertOptions(pem(read));
        if (config.clientCertificates()) {
            // Any certificate may be shown; whose it is, and under which authority, the gate decides by the users file.
            options.setClientAuth(ClientAuth.REQUEST).setTrustOptions(TrustOptions.wrap(new ShownToTheGate()));
        }
    }

    /// Of what was read, not of where it lies: where the names of files are the same, Vert.x takes nothing up.
    private static PemKeyCertOptions pem(State read) {
        return new PemKeyCertOptions()
                .setCertValue(Buffer.buffer(read.certificate))
                .setKeyValue(Buffer.buffer(read.key));
    }

    void reloadInto(HttpServer running) {
        server = running;
    }

    /// Once a second: takes a new certificate into use when its files changed and fit together.
    void sweep() {
        HttpServer running = server;
        Path certificate = config.certificate();
        State now = certificate == null ? null : read();
        if (running == null || certificate == null || now == null || now.equals(state)) {
            return;
        }
        state = now;
        ServerSSLOptions options = new ServerSSLOptions();
        options.setKeyCertOptions(pem(now));
        options.setEnabledSecureTransportProtocols(PROTOCOLS);
        options.setUseAlpn(true);
        if (config.clientCertificates()) {
            options.setClientAuth(ClientAuth.REQUEST);
            options.setTrustOptions(TrustOptions.wrap(new ShownToTheGate()));
        }
        running.updateSSLOptions(options)
                .onSuccess(
                        changed -> LOG.atInfo().addKeyValue("path", certificate).log("certificate reloaded"))
                .onFailure(refused -> LOG.atError()
                        .addKeyValue("path", certificate)
                        .log("certificate not reloaded, the old one stays in use: {}", refused.getMessage()));
    }

    /// When the certificate in the file ends; null where there is none, or none that can be read.
    @Nullable
    Instant expiry() {
        Path file = config.certificate();
        if (file == null) {
            return null;
        }
        try (InputStream in = Files.newInputStream(file)) {
            X509Certificate certificate =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            return certificate.getNotAfter().toInstant();
        } catch (IOException | CertificateException unreadable) {
            LOG.atDebug().setCause(unreadable).addKeyValue("path", file).log("the certificate cannot be read");
            return null;
        }
    }

    private @Nullable State read() {
        Path certificate = config.certificate();
        Path key = config.key();
        try {
            return certificate == null || key == null
                    ? null
                    : new State(Files.readString(certificate), Files.readString(key));
        } catch (IOException betweenTwoVersions) {
            return state;
        }
    }

    /// Accepts the certificate of any client that holds its key; [com.databroker.access.Gate] knows whose it is.
    private static final class ShownToTheGate implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {
            // The gate checks fingerprint, authority and dates.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {
            throw new UnsupportedOperationException("this side is the server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
