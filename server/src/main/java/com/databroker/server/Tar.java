package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Archives as every `tar` reads them: POSIX headers, of files and folders only.
///
/// ```
/// header(512)  bytes, filled up to 512  …  two blocks of zeros
/// header       name(100) mode(8) uid(8) gid(8) size(12) mtime(12) checksum(8) type(1) … "ustar\0" "00" …
/// type         0 file, 5 folder, x what follows: lines "<length> <name>=<value>\n" for the next header
/// ```
/// What does not fit a header stands in one of type x before it: long names, great sizes, fractions of
/// seconds.
final class Tar {
    private static final int BLOCK = 512;
    private static final int NAME = 100;
    private static final int EXTENDED_MAX = 1 << 16;
    private static final long SIZE_MAX = (1L << 33) - 1;
    private static final long SECOND = 1_000_000_000;

    private Tar() {}

    /// Writes one.
    static final class Writer implements Archive {
        private final OutputStream out;

        Writer(OutputStream out) {
            this.out = out;
        }

        @Override
        public void folder(ArchiveEntry entry) throws IOException {
            head(entry, '5');
        }

        @Override
        public void file(ArchiveEntry entry, InputStream bytes) throws IOException {
            head(entry, '0');
            byte[] buffer = new byte[1 << 16];
            long left = entry.size();
            while (left > 0) {
                int read = bytes.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
                if (read == 0) {
                    throw new EOFException(entry.path() + " ends early");
                }
                out.write(buffer, 0, read);
                left -= read;
            }
            out.write(new byte[padding(entry.size())]);
        }

        private void head(ArchiveEntry entry, char type) throws IOException {
            String path = type == '5' ? entry.path() + "/" : entry.path();
            Map<String, String> more = new TreeMap<>();
            byte[] name = path.getBytes(StandardCharsets.UTF_8);
            if (name.length > NAME || name.length != path.length()) {
                more.put("path", path);
            }
            if (entry.size() > SIZE_MAX) {
                more.put("size", Long.toString(entry.size()));
            }
            long seconds = Math.floorDiv(entry.modified(), SECOND);
            long nanos = Math.floorMod(entry.modified(), SECOND);
            if (nanos != 0 || seconds < 0) {
                more.put("mtime", seconds + "." + Long.toString(SECOND + nanos).substring(1));
            }
            if (!more.isEmpty()) {
                byte[] extended = extended(more);
                header(extended, "pax".getBytes(StandardCharsets.US_ASCII), 'x', 0600, 0);
            }
            long size = entry.size() > SIZE_MAX ? 0 : entry.size();
            block(Arrays.copyOf(name, kept(name)), type, entry.mode(), size, Math.max(seconds, 0));
        }

        /// How many bytes of a name a header has room for, without half a character at their end: who does not know
        /// headers of type x reads a name all the same.
        private static int kept(byte[] name) {
            int end = Math.min(name.length, NAME);
            while (end < name.length && end > 0 && (name[end] & 0xC0) == 0x80) {
                end--;
            }
            return end;
        }

        private void header(byte[] content, byte[] name, char type, int mode, long seconds) throws IOException {
            block(name, type, mode, content.length, seconds);
            out.write(content);
            out.write(new byte[padding(content.length)]);
        }

        private void block(byte[] name, char type, int mode, long size, long seconds) throws IOException {
            byte[] block = new byte[BLOCK];
            System.arraycopy(name, 0, block, 0, name.length);
            octal(block, 100, 8, mode);
            octal(block, 108, 8, 0);
            octal(block, 116, 8, 0);
            octal(block, 124, 12, size);
            octal(block, 136, 12, seconds);
            block[156] = (byte) type;
            byte[] magic = "ustar\00000".getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(magic, 0, block, 257, magic.length);
            Arrays.fill(block, 148, 156, (byte) ' ');
            octal(block, 148, 7, sum(block));
            out.write(block);
        }

        private static void octal(byte[] block, int at, int length, long value) {
            String digits = Long.toOctalString(value);
            byte[] text = ("0".repeat(length - 1 - digits.length()) + digits).getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, block, at, text.length);
            block[at + length - 1] = 0;
        }

        /// The length of a line counts itself.
        private static byte[] extended(Map<String, String> values) {
            StringBuilder out = new StringBuilder();
            values.forEach((name, value) -> {
                String line = " " + name + "=" + value + "\n";
                int bytes = line.getBytes(StandardCharsets.UTF_8).length;
                int length = bytes + Integer.toString(bytes).length();
                if (Integer.toString(length).length() != Integer.toString(bytes).length()) {
                    length = bytes + Integer.toString(length).length();
                }
                out.append(length).append(line);
            });
            return out.toString().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public void close() throws IOException {
            out.write(new byte[2 * BLOCK]);
            out.flush();
        }
    }

    /// Reads one, of whatever origin.
    static final class Reader implements ArchiveReader {
        private final InputStream in;
        private long left;
        private int fill;
        /// The path of the entry that was read last, to say where something is wrong.
        private String last = "";

        Reader(InputStream in) {
            this.in = new Guarded(in);
        }

        @Override
        public @Nullable ArchiveEntry next() throws IOException {
            try {
                ArchiveEntry entry = read();
                last = entry == null ? last : entry.path();
                return entry;
            } catch (ProblemException odd) {
                String after = last.isEmpty() ? "" : ", after \"" + Text.excerpt(last) + "\"";
                throw new ProblemException(odd.problem(), odd.detail() + after, odd);
            }
        }

