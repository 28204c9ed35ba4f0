package com.databroker.sources;

import com.databroker.streams.Body;
import com.databroker.streams.Collector;
import com.databroker.streams.Polling;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Follows a log while it grows, and over its rotation.
///
/// Which file it is in is told by its number on the disk and by a hash of its begin:
///
/// | | it goes on |
/// | --- | --- |
/// | renamed, and a new one made | in the renamed one, to its end, then with the next |
/// | copied, and cut to nothing | in the copy, to its end, then at the begin |
/// | gone, or compressed already | at the begin of what is there, and a gap is told |
///
/// Lines are taken when they are whole.
final class FileTail implements Collector {
    private static final int READ_MAX = 1 << 20;
    private static final int HEAD_MAX = 1024;
    private static final Duration LOOKS_EVERY = Duration.ofMillis(500);
    private static final Set<String> COMPRESSED = Set.of("gz", "xz", "bz2", "zst", "lz4", "lzma", "z", "zip");

    private final String name;
    private final Path file;

    FileTail(String name, Path file) {
        this.name = name;
        this.file = file.toAbsolutePath();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String stream() {
        return "dns";
    }

    /// Nobody else takes turns with it.
    @Override
    public String lease() {
        return "file " + name;
    }

    @Override
    public String configured() {
        return "tail " + file;
    }

    @Override
    public boolean isLocal() {
        return true;
    }

    @Override
    public Pause pause() {
        return new Pause(Duration.ofSeconds(1), Duration.ofMinutes(1));
    }

    /// A file as it is at the moment.
    private record Seen(Path path, String key, long size, FileTime changed) {
        static @Nullable Seen of(Path path) throws IOException {
            try {
                BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class);
                String key = String.valueOf(found.fileKey());
                return found.isDirectory() ? null : new Seen(path, key, found.size(), found.lastModifiedTime());
            } catch (NoSuchFileException absent) {
                return null;
            }
        }
    }

    /// Where it has got to.
    ///
    /// @param key the number of the file
    /// @param begun when it was begun: numbers are used again
    /// @param offset of the first byte that was not taken
    /// @param headSize bytes of which `head` is the hash
    private record Place(String key, String begun, long offset, int headSize, String head) {
        static @Nullable Place of(Polling polling) {
            String key = polling.text("file");
            return key == null
                    ? null
                    : new Place(
                            key,
                            Objects.requireNonNullElse(polling.text("begun"), ""),
                            polling.number("offset"),
                            (int) Math.min(polling.number("headSize"), HEAD_MAX),
                            Objects.requireNonNullElse(polling.text("head"), ""));
        }

        static Place begin(Seen seen, Polling polling) {
            return new Place(seen.key(), polling.now().toString(), 0, 0, "");
        }

        Map<String, @Nullable Object> cursor() {
            Map<String, @Nullable Object> cursor = new LinkedHashMap<>();
            cursor.put("file", key);
            cursor.put("begun", begun);
            cursor.put("offset", offset);
            cursor.put("headSize", (long) headSize);
            cursor.put("head", head);
            return cursor;
        }

        /// Whether a file of which that much was taken may be this one.
        boolean fits(Seen seen) throws IOException {
            if (seen.size() < offset) {
                return false;
            }
            if (headSize == 0) {
                return seen.key().equals(key);
            }
            try (FileChannel channel = FileChannel.open(seen.path(), StandardOpenOption.READ)) {
                return hash(read(channel, 0, headSize)).equals(head);
            }
        }
    }

    @Override
    public Polled poll(Polling polling) throws IOException {
        Place place = Place.of(polling);
        Seen current = Seen.of(file);
        if (place == null) {
            polling.note(current == null ? "waits for " + file : "begins with " + file);
            return current == null ? nothing(polling) : begin(current, polling);
        }
        if (current != null && current.key().equals(place.key()) && place.fits(current)) {
            Polled more = take(current, place, polling, false);
            return more == null ? nothing(polling) : more;
        }
        return elsewhere(place, current, polling);
    }

    private static Polled nothing(Polling polling) {
        return Polled.of(List.of(), polling.cursor(), polling.now().plus(LOOKS_EVERY));
    }

    /// That a file was begun is kept before anything of it is.
    private static Polled begin(Seen seen, Polling polling) {
        return Polled.of(List.of(), Place.begin(seen, polling).cursor(), polling.now());
    }

