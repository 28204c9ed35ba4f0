package com.databroker.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// Which certificates of a broker the command trusts.
///
/// ```
///   http://…                           none: nothing is encrypted
///   --ca-file, DATABROKER_CA_FILE      those of these authorities, for the name in the address
///   the broker of the data folder      the very one of its configuration, too, whatever its name and its end
///   else                               those that the platform trusts
/// ```
/// Whoever can write the data folder is the broker, so what it says there of its certificate is true; and where
/// that has ended, its administrator wants to be told.
///
/// @param authorities a file of certificates in PEM; null where none was named
/// @param own the file of the broker's certificate; null where it is not a broker of this machine, or has none
record Trust(@Nullable Path authorities, @Nullable Path own) {
    /// Null where the platform's own is meant.
    ///
    /// @throws CliException where the authorities cannot be read
    @Nullable
    SSLContext context(String address) {
        try {
            if ("http".equals(URI.create(address).getScheme())) {
                // Java's HTTP client reads all certificates that the platform trusts when it is made, also where it
                // will only ever speak plain HTTP: a tenth of a second, in commands that take little more.
                return NoTls.CONTEXT;
            }
            if (authorities != null) {
                return of(manager(authorities));
            }
            return own == null ? null : of(new Pinned(own));
        } catch (GeneralSecurityException | IOException unusable) {
            throw new CliException(
                    Exit.USAGE,
                    authorities + " is no file of certificates",
                    String.valueOf(unusable.getMessage()),
                    "name a file in PEM with --ca-file or DATABROKER_CA_FILE",
                    unusable);
        }
    }

    private static SSLContext of(TrustManager... managers) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers, null);
        return context;
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException, CertificateException {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    /// @param authorities null for the platform's
    private static X509ExtendedTrustManager manager(@Nullable Path authorities)
            throws GeneralSecurityException, IOException {
        KeyStore store = null;
        if (authorities != null) {
            store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (Certificate each : certificates(authorities)) {
                store.setCertificateEntry(Integer.toString(store.size()), each);
            }
            if (store.size() == 0) {
                throw new CertificateException("it holds no certificate");
            }
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager each : factory.getTrustManagers()) {
            if (each instanceof X509ExtendedTrustManager manager) {
                return manager;
            }
        }
        throw new CertificateException("this Java has no trust manager for X.509");
    }

    /// The certificate that a file holds at that moment, and what the platform trusts.
    private static final class Pinned extends X509ExtendedTrustManager {
        private final Path file;

        Pinned(Path file) {
            this.file = file;
        }

        private boolean isOwn(X509Certificate[] chain) {
            try {
                return certificates(file).stream().limit(1).anyMatch(chain[0]::equals);
            } catch (IOException | CertificateException unreadable) {
                return false;
            }
        }

        private static X509ExtendedTrustManager platform() throws CertificateException {
            try {
                return manager(null);
            } catch (GeneralSecurityException | IOException unusable) {
                throw new CertificateException(unusable);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
            if (!isOwn(chain)) {
                platform().checkServerTrusted(chain, kind);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket)
                throws CertificateException {
            if (!isOwn(chain)) {
                platform().checkServerTrusted(chain, kind, socket);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
                throws CertificateException {
            if (!isOwn(chain)) {
                platform().checkServerTrusted(chain, kind, engine);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
            throw new CertificateException("the command is no server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket)
                throws CertificateException {
            throw new CertificateException("the command is no server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("the command is no server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
