package com.databroker.sources;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;

/// Bodies made by hand: messages, the layers around them, and files of them.
final class DnsBodies {
    static final long SECONDS = 1_700_000_000L;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private boolean little;

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    DnsBodies bytes(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    DnsBodies u8(int value) {
        out.write(value);
        return this;
    }

    DnsBodies u16(int value) {
        return little ? u8(value).u8(value >> 8) : u8(value >> 8).u8(value);
    }

    DnsBodies u32(long value) {
        return little
                ? u16((int) value).u16((int) (value >> 16))
                : u16((int) (value >> 16)).u16((int) value);
    }

    byte[] done() {
        return out.toByteArray();
    }

    static byte[] name(String name) {
        DnsBodies wire = new DnsBodies();
        for (String label : name.isEmpty() ? new String[0] : name.split("\\.", -1)) {
            wire.u8(label.length()).bytes(label.getBytes(StandardCharsets.ISO_8859_1));
        }
        return wire.u8(0).done();
    }

    /// A question for an address, with EDNS: a client subnet and a cookie in it.
    static byte[] query(int id, String name) {
        return new DnsBodies()
                .u16(id)
                .u16(0x0100)
                .u16(1)
                .u16(0)
                .u16(0)
                .u16(1)
                .bytes(name(name))
                .u16(1)
                .u16(1)
                .bytes(hex("00 0029 04d0 0000 8000 0017 0008 0007 0001 18 00 c63364 000a 0008 0102030405060708"))
                .done();
    }

    /// Its answer, with an address of 192.0.2.1.
    static byte[] answer(int id, String name) {
        return new DnsBodies()
                .u16(id)
                .u16(0x8180)
                .u16(1)
                .u16(1)
                .u16(0)
                .u16(0)
                .bytes(name(name))
                .u16(1)
                .u16(1)
                .bytes(hex("c00c 0001 0001 0000003c 0004 c0000201"))
                .done();
    }

    static byte[] udp(int source, int target, byte... payload) {
        return new DnsBodies()
                .u16(source)
                .u16(target)
                .u16(8 + payload.length)
                .u16(0)
                .bytes(payload)
                .done();
    }

    /// From 198.51.100.7 to 203.0.113.53, or back.
    static byte[] ipv4(int protocol, boolean back, byte... payload) {
        return fragmentV4(protocol, back, 0, payload);
    }

    static byte[] fragmentV4(int protocol, boolean back, int fragment, byte... payload) {
        String client = "c6336407";
        String server = "cb007135";
        return new DnsBodies()
                .u16(0x4500)
                .u16(20 + payload.length)
                .u16(77)
                .u16(fragment)
                .u8(64)
                .u8(protocol)
                .u16(0)
                .bytes(hex(back ? server + client : client + server))
                .bytes(payload)
                .done();
    }

    /// From 2001:db8::7 to 2001:db8::35.
    static byte[] ipv6(int next, byte... payload) {
        return new DnsBodies()
                .u32(0x60000000)
                .u16(payload.length)
                .u8(next)
                .u8(64)
                .bytes(hex("20010db8000000000000000000000007"))
                .bytes(hex("20010db8000000000000000000000035"))
                .bytes(payload)
                .done();
    }

    static byte[] tcp(int source, int target, int sequence, int flags, byte... payload) {
        return new DnsBodies()
                .u16(source)
                .u16(target)
                .u32(sequence)
                .u32(0)
                .u8(0x50)
                .u8(flags)
                .u16(1024)
                .u32(0)
                .bytes(payload)
                .done();
    }

    static byte[] framed(byte... message) {
        return new DnsBodies().u16(message.length).bytes(message).done();
    }

    static byte[] ethernet(int type, byte... payload) {
        return new DnsBodies().bytes(new byte[12]).u16(type).bytes(payload).done();
    }

    /// A capture; each frame is 1000 units of time after the one before.
    static byte[] pcap(boolean little, boolean nanos, int link, byte[]... frames) {
        DnsBodies file = new DnsBodies();
        file.little = little;
        file.u32(nanos ? 0xa1b23c4dL : 0xa1b2c3d4L)
                .u16(2)
                .u16(4)
                .u32(0)
                .u32(0)
                .u32(65535)
                .u32(link);
        for (int i = 0; i < frames.length; i++) {
            file.u32(SECONDS).u32(1000L * i).u32(frames[i].length).u32(frames[i].length);
            file.bytes(frames[i]);
        }
        return file.done();
    }

    /// A capture of IP, in the order and unit of most.
    static byte[] pcap(byte[]... packets) {
        return pcap(true, false, 101, packets);
    }

    static byte[] pcapNg(boolean little, int resolution, byte[]... frames) {
        DnsBodies file = new DnsBodies();
        file.little = little;
        file.u32(0x0a0d0d0aL)
                .u32(28)
                .u32(0x1a2b3c4dL)
                .u16(1)
                .u16(0)
                .u32(-1)
                .u32(-1)
                .u32(28);
        file.u32(1).u32(32).u16(101).u16(0).u32(0).u16(9).u16(1);
        file.u8(resolution).u8(0).u16(0).u32(0).u32(32);
        for (byte[] frame : frames) {
            int padded = (frame.length + 3) & ~3;
            long time = resolution == 9 ? SECONDS * 1_000_000_000L : SECONDS * 1_000_000L;
            file.u32(6).u32(32L + padded).u32(0).u32(time >>> 32).u32(time).u32(frame.length);
            file.u32(frame.length)
                    .bytes(frame)
                    .bytes(new byte[padded - frame.length])
                    .u32(32L + padded);
        }
        return file.done();
    }

    private DnsBodies field(int number, byte... value) {
        u8((number << 3) | 2);
        return value.length < 128
                ? u8(value.length).bytes(value)
                : u8((value.length & 0x7f) | 0x80).u8(value.length >> 7).bytes(value);
    }

    /// dnstap of a question of a client, or of its answer 5 ms later.
    static byte[] dnstap(boolean answer, byte... dns) {
        DnsBodies message = new DnsBodies()
                .bytes(hex(answer ? "0806" : "0805"))
                .bytes(hex("1001 1801"))
                .field(4, hex("c6336407"))
                .field(5, hex("cb007135"))
                .bytes(hex("30 b9e002 38 35"))
                .bytes(hex("40 80e2cfaa06 4d 00000000"));
        if (answer) {
            message.bytes(hex("60 80e2cfaa06 6d 404b4c00"));
        }
        message.field(answer ? 14 : 10, dns);
        return new DnsBodies()
                .field(1, "ns1".getBytes(StandardCharsets.US_ASCII))
                .field(14, message.done())
                .bytes(hex("7801"))
                .done();
    }

    /// A file of Frame Streams.
    static byte[] frames(byte[]... payloads) {
        DnsBodies file = new DnsBodies().bytes(FrameStream.control(FrameStream.Kind.START, FrameStream.DNSTAP));
        for (byte[] payload : payloads) {
            file.bytes(FrameStream.data(payload));
        }
        return file.bytes(FrameStream.control(FrameStream.Kind.STOP)).done();
    }

    static byte[] gzip(byte... bytes) {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(bytes);
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
        return zipped.toByteArray();
    }
}
