package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Stands before the HTTP/1 codec and refuses requests that two systems could read differently, which the codec
/// repairs or lets pass: bare line feeds, folded headers, odd blanks, ambiguous lengths, chunk extensions.
///
/// It follows the framing by [StrictHead] and [StrictBody], byte by byte in heads and by counting in bodies, and goes
/// when the connection becomes a WebSocket.
final class StrictRequests extends ChannelInboundHandlerAdapter {
    private static final String DECODER = "httpDecoder";

    private final BooleanSupplier isAnswering;
    private final RepeatedGet repeated;
    private final StrictHead head;
    private final StrictBody body = new StrictBody();
    private boolean inBody;
    private boolean closed;

    /// @param isAnswering whether the answer to an earlier request is under way, into which none of ours may be written
    /// @param repeated is shown each request first
    /// @param headMax bytes of a head
    StrictRequests(BooleanSupplier isAnswering, RepeatedGet repeated, int headMax) {
        this.head = new StrictHead(headMax);
        this.isAnswering = isAnswering;
        this.repeated = repeated;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        ByteBuf in = (ByteBuf) message;
        if (closed) {
            in.release();
        } else if (head.upgradeWanted() && ctx.pipeline().get(DECODER) == null) {
            ctx.fireChannelRead(in);
            ctx.pipeline().remove(this);
        } else if (inBody || !head.isBetween() || isAnswering.getAsBoolean()) {
            check(ctx, in);
        } else {
            begin(ctx, in);
        }
    }

    private void begin(ChannelHandlerContext ctx, ByteBuf in) {
        repeated.answer(ctx, in);
        if (!in.isReadable()) {
            in.release();
            return;
        }
        repeated.look(in);
        check(ctx, in);
        repeated.forget();
    }

    private void check(ChannelHandlerContext ctx, ByteBuf in) {
        int from = in.readerIndex();
        int at = from;
        int headStart = from;
        int end = in.writerIndex();
        ProblemException odd = null;
        try {
            while (at < end) {
                if (inBody) {
                    at = body.read(in, at, end);
                    inBody = !body.isComplete();
                    headStart = at;
                } else if (head.read(in.getByte(at++))) {
                    inBody = body.begin(head);
                }
            }
        } catch (ProblemException refusal) {
            odd = refusal;
        }
        if (odd == null) {
            ctx.fireChannelRead(in);
            return;
        }
        closed = true;
        // What came before the odd request is served; nothing of it, and nothing after it.
        if (headStart > from) {
            ctx.fireChannelRead(in.readRetainedSlice(headStart - from));
        }
        in.release();
        refuse(ctx, odd);
    }

    private void refuse(ChannelHandlerContext ctx, ProblemException odd) {
        if (isAnswering.getAsBoolean()) {
            ctx.close();
            return;
        }
        Bytes document = ProblemDocument.bytes(odd);
        int status = StrictHead.isVersion(odd) ? 505 : odd.problem().status();
        String text = "HTTP/1.1 " + status + " Refused\r\nContent-Type: " + ProblemDocument.MEDIA_TYPE
                + "\r\nConnection: close\r\nContent-Length: " + document.length() + "\r\n\r\n";
        ctx.writeAndFlush(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII), document.toArray()))
                .addListener(ChannelFutureListener.CLOSE);
    }

    /// Follows a body of known length, or of chunks without extensions and trailers.
    private static final class StrictBody {
        private static final int CHUNK_DIGITS_MAX = 7;

        private enum Place {
            SIZE,
            SIZE_LF,
            DATA,
            DATA_CR,
            DATA_LF,
            END_CR,
            END_LF
        }

        private long left;
        private int digits;
        private @Nullable Place place;

        /// @return whether there is a body
        boolean begin(StrictHead head) {
            place = head.isChunked() ? Place.SIZE : null;
            left = head.isChunked() ? 0 : head.length();
            digits = 0;
            return !isComplete();
        }

        boolean isComplete() {
            return place == null && left == 0;
        }

        /// @return the index behind what belongs to the body
        int read(ByteBuf in, int from, int end) {
            int at = from;
            while (at < end && !isComplete()) {
                Place here = place;
                if (here == null || here == Place.DATA) {
                    int part = (int) Math.min(left, end - at);
                    left -= part;
                    at += part;
                    if (here != null && left == 0) {
                        place = Place.DATA_CR;
                    }
                } else {
                    step(here, in.getByte(at++));
                }
            }
            return at;
        }

        private void step(Place here, byte c) {
            switch (here) {
                case SIZE -> size(c);
                case SIZE_LF -> {
                    expect(c, '\n');
                    place = left == 0 ? Place.END_CR : Place.DATA;
                }
                case DATA_CR -> {
                    expect(c, '\r');
                    place = Place.DATA_LF;
                }
                case DATA_LF -> {
                    expect(c, '\n');
                    place = Place.SIZE;
                    digits = 0;
                }
                case END_CR -> {
                    expect(c, '\r');
                    place = Place.END_LF;
                }
                case END_LF -> {
                    expect(c, '\n');
                    place = null;
                }
                case DATA -> throw new IllegalStateException("counted, not stepped through");
            }
        }

        private void size(byte c) {
            int digit = Character.digit(c, 16);
            if (digit >= 0 && digits < CHUNK_DIGITS_MAX) {
                left = left << 4 | digit;
                digits++;
            } else if (c == '\r' && digits > 0) {
                place = Place.SIZE_LF;
            } else {
                throw StrictHead.odd("a malformed chunk");
            }
        }

        private static void expect(byte c, char wanted) {
            if (c != wanted) {
                throw StrictHead.odd("a malformed chunk");
            }
        }
    }
}
