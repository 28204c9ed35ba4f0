package com.databroker.access;

import com.databroker.core.Bytes;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Whether a client's certificate is vouched for by an authority of the users file (RFC 5280 path validation).
///
/// No revocation lists: who is to be shut out is removed from the users file, which works at once.
final class CertificateChains {
    private static final int LENGTH_MAX = 8;
    private static final String CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2";
    private static final String ANY_USE = "2.5.29.37.0";

    private CertificateChains() {}

    static Bytes fingerprint(X509Certificate certificate) {
        try {
            return Bytes.wrap(Tokens.sha256(certificate.getEncoded()));
        } catch (CertificateEncodingException broken) {
            return Bytes.EMPTY;
        }
    }

    static boolean isInTime(X509Certificate certificate, Instant now) {
        return !now.isBefore(certificate.getNotBefore().toInstant())
                && now.isBefore(certificate.getNotAfter().toInstant());
    }

    /// The first moment at which something of the chain has expired, or null where it is not valid now.
    static @Nullable Instant validUntil(List<X509Certificate> chain, X509Certificate authority, Instant now) {
        if (chain.size() > LENGTH_MAX || !isInTime(authority, now) || !isForClients(chain.getFirst())) {
            return null;
        }
        // Clients may send the authority itself too; a path ends before it.
        List<X509Certificate> path =
                chain.size() > 1 && chain.getLast().equals(authority) ? chain.subList(0, chain.size() - 1) : chain;
        try {
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(authority, null)));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(now));
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        } catch (CertPathValidatorException invalid) {
            return null;
        } catch (GeneralSecurityException unusable) {
            // A key or algorithm that this Java does not take: not proved, so not let in.
            return null;
        }
        Instant until = authority.getNotAfter().toInstant();
        for (X509Certificate certificate : path) {
            Instant end = certificate.getNotAfter().toInstant();
            until = end.isBefore(until) ? end : until;
        }
        return now.isBefore(until) ? until : null;
    }

    /// A server's certificate of the same CA and name must not open the door.
    private static boolean isForClients(X509Certificate certificate) {
        try {
            List<String> uses = certificate.getExtendedKeyUsage();
            return uses == null || uses.contains(CLIENT_AUTHENTICATION) || uses.contains(ANY_USE);
        } catch (CertificateParsingException malformed) {
            return false;
        }
    }
}
