package com.databroker.sources;

import java.io.IOException;

/// Reads dnstap: a file of Frame Streams, what a server sent over a socket, or a single message without a
/// frame.
final class DnstapReader {
    /// Says what travels in a frame; everything else is not dnstap's.
    private final DnstapMessage tapped = new DnstapMessage();

    private final DnsEmitter emitter;
    private final DnsFlow flow = new DnsFlow();

    DnstapReader(DnsEmitter emitter) {
        this.emitter = emitter;
    }

    /// @param in with a window as [FrameStream] needs it
    void read(DnsInput in) throws IOException {
        FrameStream frames = new FrameStream(in);
        long frame = 0;
        while (true) {
            FrameStream.Kind kind = frames.next();
            switch (kind) {
                case DATA -> message(++frame, frames.array(), frames.offset(), frames.length());
                case START, READY -> {
                    if (!frames.contentTypes().isEmpty()
                            && !frames.contentTypes().contains(FrameStream.DNSTAP)) {
                        reject("byte " + in.consumed(), "content of type " + frames.contentTypes() + ", not dnstap");
                        return;
                    }
                }
                case END -> {
                    return;
                }
                case BROKEN -> {
                    reject("byte " + in.consumed(), frames.reason());
                    return;
                }
                // Files that were put behind one another go on after STOP.
                case ACCEPT, STOP, FINISH -> {}
            }
        }
    }

    private void reject(String position, String reason) {
        emitter.reject(position, reason, new byte[0], 0, 0);
    }

    /// Reads the payload of one frame.
    void message(long frame, byte[] bytes, int offset, int length) {
        String wrong = tapped.parse(bytes, offset, length, flow);
        if (wrong != null) {
            emitter.reject("frame " + frame, wrong, bytes, offset, length);
        } else if (tapped.messageSize < 0) {
            emitter.scratch().clear();
            emitter.write(flow, frame, -1);
        } else if (!emitter.message(flow, frame, bytes, tapped.messageAt, tapped.messageSize)) {
            emitter.reject(
                    "frame " + frame,
                    "a message of " + tapped.messageSize + " bytes, which are fewer than a header",
                    bytes,
                    offset,
                    length);
        }
    }
}
