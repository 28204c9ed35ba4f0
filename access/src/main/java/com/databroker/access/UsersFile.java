package com.databroker.access;

import com.databroker.core.Bytes;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/// What a valid users file says. Only [#parse] makes one, so whoever has it need not check it again.
///
/// Nothing here depends on the time: a file that was accepted once is not refused at a restart because a token in it
/// has expired meanwhile.
///
/// @param anonymous what someone without credentials may do; null where anonymous access is off
record UsersFile(
        Bytes source,
        Element root,
        Map<String, User> users,
        Map<String, X509Certificate> authorities,
        @Nullable List<Grant> anonymous) {

    /// @param own its own grants
    /// @param grants its own and those of its roles
    record User(
            String name,
            boolean disabled,
            List<Token> tokens,
            List<Certificate> certificates,
            List<Bytes> curveKeys,
            List<PublicKeys.Ssh> sshKeys,
            Set<String> roles,
            List<Grant> own,
            List<Grant> grants,
            Element element) {

        boolean isAdministrator() {
            return !disabled && Principal.isAdministrator(grants);
        }

        /// Whether it could show who it is: keys and certificates count as usable, since only TLS tells their dates.
        boolean hasCredential(Instant now) {
            return !certificates.isEmpty()
                    || !curveKeys.isEmpty()
                    || !sshKeys.isEmpty()
                    || tokens.stream().anyMatch(token -> !token.isExpired(now));
        }

        /// Whether an administrator could come in with it, rather than someone with a token narrowed to something.
        boolean canAdminister(Instant now) {
            return isAdministrator()
                    && (!certificates.isEmpty()
                            || !curveKeys.isEmpty()
                            || !sshKeys.isEmpty()
                            || tokens.stream().anyMatch(token -> !token.isExpired(now) && token.administers()));
        }

        UserSummary summary() {
            return new UserSummary(
                    name,
                    disabled,
                    List.copyOf(roles),
                    own,
                    tokens.stream()
                            .map(token -> new UserSummary.Token(token.label, token.id, token.expires, token.scope))
                            .toList(),
                    certificates.stream().map(Certificate::text).toList(),
                    curveKeys.stream().map(PublicKeys::z85).toList(),
                    sshKeys.stream().map(PublicKeys.Ssh::text).toList());
        }
    }

    /// @param id empty for a token its owner made
    /// @param sha256 32 bytes
    record Token(
            String label, String id, Bytes sha256, @Nullable Instant expires, List<Grant> scope) {
        boolean isExpired(Instant now) {
            return expires != null && !now.isBefore(expires);
        }

        boolean administers() {
            return scope.isEmpty() || Principal.isAdministrator(scope);
        }
    }

    /// How a client certificate is recognised.
    sealed interface Certificate {
        String text();

        /// @param sha256 of the DER form
        record Fingerprint(Bytes sha256) implements Certificate {
            @Override
            public String text() {
                return "sha256:" + Tokens.hex(sha256.toArray());
            }
        }

        record Subject(X500Principal subject, String authority) implements Certificate {
            @Override
            public String text() {
                return subject.getName() + " by " + authority;
            }
        }
    }

    /// @throws com.databroker.core.ProblemException USERS_FILE_INVALID with everything that is wrong
    static UsersFile parse(Bytes file) {
        Findings findings = new Findings(UsersXml.text(file));
        UsersXml.Document document = UsersXml.read(findings);
        Element root = document.root();
        UsersFile parsed = root == null ? null : new UsersChecks(findings).check(file, root);
        if (findings.isEmpty()) {
            findings.addAll(document.bySchema());
        }
        findings.throwIfAny();
        if (parsed == null) {
            throw new IllegalStateException("neither a users file nor a reason");
        }
        return parsed;
    }

    Optional<User> user(String name) {
        return Optional.ofNullable(users.get(name));
    }

    int tokenCount() {
        return users.values().stream().mapToInt(user -> user.tokens.size()).sum();
    }
}
