package com.databroker.access;

import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A token just made: the only moment at which its secret exists.
///
/// @param label what its owner calls it, unique for the user
/// @param secret the whole token, `dbk_<id>_<secret>_<checksum>`: shown once, stored nowhere
/// @param id the 8 characters by which it is found
/// @param sha256 of the whole token, 64 hex digits: what the users file stores
/// @param expires null for one that does not
/// @param scope what it is narrowed to; empty where it may do what its user may
public record NewToken(
        String label,
        String secret,
        String id,
        String sha256,
        @Nullable Instant expires,
        List<Grant> scope) {
    public NewToken {
        scope = List.copyOf(scope);
    }

    /// A token of 256 random bits from `random`, which must be a [java.security.SecureRandom] outside of tests.
    public static NewToken generate(
            String label, @Nullable Instant expires, List<Grant> scope, RandomGenerator random) {
        String id = Tokens.base62(random, Tokens.ID_LENGTH);
        String secret = Tokens.of(id, Tokens.base62(random, Tokens.SECRET_LENGTH));
        return new NewToken(label, secret, id, Tokens.hex(Tokens.sha256(secret)), expires, scope);
    }

    @Override
    public String toString() {
        return "NewToken[" + id + "]";
    }
}
