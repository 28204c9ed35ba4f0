package com.databroker.access;

import com.databroker.core.Bytes;
import java.security.cert.X509Certificate;
import java.util.List;

/// What someone shows at a door. No `toString` shows a secret, so that none reaches a log by accident.
public sealed interface Credentials {
    /// A bearer token alone: the token says whose it is.
    record Token(String secret) implements Credentials {
        @Override
        public String toString() {
            return "Token[…]";
        }
    }

    /// A user name and a token that must be of that user: ZeroMQ PLAIN, HTTP Basic, an SSH password.
    record UserToken(String user, String secret) implements Credentials {
        @Override
        public String toString() {
            return "UserToken[…]";
        }
    }

    /// The certificates a TLS client sent, its own first. TLS has proved that the client has the private key.
    record Certificate(List<X509Certificate> chain) implements Credentials {
        public Certificate {
            chain = List.copyOf(chain);
        }

        @Override
        public String toString() {
            return "Certificate[" + chain.size() + "]";
        }
    }

    /// A CURVE public key of 32 bytes. The handshake has proved that the client has the secret key.
    record CurveKey(Bytes publicKey) implements Credentials {}

    /// An SSH public key in its wire form, and the user it was offered for. The signature has been verified.
    record SshKey(String user, Bytes blob) implements Credentials {}

    /// Nothing at all.
    record Anonymous() implements Credentials {}
}
