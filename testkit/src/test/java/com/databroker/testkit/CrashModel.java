package com.databroker.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.FileChange;
import com.databroker.files.FileEntry;
import com.databroker.files.FilePlane;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the files plane of one [Machine] has promised, and whether it kept it. Safe for threads.
final class CrashModel {
    /// What was asked for and not answered yet.
    ///
    /// @param content of the file, null for a deletion
    private record Doubt(@Nullable String content) {}

    /// A move that was not answered yet.
    private record Move(String from, String to, String content) {}

    /// A path.
    private static final class Place {
        @Nullable
        String content;

        long version;
        /// Another program changed it last, and did not force it.
        boolean isUnsafe;
        /// Another program changed it last, and the broker was perhaps stopped before it told that.
        boolean isUntold;

        final List<Doubt> doubts = new ArrayList<>();
        /// What was done, for the message of a failure.
        final List<String> history = new ArrayList<>();

        void did(String what, @Nullable String to) {
            history.add(what + " " + (to == null ? "nothing" : sha256(to).substring(0, 6)));
        }
    }

    /// How much was seen, over all lives.
    static final class Totals {
        long stops;
        long acknowledged;
        long announced;
        long repeated;

        @Override
        public String toString() {
            return stops + " stops, " + acknowledged + " changes acknowledged, " + announced + " announced, of these "
                    + repeated + " repeated";
        }
    }

    private final Machine machine;
    private final Totals totals;
    private final Map<String, Place> places = new TreeMap<>();
    private final List<Move> moves = new ArrayList<>();
    private final List<FileChange> owed = new ArrayList<>();

    private int heard;
    private final Map<String, FileChange> last = new HashMap<>();
    private final Map<String, Long> highest = new HashMap<>();
    private final Map<Long, String> byVersion = new HashMap<>();
    private final Set<String> pathVersions = new HashSet<>();

    CrashModel(Machine machine, Totals totals) {
        this.machine = machine;
        this.totals = totals;
    }

    private Place place(String path) {
        return places.computeIfAbsent(path, _ -> new Place());
    }

    /// What is at a path that nobody else changes; null where nothing is.
    synchronized @Nullable String content(String path) {
        return place(path).content;
    }

    /// From here on a path may have this content.
    synchronized void tries(String path, @Nullable String content) {
        place(path).doubts.add(new Doubt(content));
        place(path).did("tries", content);
    }

    /// It was refused, and nothing is changed.
    synchronized void refused(String path, @Nullable String content) {
        place(path).doubts.remove(new Doubt(content));
        place(path).did("refused", content);
    }

    /// The change was acknowledged.
    synchronized void acknowledged(FileChange change, @Nullable String content) {
        Place place = place(change.path());
        place.doubts.remove(new Doubt(content));
        owed.add(change);
        place.did("acknowledged " + change.version(), content);
        if (change.version() > place.version) {
            place.version = change.version();
            settled(place, content);
        }
    }

    /// A change was acknowledged without its version.
    synchronized void acknowledged(String path, @Nullable String content) {
        Place place = place(path);
        place.doubts.remove(new Doubt(content));
        place.did("acknowledged", content);
        settled(place, content);
    }

    private void settled(Place place, @Nullable String content) {
        place.content = content;
        place.isUnsafe = false;
        place.isUntold = false;
        totals.acknowledged++;
    }

    synchronized void triesMove(String from, String to, String content) {
        tries(from, null);
        tries(to, content);
        moves.add(new Move(from, to, content));
    }

    synchronized void moved(String from, String to, String content) {
        acknowledged(from, null);
        acknowledged(to, content);
        moves.remove(new Move(from, to, content));
    }

    /// Another program did it.
    synchronized void foreign(String path, @Nullable String content, boolean isForced) {
        Place place = place(path);
        place.content = content;
        place.isUnsafe = !isForced;
        place.isUntold = true;
        place.did(isForced ? "foreign, forced" : "foreign", content);
    }

    /// What another program did was announced.
    synchronized void toldOfForeign(String path) {
        place(path).isUntold = false;
    }

    /// Compares everything with what was promised, after a start; from here on, what is there is what is
    /// known.
    ///
    /// @param power whether the power was cut before
    synchronized void verify(boolean power, String where) throws IOException {
        assertThat(machine.disk.drafts()).as("drafts, %s", where).isEmpty();
        Map<String, String> files = new TreeMap<>();
        machine.disk.files().forEach((path, bytes) -> files.put(path, new String(bytes, StandardCharsets.ISO_8859_1)));
        assertThat(places.keySet()).as("paths, %s", where).containsAll(files.keySet());
        moves.forEach(move -> atOnePlace(move, files, power, where));
        moves.clear();
        places.forEach((path, place) -> verify(path, place, files.get(path), power, where));
        assertThat(machine.plane().status().files())
                .as("files, %s", where)
                .isEqualTo(machine.disk.files().size());
        listen(where);
        for (FileChange change : owed) {
            assertThat(pathVersions).as("announced, %s", where).contains(pathVersion(change));
        }
        owed.clear();
        places.forEach((path, place) -> told(path, place, where));
    }

