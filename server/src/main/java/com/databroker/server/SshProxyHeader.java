package com.databroker.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The PROXY protocol header before the first word of SSH, read by what reads it at the other doors, in a channel
/// without a network. Not safe for threads.
final class SshProxyHeader {
    /// What version 2 may say beside the addresses.
    private static final int TLV_BYTES_MAX = 1024;

    private final EmbeddedChannel decoder = new EmbeddedChannel(new HAProxyMessageDecoder(TLV_BYTES_MAX));
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
    private boolean complete;
    private @Nullable InetSocketAddress client;

    SshProxyHeader() {
        // Memory that needs no giving back: a connection may end within its header.
        decoder.config().setAllocator(new UnpooledByteBufAllocator(false));
    }

    /// Reads on.
    ///
    /// @return whether it is complete
    /// @throws HAProxyProtocolException where it is malformed, too long, or of something else than TCP
    /// @throws IllegalArgumentException where it names no address
    boolean take(byte[] bytes) {
        decoder.writeInbound(Unpooled.wrappedBuffer(bytes));
        for (Object read = decoder.readInbound(); read != null; read = decoder.readInbound()) {
            switch (read) {
                case HAProxyMessage header -> {
                    complete = true;
                    client = client(header);
                }
                case ByteBuf behind -> {
                    while (behind.isReadable()) {
                        rest.write(behind.readByte());
                    }
                }
                default -> throw new IllegalStateException("not of a header: " + read);
            }
        }
        return complete;
    }

    private static @Nullable InetSocketAddress client(HAProxyMessage header) {
        return switch (header.proxiedProtocol()) {
            case TCP4, TCP6 ->
                new InetSocketAddress(
                        InetAddress.ofLiteral(Objects.requireNonNull(header.sourceAddress())), header.sourcePort());
            // The proxy speaks for itself, to see whether we live.
            case UNKNOWN -> null;
            case UDP4, UDP6, UNIX_STREAM, UNIX_DGRAM ->
                throw new HAProxyProtocolException("it is of " + header.proxiedProtocol());
        };
    }

    /// The client that it names, null where the proxy speaks for itself.
    @Nullable
    InetSocketAddress client() {
        return client;
    }

    /// What came behind it.
    byte[] rest() {
        return rest.toByteArray();
    }
}
