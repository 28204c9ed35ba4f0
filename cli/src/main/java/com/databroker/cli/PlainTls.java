package com.databroker.cli;

import java.net.URI;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/// Java's HTTP client reads all certificates that the platform trusts when it is made, also where it will
/// only ever speak plain HTTP: a tenth of a second, in commands that take little more.
final class PlainTls {
    private PlainTls() {}

    /// For http addresses a context that trusts nobody; null for the platform's own.
    static @Nullable SSLContext context(String address) {
        if (!"http".equals(URI.create(address).getScheme())) {
            return null;
        }
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[0], null);
            return context;
        } catch (GeneralSecurityException unknown) {
            return null;
        }
    }
}
