package com.databroker.sources;

import com.databroker.streams.Body;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Intake;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// Reads what name servers and captures say, and finds out by the bytes what it is: pcap, pcapng, dnstap, a
/// query log; each of them also compressed by gzip.
final class DnsReader implements BodyReader {
    /// How much of a body may be compressed away: a capture is that of one packet repeated, or an attack.
    static final long INFLATED_FREE = 1L << 30;

    static final int RATIO_MAX = 100;

    private static final int WINDOW = 1 << 19;
    private static final int SNIFFED = 4096;

    private final DnsAddresses addresses;

    DnsReader(DnsAddresses addresses) {
        this.addresses = addresses;
    }

    @Override
    public void read(Body body, Intake into) throws IOException {
        DnsEmitter emitter = new DnsEmitter(body, into, addresses);
        Origin origin = new Origin(body.bytes());
        DnsInput in = new DnsInput(origin, WINDOW);
        try {
            if (in.ensure(3) && isGzip(in)) {
                // The window holds what was sniffed; it is what gzip reads first.
                GZIPInputStream gzip = new GZIPInputStream(new Rest(in), 1 << 16);
                in = new DnsInput(new Bounded(gzip, origin), WINDOW);
            }
            read(body, in, emitter);
        } catch (ZipException | EOFException broken) {
            if (origin.failed) {
                throw broken;
            }
            String why = broken.getMessage();
            emitter.reject(
                    "byte " + origin.count,
                    "the compressed bytes are broken or cut off" + (why == null ? "" : ": " + why),
                    new byte[0],
                    0,
                    0);
        }
    }

    private static boolean isGzip(DnsInput in) {
        byte[] bytes = in.array();
        int at = in.offset();
        return bytes[at] == 0x1f && bytes[at + 1] == (byte) 0x8b && bytes[at + 2] == 8;
    }

    private void read(Body body, DnsInput in, DnsEmitter emitter) throws IOException {
        boolean part = body.headers().containsKey(Body.PART);
        if (!in.ensure(12)) {
            if (part && isText(in, false)) {
                new DnsLogs(emitter, body.received(), true).read(in);
            } else if (in.available() > 0) {
                emitter.reject("byte 0", "fewer bytes than any format begins with", in.array(), in.offset(), 12);
            }
            return;
        }
        if (PcapReader.isPcap(in.array(), in.offset())) {
            captured(in, emitter, false);
        } else if (PcapReader.isPcapNg(in.array(), in.offset())) {
            captured(in, emitter, true);
        } else if (FrameStream.begins(in.array(), in.offset())) {
            new DnstapReader(emitter).read(in);
        } else if (isText(in, !part)) {
            new DnsLogs(emitter, body.received(), part).read(in);
        } else {
            single(in, emitter);
        }
    }

    private static void captured(DnsInput in, DnsEmitter emitter, boolean blocks) throws IOException {
        PcapLayers layers = new PcapLayers(emitter);
        PcapReader reader = new PcapReader(in, layers, emitter);
        try {
            if (blocks) {
                reader.readPcapNg();
            } else {
                reader.readPcap();
            }
        } catch (ZipException | EOFException cut) {
            layers.end();
            throw cut;
        }
        layers.end();
    }

    /// Whether the begin has no byte that logs do not have.
    ///
    /// @param waits for a good deal of it; what grows is judged by what is there
    private static boolean isText(DnsInput in, boolean waits) throws IOException {
        if (waits) {
            in.ensure(SNIFFED);
        }
        byte[] bytes = in.array();
        int size = Math.min(SNIFFED, in.available());
        for (int i = in.offset(); i < in.offset() + size; i++) {
            byte each = bytes[i];
            if (each >= 0 && each < ' ' && each != '\n' && each != '\r' && each != '\t' && each != 0x1b) {
                return false;
            }
        }
        return true;
    }

    /// One message of dnstap without a frame, as tests of servers keep them.
    private static void single(DnsInput in, DnsEmitter emitter) throws IOException {
        boolean small = !in.ensure(FrameStream.FRAME_MAX + 1);
        DnstapMessage tapped = new DnstapMessage();
        if (small && tapped.fits(in.array(), in.offset(), in.available())) {
            new DnstapReader(emitter).message(1, in.array(), in.offset(), in.available());
        } else {
            emitter.reject(
                    "byte 0",
                    "neither pcap, pcapng, dnstap nor a query log that is known",
                    in.array(),
                    in.offset(),
                    in.available());
        }
    }

    /// Counts what comes, and remembers whether it was the source itself that failed.
    private static final class Origin extends InputStream {
        private final InputStream in;
        private long count;
        private boolean failed;

        Origin(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                int read = in.read(bytes, offset, length);
                count += Math.max(0, read);
                return read;
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }
    }

    /// What is left of a window and of what lies behind it.
    private static final class Rest extends InputStream {
        private final DnsInput in;

        Rest(DnsInput in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (in.available() == 0 && !in.ensure(1)) {
                return -1;
            }
            int size = Math.min(length, in.available());
            System.arraycopy(in.array(), in.offset(), bytes, offset, size);
            in.skip(size);
            return size;
        }

        @Override
        public int available() throws IOException {
            // What asks whether another part of a gzip file follows believes a zero.
            return in.available() == 0 && !in.ensure(1) ? 0 : in.available();
        }
    }

    /// Ends where far more comes out than went in.
    private static final class Bounded extends InputStream {
        private final InputStream in;
        private final Origin origin;
        private long inflated;

        Bounded(InputStream in, Origin origin) {
            this.in = in;
            this.origin = origin;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = in.read(bytes, offset, length);
            inflated += Math.max(0, read);
            if (inflated > INFLATED_FREE && inflated / RATIO_MAX > origin.count) {
                throw new ZipException("they are more than " + RATIO_MAX + " times as many without compression");
            }
            return read;
        }
    }
}
