package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Durations;
import com.databroker.files.FilePlane;
import com.databroker.files.OpenFile;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.IdleStateHandler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The short way of a small file. Whoever fetches many says the same with each, but for the path:
///
/// ```
/// GET /files/path | SP HTTP/1.1 CR LF Host: … Authorization: … CR LF CR LF
///                   these bytes were read strictly, and led to a file that was held in memory
/// ```
/// So the second such request of a connection needs no codec. Who asks, what they may, and whether the disk still
/// shows this version is asked each time. Whatever is not exactly so takes the long way, as if there were no other.
///
/// Of one connection, on its loop.
final class RepeatedGet {
    private static final byte[] START = "GET /files/".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD_MAX = 2048;
    private static final int PATH_MAX = 900;

    /// What says nothing about which answer is wanted, or, as the forwarded ones, about no more than who asks.
    private static final Set<String> PLAIN = Set.of(
            "host",
            "authorization",
            "user-agent",
            "accept",
            "accept-encoding",
            "accept-language",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-forwarded-port");

    /// What all connections have in common.
    ///
    /// @param answered counts an answer by the nanoseconds that it took
    /// @param stopping whether nothing is answered any more
    record Around(FilePlane files, FrontServer front, LongConsumer answered, BooleanSupplier stopping) {}

    private final Around around;
    private final RequestWatch watch;
    private final @Nullable IdleStateHandler idle;
    /// What followed the path in the request that is being read; null where it is not alone or not whole.
    private byte @Nullable [] candidate;
    /// What followed the path in a request that was answered so.
    private byte @Nullable [] learned;

    private Supplier<@Nullable Principal> asking = () -> null;
    private boolean viaTrustedProxy;

    RepeatedGet(Around around, RequestWatch watch, @Nullable IdleStateHandler idle) {
        this.around = around;
        this.watch = watch;
        this.idle = idle;
    }

    /// Looks at bytes with which a request begins, before the codec has them.
    void look(ByteBuf in) {
        candidate = null;
        int from = in.readerIndex();
        int length = in.readableBytes();
        if (length > HEAD_MAX || length < START.length || !startsAt(in, from)) {
            return;
        }
        int blank = in.indexOf(from + START.length, in.writerIndex(), (byte) ' ');
        if (blank > 0 && endOfHead(in, blank) == in.writerIndex()) {
            candidate = new byte[in.writerIndex() - blank];
            in.getBytes(blank, candidate);
        }
    }

    /// The codec has had them, and whoever answers at once has answered.
    void forget() {
        candidate = null;
    }

    /// The request that is being read was answered with a file from memory, whole.
    void learn(Exchange exchange) {
        byte[] rest = candidate;
        if (rest != null && isPlain(exchange.request())) {
            asking = exchange.gate().again(exchange.credentials(), exchange.address());
            viaTrustedProxy = exchange.viaTrustedProxy();
            learned = rest;
        }
    }

    private static boolean isPlain(HttpServerRequest request) {
        if (request.version() != HttpVersion.HTTP_1_1 || request.query() != null) {
            return false;
        }
        for (Map.Entry<String, String> header : request.headers()) {
            String name = header.getKey().toLowerCase(java.util.Locale.ROOT);
            boolean keepsAlive = name.equals("connection") && header.getValue().equalsIgnoreCase("keep-alive");
            if (!PLAIN.contains(name) && !keepsAlive) {
                return false;
            }
        }
        return true;
    }

    /// Answers the requests with which `in` begins as long as they are like the one that was learned.
    void answer(ChannelHandlerContext ctx, ByteBuf in) {
        if (learned == null) {
            return;
        }
        boolean any = false;
        long began = Durations.now();
        while (in.isReadable() && ctx.channel().isWritable() && answerOne(ctx, in, learned)) {
            any = true;
            around.answered.accept(Durations.now() - began);
        }
        if (any) {
            ctx.flush();
            watch.answeredAtOnce();
            if (idle != null) {
                // It stands behind the codec, and would see nobody read.
                idle.resetReadTimeout();
            }
        }
    }

    private boolean answerOne(ChannelHandlerContext ctx, ByteBuf in, byte[] rest) {
        int from = in.readerIndex();
        int end = endOfPath(in, from);
        if (end < 0 || !isSame(in, end, rest) || around.stopping.getAsBoolean()) {
            return false;
        }
        String path = in.toString(from + START.length, end - from - START.length, StandardCharsets.US_ASCII);
        Principal principal = asking.get();
        if (principal == null || path.equalsIgnoreCase(FileGrants.USERS_FILE) || !principal.may(Action.READ, path)) {
            return false;
        }
        OpenFile file = around.files.readIfHeld(path);
        Bytes body = file == null ? null : file.bytes();
        if (file == null || body == null || !around.front.leaves(viaTrustedProxy, file)) {
            return false;
        }
        in.readerIndex(end + rest.length);
        Bytes head = file.memo(FileHeaders.Description.class, FileHeaders.Description::of)
                .head();
        int length = head.length() + body.length();
        ByteBuf out = ctx.alloc().ioBuffer(length, length);
        ByteBuffer space = out.internalNioBuffer(0, length);
        head.copyTo(space);
        body.copyTo(space);
        ctx.write(out.writerIndex(length), ctx.voidPromise());
        return true;
    }

    private static boolean startsAt(ByteBuf in, int from) {
        for (int i = 0; i < START.length; i++) {
            if (in.getByte(from + i) != START[i]) {
                return false;
            }
        }
        return true;
    }

    /// The index of the blank behind a path that needs no decoding; -1 where there is none.
    private static int endOfPath(ByteBuf in, int from) {
        int limit = Math.min(in.writerIndex(), from + START.length + PATH_MAX);
        if (limit - from < START.length || !startsAt(in, from)) {
            return -1;
        }
        for (int at = from + START.length; at < limit; at++) {
            byte c = in.getByte(at);
            if (c == ' ') {
                return at;
            }
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!letter && !(c >= '-' && c <= '9') && c != '_' && c != '~') {
                return -1;
            }
        }
        return -1;
    }

    /// Takes as long wherever they differ: behind a proxy the token that was learned may be another client's.
    private static boolean isSame(ByteBuf in, int from, byte[] rest) {
        if (in.writerIndex() - from < rest.length) {
            return false;
        }
        int differing = 0;
        for (int i = 0; i < rest.length; i++) {
            differing |= in.getByte(from + i) ^ rest[i];
        }
        return differing == 0;
    }

    private static int endOfHead(ByteBuf in, int from) {
        for (int at = from; at + 4 <= in.writerIndex(); at++) {
            if (in.getInt(at) == 0x0D0A0D0A) {
                return at + 4;
            }
        }
        return -1;
    }
}
