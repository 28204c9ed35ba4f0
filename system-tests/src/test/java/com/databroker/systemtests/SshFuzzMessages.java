package com.databroker.systemtests;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Messages of SFTP as nobody sends them: of each kind, in no order, about handles that may not be there and paths that
/// should not be, some of them spoiled.
final class SshFuzzMessages {
    private static final int EXTENDED = 200;
    private static final int RENAME = 18;
    private static final String POSIX_RENAME = "posix-rename@openssh.com";
    private static final int[] TYPES = {
        1, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 6, 7, 8, 9, 9, 10, 10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 19, 20, 200, 0, 42
    };
    private static final int[] INTS = {0, 1, 2, 4, 8, 64, 255, 32_768, Integer.MAX_VALUE, Integer.MIN_VALUE, -1};
    private static final long[] LONGS = {0, 1, 100, 65_536, 1 << 20, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, -1};
    private static final String[] PATHS = {
        "in/a",
        "in/b",
        "/in/a",
        "in/sub/c",
        "in/sub",
        "in/sub/d/e",
        "in",
        "",
        "/",
        ".",
        "..",
        "../x",
        "../../secret.txt",
        "out/secret.txt",
        "out/new",
        "out",
        "new",
        "pub/read.txt",
        "pub/new",
        "in/../out/secret.txt",
        "in/./a//",
        "broker_users.xml",
        "Broker_Users.XML",
        "in/broker_users.xml",
        ".dbk",
        "in/.dbk",
        ".dbk/x",
        "in/*",
        "*",
        "**",
        "in/a:b",
        "in/\0x",
        "in/a ",
        "in/\u00e9",
        "in/e\u0301",
        "in/" + "n".repeat(300),
        "in" + "/d".repeat(40),
        "in/" + "x/".repeat(3000),
    };

    private SshFuzzMessages() {}

    static byte[] next(SplittableRandom random) {
        int type = TYPES[random.nextInt(TYPES.length)];
        return SshRaw.message(type, out -> {
            if (type == SshRaw.INIT) {
                out.writeInt(random.nextInt(10));
                return;
            }
            out.writeInt(random.nextInt());
            body(type, out, random);
        });
    }

    private static void body(int type, DataOutputStream out, SplittableRandom random) throws IOException {
        switch (type) {
            case SshRaw.OPEN -> {
                path(out, random);
                out.writeInt(random.nextInt(3) == 0 ? number(random) : random.nextInt(64));
                attributes(out, random);
            }
            case SshRaw.CLOSE, 8, 12 -> handle(out, random);
            case SshRaw.READ -> {
                handle(out, random);
                out.writeLong(place(random));
                out.writeInt(number(random));
            }
            case SshRaw.WRITE -> {
                handle(out, random);
                out.writeLong(place(random));
                SshRaw.string(out, new byte[random.nextInt(4) == 0 ? random.nextInt(70_000) : random.nextInt(50)]);
            }
            case SshRaw.SETSTAT, 14 -> {
                path(out, random);
                attributes(out, random);
            }
            case 10 -> {
                handle(out, random);
                attributes(out, random);
            }
            case RENAME, 20 -> {
                path(out, random);
                path(out, random);
            }
            case EXTENDED -> {
                String[] names = {POSIX_RENAME, "limits@openssh.com", "statvfs@openssh.com", "hardlink@x", ""};
                SshRaw.string(out, names[random.nextInt(names.length)].getBytes(StandardCharsets.US_ASCII));
                path(out, random);
                path(out, random);
            }
            default -> path(out, random);
        }
    }

    private static int number(SplittableRandom random) {
        return random.nextBoolean() ? INTS[random.nextInt(INTS.length)] : random.nextInt();
    }

    private static long place(SplittableRandom random) {
        return random.nextBoolean() ? random.nextInt(200_000) : LONGS[random.nextInt(LONGS.length)];
    }

    private static void path(DataOutputStream out, SplittableRandom random) throws IOException {
        byte[] path = PATHS[random.nextInt(PATHS.length)].getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(20) == 0) {
            path = spoil(path, random);
        }
        SshRaw.string(out, path);
    }

    private static void handle(DataOutputStream out, SplittableRandom random) throws IOException {
        if (random.nextInt(12) == 0) {
            SshRaw.string(out, new byte[random.nextInt(300)]);
        } else {
            SshRaw.handle(out, random.nextInt(12) == 0 ? random.nextInt() : random.nextInt(12));
        }
    }

    private static void attributes(DataOutputStream out, SplittableRandom random) throws IOException {
        int flags = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(16);
        out.writeInt(flags);
        if ((flags & 1) != 0) {
            out.writeLong(place(random));
        }
        for (int part = flags & 14; part != 0; part &= part - 1) {
            out.writeInt(number(random));
            if ((part & -part) != 4) {
                out.writeInt(number(random));
            }
        }
        if (flags < 0) {
            out.writeInt(number(random));
        }
    }

    static byte[] rename(int id, String from, String to) {
        return SshRaw.message(RENAME, out -> paths(out, id, from, to));
    }

    static byte[] posixRename(int id, String from, String to) {
        return SshRaw.message(EXTENDED, out -> {
            out.writeInt(id);
            SshRaw.string(out, POSIX_RENAME.getBytes(StandardCharsets.US_ASCII));
            SshRaw.string(out, from.getBytes(StandardCharsets.UTF_8));
            SshRaw.string(out, to.getBytes(StandardCharsets.UTF_8));
        });
    }

    private static void paths(DataOutputStream out, int id, String from, String to) throws IOException {
        out.writeInt(id);
        SshRaw.string(out, from.getBytes(StandardCharsets.UTF_8));
        SshRaw.string(out, to.getBytes(StandardCharsets.UTF_8));
    }

    /// Changes a few bytes, cuts some off, doubles some, or puts a number of no sense over four.
    static byte[] spoil(byte[] in, SplittableRandom random) {
        byte[] bytes = in.clone();
        for (int times = random.nextInt(1, 4); times > 0 && bytes.length > 0; times--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                case 3 -> bytes = ZmqRaw.concat(Arrays.copyOf(bytes, at), Arrays.copyOfRange(in, 0, in.length));
                default -> {
                    int place = Math.min(at, Math.max(0, bytes.length - Integer.BYTES));
                    if (bytes.length >= Integer.BYTES) {
                        ByteBuffer.wrap(bytes).putInt(place, number(random));
                    }
                }
            }
        }
        return bytes;
    }
}
