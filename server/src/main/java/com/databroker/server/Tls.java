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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Certificate and key of the HTTP door, read again when their files change and belong together. Which certificate is
/// shown stands in the data folder: by it the command line knows the broker, whatever lies in the files meanwhile.
final class Tls {
    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);
    private static final Set<String> PROTOCOLS = Set.of("TLSv1.3", "TLSv1.2");

    private static final String APART = "the certificate is not one of this key";
    private static final Map<String, String> SIGNATURES =
            Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA");
    private static final byte[] PROBE = {1, 2, 3, 4};

    private record State(String certificate, String key) {}

    private final Config.TlsConfig config;
    private final DataFolder data;
    private @Nullable HttpServer server;

    /// What was looked at last.
    private @Nullable State state;

    /// What does not belong together, or not yet: who renews both files writes one after the other.
    private @Nullable State apart;

    /// The certificate that is shown.
    private volatile @Nullable String shown;

    Tls(Config.TlsConfig config, DataFolder data) {
        this.config = config;
        this.data = data;
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
        String wrong = mismatch(read);
        if (wrong != null) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID, "http.tls: " + certificate + " and " + key + ": " + wrong);
        }
        state = read;
        shows(read);
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
        String wrong = mismatch(now);
        if (wrong != null && !now.equals(apart)) {
            apart = now;
            return;
        }
        state = now;
        if (wrong != null) {
            LOG.atError()
                    .addKeyValue("path", certificate)
                    .log("certificate not reloaded, the old one stays in use: {}", wrong);
            return;
        }
        ServerSSLOptions options = new ServerSSLOptions();
        options.setKeyCertOptions(pem(now));
        options.setEnabledSecureTransportProtocols(PROTOCOLS);
        options.setUseAlpn(true);
        if (config.clientCertificates()) {
            options.setClientAuth(ClientAuth.REQUEST);
            options.setTrustOptions(TrustOptions.wrap(new ShownToTheGate()));
        }
        running.updateSSLOptions(options)
                .onSuccess(changed -> {
                    shows(now);
                    LOG.atInfo().addKeyValue("path", certificate).log("certificate reloaded");
                })
                .onFailure(refused -> LOG.atError()
                        .addKeyValue("path", certificate)
                        .log("certificate not reloaded, the old one stays in use: {}", refused.getMessage()));
    }

    private void shows(State read) {
        shown = read.certificate;
        data.tell(DataFolder.CERTIFICATE, read.certificate, false);
    }

    /// When the certificate that is shown ends; null where there is none.
    @Nullable
    Instant expiry() {
        String pem = shown;
        try {
            return pem == null ? null : first(pem).getNotAfter().toInstant();
        } catch (CertificateException unreadable) {
            LOG.atDebug().setCause(unreadable).log("the certificate cannot be read");
            return null;
        }
    }

    private static X509Certificate first(String pem) throws CertificateException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)));
    }

    /// What the key signs has to be what the certificate confirms.
    ///
    /// @return why certificate and key cannot be used together; null where they can
    private static @Nullable String mismatch(State read) {
        try {
            PublicKey confirms = first(read.certificate).getPublicKey();
            PrivateKey signs = key(read, confirms.getAlgorithm());
            if (signs == null) {
                return "there is no private key";
            }
            String algorithm = SIGNATURES.get(confirms.getAlgorithm());
            if (algorithm == null) {
                // How keys of other kinds sign is not for us to guess.
                return null;
            }
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(signs);
            signature.update(PROBE);
            byte[] signed = signature.sign();
            signature.initVerify(confirms);
            signature.update(PROBE);
            return signature.verify(signed) ? null : APART;
        } catch (InvalidKeyException | SignatureException otherKind) {
            return APART;
        } catch (Exception unreadable) {
            return String.valueOf(unreadable.getMessage());
        }
    }

    private static @Nullable PrivateKey key(State read, String algorithm) throws Exception {
        for (KeyManager each : pem(read).getKeyManagerFactory(null).getKeyManagers()) {
            if (each instanceof X509KeyManager keys) {
                String[] names = keys.getServerAliases(algorithm, null);
                if (names != null && names.length > 0) {
                    return keys.getPrivateKey(names[0]);
                }
            }
        }
        return null;
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
