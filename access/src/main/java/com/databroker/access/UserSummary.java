package com.databroker.access;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One user for a listing: nothing in it opens a door, not even a hash.
///
/// @param roles the roles it is a member of
/// @param grants its own, without those of its roles
/// @param certificates fingerprints (`sha256:<hex>`) or subjects with their authority
/// @param curveKeys public keys in Z85
/// @param sshKeys `<type> SHA256:<fingerprint> <comment>`, as `ssh-keygen -l` shows them
public record UserSummary(
        String name,
        boolean disabled,
        List<String> roles,
        List<Grant> grants,
        List<Token> tokens,
        List<String> certificates,
        List<String> curveKeys,
        List<String> sshKeys) {
    public UserSummary {
        roles = List.copyOf(roles);
        grants = List.copyOf(grants);
        tokens = List.copyOf(tokens);
        certificates = List.copyOf(certificates);
        curveKeys = List.copyOf(curveKeys);
        sshKeys = List.copyOf(sshKeys);
    }

    /// @param id empty for a token that its owner made
    /// @param expires null for one that does not
    /// @param scope what the token is narrowed to; empty where it may do what its user may
    public record Token(String label, String id, @Nullable Instant expires, List<Grant> scope) {
        public Token {
            scope = List.copyOf(scope);
        }
    }
}
