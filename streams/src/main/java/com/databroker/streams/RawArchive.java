package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// Bodies as they came, kept so that another reader or parser can be run over them: what collectors fetched. Files of
/// inboxes stay where they are and are not kept a second time.
///
/// ```
/// raw/<stream>/<day>/<milliseconds>-<hash of the id>.gz     day and time when it came
///
///   {"id":"…","name":"…","received":"…","headers":{…}}      all of it packed: one line,
///   the bytes                                               then the body
/// ```
/// A body is whole on the disk before the first of its records is committed, under another name until it is: a kill
/// leaves all of it or nothing. One that was kept and whose records were not is kept again when it is fetched again;
/// it has the same id then. For any number of threads.
final class RawArchive {
    private static final String SUFFIX = ".gz";
    private static final String DRAFT = ".draft";
    private static final int HEAD_BYTES_MAX = 1 << 20;
    private static final int HASH_BYTES = 16;

    private final Path folder;
    private final Duration age;
    private final long sizeMax;
    private final InstantSource clock;
    private long bytes = -1;
    private long bodies;

    /// A body that is kept.
    ///
    /// @param hash of its id
    /// @param received when it came, to the millisecond
    record Entry(Path file, String hash, Instant received, long bytes) {}

    /// @param age how long a body is kept, from when it came
    /// @param sizeMax of all of them; beyond it the oldest go early
    RawArchive(Path folder, Duration age, long sizeMax, InstantSource clock) {
        this.folder = folder;
        this.age = age;
        this.sizeMax = sizeMax;
        this.clock = clock;
    }

    /// What stands for an id in the names of files.
    static String hash(String id) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every JDK has SHA-256", missing);
        }
    }

    /// What is kept.
    StreamPlane.RawStatus status() {
        return new StreamPlane.RawStatus(bodies(), bytes());
    }

    /// Keeps a body; it is on the disk when this returns.
    ///
    /// @return where; its bytes were read to their end, and are read again by [#open]
    Entry keep(String stream, Body body) throws IOException {
        String hash = hash(body.id());
        LocalDate day = LocalDate.ofInstant(body.received(), ZoneOffset.UTC);
        Path file = folder.resolve(stream)
                .resolve(day.toString())
                .resolve(body.received().toEpochMilli() + "-" + hash + SUFFIX);
        Path draft = file.resolveSibling(file.getFileName() + DRAFT);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        try {
            write(draft, body);
            Forced.move(draft, file);
        } finally {
            Files.deleteIfExists(draft);
        }
        Entry entry = new Entry(file, hash, Instant.ofEpochMilli(body.received().toEpochMilli()), Files.size(file));
        synchronized (this) {
            if (bytes >= 0) {
                bytes += entry.bytes();
                bodies++;
            }
            if (bytes > sizeMax) {
                expire();
            }
        }
        return entry;
    }

    private static void write(Path draft, Body body) throws IOException {
        Bytes head = Json.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("id", body.id());
            json.writeStringProperty("name", body.name());
            json.writeStringProperty("received", body.received().toString());
            json.writeName("headers");
            json.writeStartObject();
            body.headers().forEach(json::writeStringProperty);
            json.writeEndObject();
            json.writeEndObject();
        });
        try (FileChannel channel = FileChannel.open(
                draft, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            GZIPOutputStream packed = new GZIPOutputStream(Channels.newOutputStream(channel), 64 << 10);
            OutputStream out = packed;
            out.write(head.toArray());
            out.write('\n');
            body.bytes().transferTo(out);
            packed.finish();
            channel.force(true);
        }
    }

    /// A body as it was kept. Whoever takes it closes its bytes.
    Body open(Entry entry) throws IOException {
        InputStream in = new BufferedInputStream(new GZIPInputStream(Files.newInputStream(entry.file()), 64 << 10));
        try {
            Map<String, @Nullable Object> head = Json.parseObject(Bytes.wrap(line(in)));
            Map<String, String> headers = new HashMap<>();
            if (head.get("headers") instanceof Map<?, ?> kept) {
                kept.forEach((name, value) -> headers.put(String.valueOf(name), String.valueOf(value)));
            }
            Instant received = Instant.parse(String.valueOf(head.get("received")));
            return new Body(String.valueOf(head.get("id")), String.valueOf(head.get("name")), headers, received, in);
        } catch (IOException | RuntimeException broken) {
            in.close();
            throw new IOException(entry.file() + " is no body that was kept", broken);
        }
    }

    private static byte[] line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0 || line.size() == HEAD_BYTES_MAX) {
                throw new IOException("its first line does not end");
            }
            line.write(next);
        }
        return line.toByteArray();
    }

    void remove(Entry entry) throws IOException {
        synchronized (this) {
            if (Files.deleteIfExists(entry.file()) && bytes >= 0) {
                bytes -= entry.bytes();
                bodies--;
            }
        }
    }

    /// The bodies of a stream, the oldest first.
    List<Entry> list(String stream) throws IOException {
        List<Entry> all = new ArrayList<>();
        for (Path day : children(folder.resolve(stream))) {
            for (Path file : children(day)) {
                Entry entry = entry(file);
                if (entry != null) {
                    all.add(entry);
                }
            }
        }
        all.sort(Comparator.comparing(Entry::received));
        return all;
    }

    private static @Nullable Entry entry(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (!name.matches("-?[0-9]{1,18}-[0-9a-f]{32}\\.gz")) {
            return null;
        }
        int dash = name.lastIndexOf('-');
        String hash = name.substring(dash + 1, name.length() - SUFFIX.length());
        Instant received = Instant.ofEpochMilli(Long.parseLong(name.substring(0, dash)));
        try {
            return new Entry(file, hash, received, Files.size(file));
        } catch (NoSuchFileException goneMeanwhile) {
            return null;
        }
    }

    private static List<Path> children(Path folder) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            all.forEach(children::add);
        } catch (NoSuchFileException | java.nio.file.NotDirectoryException nothing) {
            return List.of();
        }
        return children;
    }

    /// Removes what is too old, what is too much, and what a kill left of drafts. To be called from time to time.
    synchronized void expire() throws IOException {
        Instant now = clock.instant();
        List<Entry> all = new ArrayList<>();
        for (Path stream : children(folder)) {
            for (Path day : children(stream)) {
                for (Path file : children(day)) {
                    Entry entry = entry(file);
                    boolean old = entry != null && entry.received().plus(age).isBefore(now);
                    if (old || isLeft(file, now)) {
                        Files.deleteIfExists(file);
                    } else if (entry != null) {
                        all.add(entry);
                    }
                }
            }
        }
        all.sort(Comparator.comparing(Entry::received).reversed());
        long sum = 0;
        int count = 0;
        for (Entry entry : all) {
            if (sum + entry.bytes() > sizeMax) {
                Files.deleteIfExists(entry.file());
            } else {
                sum += entry.bytes();
                count++;
            }
        }
        bytes = sum;
        bodies = count;
        for (Path stream : children(folder)) {
            for (Path day : children(stream)) {
                if (children(day).isEmpty()) {
                    Files.deleteIfExists(day);
                }
            }
        }
    }

    private static boolean isLeft(Path file, Instant now) throws IOException {
        return file.toString().endsWith(DRAFT)
                && Files.getLastModifiedTime(file).toInstant().isBefore(now.minus(Duration.ofHours(1)));
    }

    /// Bytes on the disk, of all streams.
    synchronized long bytes() {
        return Math.max(0, bytes);
    }

    /// How many bodies are kept, of all streams.
    synchronized long bodies() {
        return bodies;
    }
}
