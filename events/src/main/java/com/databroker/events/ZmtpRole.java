package com.databroker.events;

import io.netty.buffer.ByteBuf;

/// What a connection does after the handshake, by the socket type that the peer says it has.
sealed interface ZmtpRole permits ZmtpPublisher, ZmtpSubscriber, ZmtpService {
    /// The socket type that we are to it.
    String socketType();

    /// Bytes of the frame that comes next, at most.
    long frameMax();

    /// The handshake is over.
    void opened();

    /// Reads whole messages and commands from `in` and leaves what is incomplete.
    ///
    /// @throws ZmtpRefused where the peer breaks the protocol
    void read(ByteBuf in);

    /// One decrypted frame.
    void frame(boolean more, ByteBuf body);

    /// A SUBSCRIBE or CANCEL command.
    default void subscription(boolean subscribe, ByteBuf prefix) {
        // Only a subscriber has any; from others it is harmless.
    }

    /// The socket has no more to read for now.
    void readComplete();

    /// Whether what is written goes out at once has changed.
    default void writabilityChanged(boolean writable) {
        // Whoever writes little does not mind.
    }

    /// The broker ends the connection, and may say why before an ERROR does.
    default void refused(ZmtpRefused why) {
        // The ERROR says enough.
    }

    /// The connection ended.
    void closed();
}
