package com.databroker.sources;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// The receiving end of Frame Streams on a connection: greets who greets, takes data, says goodbye. Blocks,
/// so it has a thread of its own; it is that thread that waits when those behind are busy.
///
/// ```
///   peer:  READY           START  data …  STOP
///   we:            ACCEPT                        FINISH
/// ```
/// Who begins with START gets no answer, not even at its end.
final class FrameStreamReceiver {
    private enum State {
        NEW,
        GREETED,
        STARTED,
        OVER
    }

    private final FrameStream frames;
    private final OutputStream out;
    private final String contentType;
    private volatile State state = State.NEW;
    private boolean bothWays;
    private String refusal = "";

    /// @param contentType the only one that is taken
    FrameStreamReceiver(InputStream in, OutputStream out, String contentType) {
        this.frames = new FrameStream(new DnsInput(in, FrameStream.FRAME_MAX + 64));
        this.out = out;
        this.contentType = contentType;
    }

    /// Waits for the next data frame, which then is in [#frames]; false when there will be no more:
    /// [#refusal] says why, and is empty where the peer ended as it should. The caller closes the
    /// connection.
    boolean next() throws IOException {
        while (state != State.OVER) {
            FrameStream.Kind kind = frames.next();
            switch (kind) {
                case DATA -> {
                    if (state == State.STARTED) {
                        return true;
                    }
                    refuse("data before START");
                }
                case READY -> ready();
                case START -> start();
                case STOP -> stop();
                case ACCEPT, FINISH -> refuse(kind + " from a sender");
                case END -> {
                    if (state == State.NEW) {
                        state = State.OVER;
                    } else {
                        refuse("the connection ended without STOP");
                    }
                }
                case BROKEN -> refuse(frames.reason());
            }
        }
        return false;
    }

    private void refuse(String why) {
        refusal = why;
        state = State.OVER;
    }

    private boolean isWanted() {
        // Who names none means whatever the two agreed on elsewhere.
        return frames.contentTypes().isEmpty() || frames.contentTypes().contains(contentType);
    }

    private void ready() throws IOException {
        if (state != State.NEW) {
            refuse("READY again");
        } else if (!isWanted()) {
            refuse("content of type " + frames.contentTypes() + ", not " + contentType);
        } else {
            send(FrameStream.control(FrameStream.Kind.ACCEPT, contentType));
            state = State.GREETED;
            bothWays = true;
        }
    }

    private void start() {
        if (state == State.STARTED) {
            refuse("START again");
        } else if (!isWanted()) {
            refuse("content of type " + frames.contentTypes() + ", not " + contentType);
        } else {
            state = State.STARTED;
        }
    }

    private void stop() throws IOException {
        if (state != State.STARTED) {
            refuse("STOP before START");
            return;
        }
        state = State.OVER;
        if (bothWays) {
            send(FrameStream.control(FrameStream.Kind.FINISH));
        }
    }

    private void send(byte[] frame) throws IOException {
        out.write(frame);
        out.flush();
    }

    /// Whether the peer has begun to send. For other threads, too.
    boolean isStarted() {
        return state == State.STARTED;
    }

    FrameStream frames() {
        return frames;
    }

    String refusal() {
        return refusal;
    }
}
