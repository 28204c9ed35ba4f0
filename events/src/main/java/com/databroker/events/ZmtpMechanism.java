package com.databroker.events;

import com.databroker.access.Credentials;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The server's half of a security handshake: commands in, commands out, at the end metadata of the peer.
abstract sealed class ZmtpMechanism permits ZmtpMechanism.Null, ZmtpMechanism.Plain, ZmtpCurve {
    /// Asks the gate; throws [ZmtpRefused] when it says no.
    interface Authenticator {
        void admit(Credentials credentials);
    }

    /// Takes one command of the peer.
    ///
    /// @param properties finds the broker's own metadata for the peer's, and refuses socket types it does not serve
    /// @return what to send, null for nothing
    /// @throws ZmtpRefused when the handshake has failed
    abstract @Nullable ByteBuf receive(String name, ByteBuf data, UnaryOperator<Map<String, String>> properties);

    /// Whether the peer is admitted and its metadata known.
    abstract boolean isComplete();

    /// Metadata as RFC 37 writes it, names in lower case.
    static Map<String, String> metadata(ByteBuf data) {
        Map<String, String> found = new LinkedHashMap<>();
        while (data.isReadable()) {
            int nameLength = data.readUnsignedByte();
            if (nameLength == 0 || data.readableBytes() < nameLength + 4) {
                throw new ZmtpRefused("malformed metadata");
            }
            String name =
                    data.readCharSequence(nameLength, StandardCharsets.US_ASCII).toString();
            long valueLength = data.readUnsignedInt();
            if (valueLength > data.readableBytes()) {
                throw new ZmtpRefused("malformed metadata");
            }
            String value = data.readCharSequence((int) valueLength, StandardCharsets.ISO_8859_1)
                    .toString();
            found.put(name.toLowerCase(Locale.ROOT), value);
        }
        return found;
    }

    static ByteBuf properties(Map<String, String> metadata) {
        ByteBuf out = ByteBufAllocator.DEFAULT.buffer();
        metadata.forEach((name, value) -> Zmtp.property(out, name, value));
        return out;
    }

    static ZmtpRefused unexpected(String name) {
        return new ZmtpRefused("unexpected command " + name);
    }

    /// No credentials: the anonymous principal, where the users file has one.
    static final class Null extends ZmtpMechanism {
        private final Authenticator authenticator;
        private boolean complete;

        Null(Authenticator authenticator) {
            this.authenticator = authenticator;
        }

        @Override
        ByteBuf receive(String name, ByteBuf data, UnaryOperator<Map<String, String>> properties) {
            if (!name.equals("READY")) {
                throw unexpected(name);
            }
            authenticator.admit(new Credentials.Anonymous());
            ByteBuf answer = properties(properties.apply(metadata(data)));
            complete = true;
            return Zmtp.command("READY", answer);
        }

        @Override
        boolean isComplete() {
            return complete;
        }
    }

    /// User name and token in clear text: for loopback, and behind TLS.
    static final class Plain extends ZmtpMechanism {
        private final Authenticator authenticator;
        private boolean welcomed;
        private boolean complete;

        Plain(Authenticator authenticator) {
            this.authenticator = authenticator;
        }

        @Override
        ByteBuf receive(String name, ByteBuf data, UnaryOperator<Map<String, String>> properties) {
            if (name.equals("HELLO") && !welcomed) {
                String user = text(data);
                String token = text(data);
                if (data.isReadable()) {
                    throw new ZmtpRefused("malformed HELLO");
                }
                authenticator.admit(new Credentials.UserToken(user, token));
                welcomed = true;
                return Zmtp.command("WELCOME", Zmtp.text(""));
            }
            if (name.equals("INITIATE") && welcomed) {
                ByteBuf answer = properties(properties.apply(metadata(data)));
                complete = true;
                return Zmtp.command("READY", answer);
            }
            throw unexpected(name);
        }

        private static String text(ByteBuf data) {
            if (!data.isReadable()) {
                throw new ZmtpRefused("malformed HELLO");
            }
            int length = data.readUnsignedByte();
            if (length > data.readableBytes()) {
                throw new ZmtpRefused("malformed HELLO");
            }
            return data.readCharSequence(length, StandardCharsets.UTF_8).toString();
        }

        @Override
        boolean isComplete() {
            return complete;
        }
    }
}