    private void atOnePlace(Move move, Map<String, String> files, boolean power, String where) {
        // What another program wrote and nobody forced may be gone until the move has forced it.
        if (!(power && (place(move.from).isUnsafe || place(move.to).isUnsafe))) {
            boolean left = !files.containsKey(move.from);
            boolean came = move.content.equals(files.get(move.to));
            assertThat(left).as("%s, %s", move, where).isEqualTo(came);
        }
    }

    private void verify(String path, Place place, @Nullable String now, boolean power, String where) {
        boolean isOpen = power && place.isUnsafe;
        if (isOpen && now != null && place.content != null) {
            // Nothing is promised of bytes that another program did not force: the broker writes them again.
            place.doubts.clear();
            String again = "again " + path + " " + where;
            acknowledged(machine.put(path, again), again);
            return;
        }
        List<Doubt> allowed = new ArrayList<>(place.doubts);
        allowed.add(new Doubt(place.content));
        if (!isOpen) {
            assertThat(allowed).as("%s, %s, %s", path, where, history(path)).contains(new Doubt(now));
        }
        FilePlane plane = machine.plane();
        boolean changed = plane.reconcile(path);
        // Of what was not answered a start may tell that it was made and is gone, and be stopped in between.
        if (!isOpen && !place.isUntold && place.doubts.isEmpty()) {
            assertThat(changed)
                    .as("found later: %s, %s, %s", path, where, history(path))
                    .isFalse();
        }
        Optional<FileEntry> entry = plane.stat(path);
        assertThat(entry.isPresent()).as("in the index: %s, %s", path, where).isEqualTo(now != null);
        if (entry.isPresent() && now != null) {
            assertThat(entry.get().sha256())
                    .as(
                            "%s, %s, %s, now %s",
                            path, where, history(path), sha256(now).substring(0, 6) + machine.disk.look(path))
                    .isEqualTo(sha256(now));
            place.version = Math.max(place.version, entry.get().version());
        }
        place.isUnsafe &= !power;
        place.isUntold = false;
        place.did((power ? "power cut, " : "killed, ") + (changed ? "found" : "there is"), now);
        place.content = now;
        place.doubts.clear();
    }

    static String sha256(String content) {
        try {
            return java.util.HexFormat.of()
                    .formatHex(java.security.MessageDigest.getInstance("SHA-256")
                            .digest(content.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (java.security.NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static String pathVersion(FileChange change) {
        return change.version() + " " + change.path();
    }

    /// Versions of a path rise, and none is used again for anything else.
    private void listen(String where) {
        List<FileChange> all = List.copyOf(machine.announced);
        for (FileChange change : all.subList(heard, all.size())) {
            totals.announced++;
            String whole = change.kind() + " " + change.path() + " " + change.sha256();
            String same = byVersion.putIfAbsent(change.version(), whole);
            assertThat(same == null ? whole : same)
                    .as("version %s, %s", change.version(), where)
                    .isEqualTo(whole);
            if (pathVersions.add(pathVersion(change))) {
                Long before = highest.put(change.path(), change.version());
                assertThat(before == null ? 0 : before)
                        .as("version before %s, %s", change, where)
                        .isLessThan(change.version());
            } else {
                totals.repeated++;
            }
            last.put(change.path(), change);
        }
        heard = all.size();
    }

    synchronized String history(String path) {
        List<String> all = place(path).history;
        return all.subList(Math.max(0, all.size() - 10), all.size()) + " announced "
                + List.copyOf(machine.announced).stream()
                        .filter(change -> change.path().equals(path))
                        .map(change -> change.version() + " " + change.kind() + " "
                                + change.sha256().substring(0, 6))
                        .toList();
    }

    /// What was announced last of a path is what is there.
    private void told(String path, Place place, String where) {
        FileChange told = last.get(path);
        if (told == null || told.kind() == FileChange.Kind.DELETED) {
            assertThat(place.content)
                    .as("not told: %s, %s, %s", path, where, history(path))
                    .isNull();
        } else {
            FileEntry entry = machine.plane()
                    .stat(path)
                    .orElseThrow(() -> new AssertionError(told + ", " + where + ", " + history(path)));
            assertThat(entry.version())
                    .as("last told: %s, %s, %s", told, where, history(path))
                    .isEqualTo(told.version());
            assertThat(entry.sha256()).as("last told: %s, %s", told, where).isEqualTo(told.sha256());
        }
    }
}