        private @Nullable ArchiveEntry read() throws IOException {
            skip(left + fill);
            left = 0;
            fill = 0;
            Map<String, String> more = new TreeMap<>();
            while (true) {
                byte[] block = in.readNBytes(BLOCK);
                if (block.length < BLOCK) {
                    throw damaged("it ends early");
                }
                if (isZero(block)) {
                    return null;
                }
                if (octal(block, 148, 8) != sum(withoutSum(block))) {
                    throw damaged("a header does not match its checksum, or this is no tar archive");
                }
                char type = (char) block[156];
                long size = octal(block, 124, 12);
                if (type == 'x') {
                    more.putAll(extended(size));
                    continue;
                }
                return entry(block, type, size, more);
            }
        }

        private ArchiveEntry entry(byte[] block, char type, long size, Map<String, String> more) {
            if (type != '0' && type != '5' && type != 0) {
                throw new ProblemException(
                        Problem.BACKUP_UNSAFE,
                        "it has an entry of type " + (int) type + ", which is no file or folder");
            }
            String extended = more.get("path");
            // What the header says beside it is cut off anywhere, so it need not even be text.
            String path = extended == null ? text(block, 0, NAME) : extended;
            if (type == '5' && path.endsWith("/")) {
                path = path.substring(0, path.length() - 1);
            }
            try {
                long bytes = more.containsKey("size") ? Long.parseLong(more.get("size")) : size;
                long modified = more.containsKey("mtime") ? nanos(more.get("mtime")) : octal(block, 136, 12) * SECOND;
                if (bytes < 0) {
                    throw damaged("an entry has less than no bytes");
                }
                left = type == '5' ? 0 : bytes;
                fill = padding(left);
                int mode = (int) octal(block, 100, 8) & 0777;
                return new ArchiveEntry(ArchivePaths.checked(path), type == '5', left, mode, modified);
            } catch (NumberFormatException | ArithmeticException odd) {
                throw damaged("a header has a number that is none");
            }
        }

        private static long nanos(String text) {
            int point = text.indexOf('.');
            String fraction = point < 0 ? "" : text.substring(point + 1);
            long whole = Long.parseLong(point < 0 ? text : text.substring(0, point));
            return Math.addExact(
                    Math.multiplyExact(whole, SECOND), Long.parseLong((fraction + "000000000").substring(0, 9)));
        }

        private Map<String, String> extended(long size) throws IOException {
            if (size < 0 || size > EXTENDED_MAX) {
                throw damaged("a header is too long");
            }
            String text = utf8(in.readNBytes((int) size));
            skip(padding(size));
            Map<String, String> values = new TreeMap<>();
            for (String line : text.split("\n", -1)) {
                int blank = line.indexOf(' ');
                int equals = line.indexOf('=', Math.max(blank, 0));
                if (!line.isEmpty() && (blank < 0 || equals < 0)) {
                    throw damaged("a header has a line that is none");
                }
                if (!line.isEmpty()) {
                    values.put(line.substring(blank + 1, equals), line.substring(equals + 1));
                }
            }
            return values;
        }

        private static String text(byte[] block, int at, int length) {
            int end = at;
            while (end < at + length && block[end] != 0) {
                end++;
            }
            return utf8(Arrays.copyOfRange(block, at, end));
        }

        private static String utf8(byte[] bytes) {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
            } catch (CharacterCodingException odd) {
                throw damaged("a name is not UTF-8");
            }
        }

        private static long octal(byte[] block, int at, int length) {
            String digits = new String(block, at, length, StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ')
                    .strip();
            try {
                return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
            } catch (NumberFormatException odd) {
                throw damaged("a header has a number that is none");
            }
        }

        private static byte[] withoutSum(byte[] block) {
            byte[] copy = block.clone();
            Arrays.fill(copy, 148, 156, (byte) ' ');
            return copy;
        }

        private static boolean isZero(byte[] block) {
            for (byte each : block) {
                if (each != 0) {
                    return false;
                }
            }
            return true;
        }

        private void skip(long bytes) throws IOException {
            try {
                in.skipNBytes(bytes);
            } catch (EOFException cut) {
                throw damaged("it ends early");
            }
        }

        @Override
        public InputStream bytes() {
            return new BulkInput() {
                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    if (left == 0 || length == 0) {
                        return left == 0 ? -1 : 0;
                    }
                    int read = in.read(into, offset, (int) Math.min(left, length));
                    if (read < 0) {
                        throw damaged("it ends early, within \"" + Text.excerpt(last) + "\"");
                    }
                    left -= read;
                    return read;
                }
            };
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /// What cannot be unpacked, or breaks off, is damaged.
    private static final class Guarded extends BulkInput {
        private final InputStream in;

        Guarded(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            try {
                return in.read(into, offset, length);
            } catch (IOException broken) {
                throw new ProblemException(Problem.BACKUP_DAMAGED, "it cannot be read: " + broken.getMessage(), broken);
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    private static int padding(long size) {
        return (int) (-size & (BLOCK - 1));
    }

    private static long sum(byte[] block) {
        long sum = 0;
        for (byte each : block) {
            sum += each & 0xFF;
        }
        return sum;
    }

    static ProblemException damaged(String why) {
        return new ProblemException(Problem.BACKUP_DAMAGED, why);
    }
}
