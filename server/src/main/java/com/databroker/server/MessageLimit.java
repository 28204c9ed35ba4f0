package com.databroker.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;

/// How long the messages of one WebSocket may be, in one frame or in many: the server has one limit for all of its
/// addresses, and that is the largest of theirs.
final class MessageLimit extends ChannelInboundHandlerAdapter {
    private static final String DECODER = "wsdecoder";

    private final int max;
    private long length;

    private MessageLimit(int max) {
        this.max = max;
    }

    /// Puts a decoder into the place of Vert.x's that refuses a frame by the length it announces, and has text that is
    /// not UTF-8 refused, which Vert.x would repair.
    static void apply(ChannelPipeline pipeline, int max) {
        if (pipeline.get(DECODER) == null) {
            return;
        }
        WebSocketDecoderConfig config = WebSocketDecoderConfig.newBuilder()
                .expectMaskedFrames(true)
                .allowMaskMismatch(false)
                .allowExtensions(false)
                .maxFramePayloadLength(max)
                // The conversation closes it, and says why.
                .closeOnProtocolViolation(false)
                .build();
        pipeline.replace(DECODER, DECODER, new WebSocket13FrameDecoder(config));
        pipeline.addAfter(DECODER, null, new MessageLimit(max));
        pipeline.addAfter(DECODER, null, new Utf8FrameValidator(false));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof TextWebSocketFrame || message instanceof BinaryWebSocketFrame) {
            length = 0;
        } else if (!(message instanceof ContinuationWebSocketFrame)) {
            super.channelRead(context, message);
            return;
        }
        WebSocketFrame frame = (WebSocketFrame) message;
        length += frame.content().readableBytes();
        if (length <= max) {
            super.channelRead(context, message);
            return;
        }
        frame.release();
        context.fireExceptionCaught(new CorruptedWebSocketFrameException(
                WebSocketCloseStatus.MESSAGE_TOO_BIG, "a message of more than " + max + " bytes"));
    }
}