    /// What was being read has another name by now, or is gone.
    private Polled elsewhere(Place place, @Nullable Seen current, Polling polling) throws IOException {
        List<Seen> others = others();
        Seen old = find(place, others);
        if (old != null) {
            // Who writes may not know yet that the file was renamed; once the next one has bytes, they do.
            boolean over = !old.key().equals(place.key()) || (current != null && current.size() > 0);
            Polled more = take(old, place, polling, over);
            if (more != null) {
                return more;
            }
            Seen next = over ? next(old, others, current) : null;
            polling.note(
                    next == null ? "at the end of " + old.path() + ", waits for " + file : "goes on in " + next.path());
            return next == null ? nothing(polling) : begin(next, polling);
        }
        if (current == null) {
            polling.note("waits for " + file);
            return nothing(polling);
        }
        polling.suspectGap();
        polling.note("what it was reading is gone, at byte " + place.offset() + "; begins with " + file);
        return begin(current, polling);
    }

    /// Files beside it whose names begin as its own: what rotation leaves.
    private List<Seen> others() throws IOException {
        List<Seen> others = new ArrayList<>();
        String own = String.valueOf(file.getFileName());
        try (DirectoryStream<Path> folder = Files.newDirectoryStream(Objects.requireNonNull(file.getParent()))) {
            for (Path path : folder) {
                String other = String.valueOf(path.getFileName());
                String ending = other.substring(other.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
                boolean rotated = isRotated(other, own) && !COMPRESSED.contains(ending);
                Seen seen = rotated ? Seen.of(path) : null;
                if (seen != null) {
                    others.add(seen);
                }
            }
        }
        others.sort(Comparator.comparing(Seen::changed));
        return others;
    }

    /// `queries.log.1`, `queries.log-20261128`, `queries-20261128.log`.
    private static boolean isRotated(String other, String own) {
        int dot = own.lastIndexOf('.') <= 0 ? own.length() : own.lastIndexOf('.');
        boolean within = other.startsWith(own.substring(0, dot)) && other.endsWith(own.substring(dot));
        return !other.equals(own) && (other.startsWith(own) || (within && dot < own.length()));
    }

    private static @Nullable Seen find(Place place, List<Seen> others) throws IOException {
        for (Seen seen : others) {
            if (seen.key().equals(place.key()) && place.fits(seen)) {
                return seen;
            }
        }
        for (Seen seen : others) {
            if (place.headSize() > 0 && place.fits(seen)) {
                return seen;
            }
        }
        return null;
    }

    /// What was written after a file: the oldest that changed later, else the log itself.
    private static @Nullable Seen next(Seen old, List<Seen> others, @Nullable Seen current) {
        return others.stream()
                .filter(seen -> !seen.key().equals(old.key()) && seen.changed().compareTo(old.changed()) > 0)
                .findFirst()
                .orElse(current);
    }

    /// The next whole lines, null where there are none.
    ///
    /// @param over whether nothing more will come: then half a line is all there will be of it
    private @Nullable Polled take(Seen seen, Place place, Polling polling, boolean over) throws IOException {
        try (FileChannel channel = FileChannel.open(seen.path(), StandardOpenOption.READ)) {
            byte[] bytes = read(channel, place.offset(), READ_MAX);
            int size = bytes.length;
            if (size < READ_MAX && !over) {
                size = wholeLines(bytes);
            } else if (size == READ_MAX) {
                // A line that is longer than that is none, and goes as it is.
                int whole = wholeLines(bytes);
                size = whole == 0 ? size : whole;
            }
            polling.note(seen.path() + " at byte " + (place.offset() + size) + " of "
                    + Math.max(seen.size(), place.offset() + size));
            Seen still = size == 0 ? null : Seen.of(seen.path());
            if (still == null || !still.key().equals(seen.key())) {
                // Renamed while it was opened: the next look finds it.
                return null;
            }
            long offset = place.offset() + size;
            int headSize = (int) Math.min(offset, HEAD_MAX);
            String head = headSize == place.headSize() ? place.head() : hash(read(channel, 0, headSize));
            Place now = new Place(place.key(), place.begun(), offset, headSize, head);
            String id = "tail/" + name + "/" + place.begun() + "/" + place.key() + "/" + place.offset();
            Body body = new Body(
                    id,
                    String.valueOf(file),
                    Map.of(Body.PART, "true"),
                    polling.now(),
                    new ByteArrayInputStream(bytes, 0, size));
            return Polled.of(List.of(body), now.cursor(), polling.now());
        }
    }

    private static int wholeLines(byte[] bytes) {
        int size = bytes.length;
        while (size > 0 && bytes[size - 1] != '\n') {
            size--;
        }
        return size;
    }

    private static byte[] read(FileChannel channel, long offset, int most) throws IOException {
        long left = Math.max(0, channel.size() - offset);
        ByteBuffer into = ByteBuffer.allocate((int) Math.min(left, most));
        while (into.hasRemaining()) {
            if (channel.read(into, offset + into.position()) < 0) {
                break;
            }
        }
        return into.hasRemaining() ? Arrays.copyOf(into.array(), into.position()) : into.array();
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException inEveryJdk) {
            throw new IllegalStateException(inEveryJdk);
        }
    }
}
