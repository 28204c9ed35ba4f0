package com.databroker.access;

import com.databroker.core.Bytes;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What remains of [Credentials] once they were looked at, enough to look again after a reload: no secret.
sealed interface Proof {
    /// @param user null where none was named
    /// @param id null where the token is not of our form
    record OfToken(@Nullable String user, @Nullable String id, Bytes sha256) implements Proof {}

    /// @param proved until when the chain is valid under an authority, for those under which it was found to be:
    ///        verifying signatures again for every open connection would make a reload slow
    record OfCertificate(List<X509Certificate> chain, Map<X509Certificate, Instant> proved) implements Proof {}

    record OfCurveKey(Bytes key) implements Proof {}

    record OfSshKey(String user, Bytes blob) implements Proof {}

    record Nothing() implements Proof {}

    static Proof of(Credentials credentials) {
        return switch (credentials) {
            case Credentials.Token token -> ofToken(null, token.secret());
            case Credentials.UserToken token -> ofToken(token.user(), token.secret());
            case Credentials.Certificate certificate ->
                new OfCertificate(certificate.chain(), new ConcurrentHashMap<>());
            case Credentials.CurveKey key -> new OfCurveKey(key.publicKey());
            case Credentials.SshKey key -> new OfSshKey(key.user(), key.blob());
            case Credentials.Anonymous _ -> new Nothing();
        };
    }

    private static Proof ofToken(@Nullable String user, String secret) {
        boolean plausible = secret.length() >= Tokens.LENGTH_MIN && secret.length() <= Tokens.LENGTH_MAX;
        // A token of no possible length is hashed as another one: no file holds a hash of what is too short.
        String hashed = plausible ? secret : "";
        return new OfToken(user, Tokens.idOf(hashed), Bytes.wrap(Tokens.sha256(hashed)));
    }
}
