package com.databroker.events;

import com.databroker.core.Position;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A connection that keeps what it was sent, and takes nothing while it is told not to.
final class Recorder implements Outlet {
    /// What arrived: an event by the number in its payload, or a gap by its offsets.
    sealed interface Arrival {
        record Delivered(String topic, long number, int length) implements Arrival {}

        record Missed(Position from, Position to, long lost) implements Arrival {}
    }

    final List<Arrival> arrivals = new ArrayList<>();
    boolean writable = true;
    int flushes;

    @Override
    public boolean isWritable() {
        return writable;
    }

    @Override
    public void write(ByteBuf frames) {
        try {
            while (frames.isReadable()) {
                String topic = frame(frames).toString(StandardCharsets.UTF_8);
                ByteBuf payload = frame(frames);
                int length = payload.readableBytes();
                arrivals.add(new Arrival.Delivered(topic, payload.readLong(), length));
            }
        } finally {
            frames.release();
        }
    }

    private static ByteBuf frame(ByteBuf in) {
        int flags = in.readByte();
        long length = (flags & Zmtp.LONG) == 0 ? in.readUnsignedByte() : in.readLong();
        return in.readSlice((int) length);
    }

    @Override
    public void flush() {
        flushes++;
    }

    @Override
    public void gap(Position from, Position to, long lost) {
        arrivals.add(new Arrival.Missed(from, to, lost));
    }

    @Override
    public String door() {
        return "test";
    }

    @Override
    public String address() {
        return "127.0.0.1";
    }
}
