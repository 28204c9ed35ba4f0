package com.databroker.access;

import com.databroker.core.Bytes;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/// A users file, made ready to be asked. Immutable: the gate swaps it as a whole, and readers take no lock.
final class Snapshot {
    /// Compared with where an id is unknown, so that the answer takes as long as for a known one.
    private static final Bytes DUMMY = Bytes.wrap(new byte[32]);

    private record Owned(UsersFile.User user, Principal principal, UsersFile.Token token) {}

    private record Keyed(UsersFile.User user, Principal principal) {}

    private record BySubject(X509Certificate authority, Keyed keyed) {}

    private final UsersFile file;
    private final Map<String, Owned> tokensById = new HashMap<>();
    private final Map<Bytes, Owned> tokensByHash = new HashMap<>();
    private final Map<Bytes, Keyed> fingerprints = new HashMap<>();
    private final Map<String, List<BySubject>> subjects = new HashMap<>();
    private final Map<Bytes, Keyed> curveKeys = new HashMap<>();
    private final Map<String, Keyed> byName = new HashMap<>();
    private final Map<String, Set<Bytes>> sshKeys = new HashMap<>();
    private final @Nullable Principal anonymous;

    Snapshot(UsersFile file) {
        this.file = file;
        file.users().values().forEach(this::add);
        List<Grant> granted = file.anonymous();
        this.anonymous = granted == null ? null : new Principal("anonymous", Set.of(), granted, List.of());
    }

    private void add(UsersFile.User user) {
        Keyed keyed = new Keyed(user, new Principal(user.name(), user.roles(), user.grants(), List.of()));
        byName.put(user.name(), keyed);
        for (UsersFile.Token token : user.tokens()) {
            Principal principal = token.scope().isEmpty()
                    ? keyed.principal
                    : new Principal(user.name(), user.roles(), user.grants(), token.scope());
            Owned owned = new Owned(user, principal, token);
            if (token.id().isEmpty()) {
                tokensByHash.put(token.sha256(), owned);
            } else {
                tokensById.put(token.id(), owned);
            }
        }
        for (UsersFile.Certificate certificate : user.certificates()) {
            switch (certificate) {
                case UsersFile.Certificate.Fingerprint fingerprint -> fingerprints.put(fingerprint.sha256(), keyed);
                case UsersFile.Certificate.Subject subject -> {
                    X509Certificate authority = file.authorities().get(subject.authority());
                    if (authority != null) {
                        subjects.computeIfAbsent(canonical(subject.subject()), _ -> new ArrayList<>())
                                .add(new BySubject(authority, keyed));
                    }
                }
            }
        }
        user.curveKeys().forEach(key -> curveKeys.put(key, keyed));
        Set<Bytes> blobs = new HashSet<>();
        user.sshKeys().forEach(key -> blobs.add(key.blob()));
        sshKeys.put(user.name(), blobs);
    }

    private static String canonical(X500Principal subject) {
        return subject.getName(X500Principal.CANONICAL);
    }

    UsersFile file() {
        return file;
    }

    boolean anonymousAllowed() {
        return anonymous != null;
    }

    Resolution resolve(Proof proof, Instant now) {
        return switch (proof) {
            case Proof.OfToken token -> token(token, now);
            case Proof.OfCertificate certificate -> certificate(certificate, now);
            case Proof.OfCurveKey key -> keyed(curveKeys.get(key.key()), "unknown CURVE key", Instant.MAX);
            case Proof.OfSshKey key ->
                keyed(
                        sshKeys.getOrDefault(key.user(), Set.of()).contains(key.blob()) ? byName.get(key.user()) : null,
                        "unknown SSH key",
                        Instant.MAX);
            case Proof.Nothing _ ->
                anonymous == null
                        ? new Resolution.Refused("", "no credentials")
                        : new Resolution.Accepted(anonymous, Instant.MAX);
        };
    }

    private Resolution token(Proof.OfToken proof, Instant now) {
        Owned owned = proof.id() == null ? null : tokensById.get(proof.id());
        if (owned == null) {
            // Also a token in our form whose entry in the file has no id.
            owned = tokensByHash.get(proof.sha256());
        }
        Bytes expected = owned == null ? DUMMY : owned.token.sha256();
        boolean equal = MessageDigest.isEqual(expected.toArray(), proof.sha256().toArray());
        if (owned == null || !equal) {
            return new Resolution.Refused("", "unknown token");
        }
        String name = owned.user.name();
        if (proof.user() != null && !proof.user().equals(name)) {
            return new Resolution.Refused(name, labelled(owned, "sent with another user name"));
        }
        if (owned.token.isExpired(now)) {
            return new Resolution.Refused(name, labelled(owned, "has expired"));
        }
        Instant expires = owned.token.expires();
        return keyed(new Keyed(owned.user, owned.principal), "", expires == null ? Instant.MAX : expires);
    }

    private static String labelled(Owned owned, String what) {
        return "token \"" + owned.token.label() + "\" " + what;
    }

    private static Resolution keyed(@Nullable Keyed keyed, String unknown, Instant until) {
        if (keyed == null) {
            return new Resolution.Refused("", unknown);
        }
        return keyed.user.disabled()
                ? new Resolution.Refused(keyed.user.name(), "the user is disabled")
                : new Resolution.Accepted(keyed.principal, until);
    }

    private Resolution certificate(Proof.OfCertificate proof, Instant now) {
        if (proof.chain().isEmpty()) {
            return new Resolution.Refused("", "no certificate");
        }
        X509Certificate own = proof.chain().getFirst();
        Keyed known = fingerprints.get(CertificateChains.fingerprint(own));
        if (known != null) {
            return CertificateChains.isInTime(own, now)
                    ? keyed(known, "", own.getNotAfter().toInstant())
                    : new Resolution.Refused(known.user.name(), "the certificate is not valid at this time");
        }
        String why = "unknown certificate";
        for (BySubject candidate : subjects.getOrDefault(canonical(own.getSubjectX500Principal()), List.of())) {
            Instant until = proof.proved().get(candidate.authority);
            if (until == null || !now.isBefore(until)) {
                until = CertificateChains.validUntil(proof.chain(), candidate.authority, now);
            }
            if (until != null) {
                proof.proved().put(candidate.authority, until);
                return keyed(candidate.keyed, "", until);
            }
            why = "the certificate is not valid under the authority of that subject";
        }
        return new Resolution.Refused("", why);
    }
}
