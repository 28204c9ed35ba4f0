package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What clients asked for and were answered, what subscribers heard, and whether what is found after a crash
/// agrees with it. A content is its SHA-256, which no two uploads share; of a file that is not there it is empty.
final class KillLedger {
    static final String NONE = "";

    /// A file as the broker lists it.
    record Listed(String path, String sha256, String etag, long version) {}

    /// A move that nobody answered.
    private record Move(String from, String to, String sha256) {}

    private final Map<String, Set<String>> possible = new HashMap<>();
    private final Map<String, String> etags = new HashMap<>();
    private final Set<String> owed = new LinkedHashSet<>();
    private final Set<String> heard = new HashSet<>();
    private final Map<Long, String> versions = new HashMap<>();
    private final Set<Move> moves = new HashSet<>();
    private final List<String> wrong = new ArrayList<>();
    private int given;
    private int answers;
    private int announcements;
    private int unanswered;

    /// A number that nobody else has, in no life, so that no two contents are the same.
    synchronized int next() {
        return ++given;
    }

    /// A content that a path will have soon, or not.
    synchronized void asked(String path, String sha256) {
        possible(path).add(sha256);
    }

    private Set<String> possible(String path) {
        return possible.computeIfAbsent(path, fresh -> new LinkedHashSet<>(Set.of(NONE)));
    }

    /// What a path has for certain, null where nobody knows.
    synchronized @Nullable String certain(String path) {
        Set<String> contents = possible(path);
        return contents.size() == 1 ? contents.iterator().next() : null;
    }

    synchronized void stored(String path, String sha256, String etag) {
        answered(path, sha256);
        etags.put(path, etag);
        String digits = etag.replace("\"", "");
        long version = Long.parseLong(digits.substring(0, digits.indexOf('-')), 16);
        versioned(version, path, sha256);
        owed.add("FILE STORED " + path + " " + sha256 + " " + version);
    }

    synchronized void deleted(String path, String sha256) {
        answered(path, NONE);
        owed.add("FILE DELETED " + path + " " + sha256);
    }

    synchronized void moving(String from, String to, String sha256) {
        moves.add(new Move(from, to, sha256));
        asked(from, NONE);
        asked(to, sha256);
    }

    synchronized void moved(String from, String to, String sha256) {
        moves.remove(new Move(from, to, sha256));
        answered(to, sha256);
        deleted(from, sha256);
        owed.add("FILE STORED " + to + " " + sha256);
    }

    private void answered(String path, String sha256) {
        answers++;
        etags.remove(path);
        Set<String> contents = possible(path);
        contents.clear();
        contents.add(sha256);
    }

    /// What was wrong so far.
    synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    /// What must not happen, and will be told by [#check].
    synchronized void wrong(String what) {
        wrong.add(what);
    }

    /// A line of a stream of server-sent events.
    synchronized void heard(String line) {
        if (!line.startsWith("data: ") || !line.contains("\"FILE ")) {
            return;
        }
        Map<String, ?> event = Json.parseObject(Bytes.utf8(line.substring("data: ".length())));
        if (!(event.get("data") instanceof Map<?, ?> change) || !(change.get("version") instanceof Number version)) {
            wrong.add("heard " + line);
            return;
        }
        announcements++;
        boolean deleted = "FILE DELETED".equals(change.get("event"));
        String path = String.valueOf(change.get("path"));
        String sha256 = String.valueOf(change.get("sha256"));
        versioned(version.longValue(), deleted ? path + " deleted" : path, sha256);
        String what = (deleted ? "FILE DELETED " : "FILE STORED ") + path + " " + sha256;
        heard.add(what);
        heard.add(what + " " + version);
    }

    private void versioned(long version, String what, String sha256) {
        String before = versions.putIfAbsent(version, what + " " + sha256);
        if (before != null && !before.equals(what + " " + sha256)) {
            wrong.add("version " + version + " is of " + before + " and of " + what + " " + sha256);
        }
    }

    /// Compares with what is there after a crash, which is certain from now on.
    ///
    /// @param disk the content of every file
    /// @param listed every file
    /// @param allTold whether also what was not answered must have been announced
    synchronized void check(Map<String, String> disk, List<Listed> listed, boolean allTold, String when) {
        Map<String, String> told = new HashMap<>();
        for (Listed file : listed) {
            told.put(file.path, file.sha256);
            versioned(file.version, file.path, file.sha256);
            String etag = etags.get(file.path);
            if (etag != null && possible(file.path).size() == 1 && !etag.equals("\"" + file.etag + "\"")) {
                wrong.add(file.path + " was answered with " + etag + " and is listed with " + file.etag);
            }
        }
        assertThat(told).as("listed and on the disk, " + when).isEqualTo(disk);
        for (Move move : moves) {
            if (move.sha256.equals(disk.get(move.from)) == move.sha256.equals(disk.get(move.to))) {
                wrong.add("half done: " + move);
            }
        }
        moves.clear();
        Set<String> paths = new TreeSet<>(possible.keySet());
        paths.addAll(disk.keySet());
        for (String path : paths) {
            settle(path, disk.getOrDefault(path, NONE), allTold);
        }
        Set<String> missing = new LinkedHashSet<>(owed);
        missing.removeAll(heard);
        assertThat(wrong).as(when).isEmpty();
        assertThat(missing).as("changes that nobody was told of, " + when).isEmpty();
    }

    private void settle(String path, String now, boolean allTold) {
        List<String> contents = List.copyOf(possible(path));
        if (!contents.contains(now)) {
            wrong.add(path + " has the content " + (now.isEmpty() ? "of none" : now) + " and not one of " + contents);
        }
        if (!now.equals(contents.getFirst())) {
            unanswered++;
            etags.remove(path);
            if (allTold) {
                owed.add(
                        now.isEmpty()
                                ? "FILE DELETED " + path + " " + contents.getFirst()
                                : "FILE STORED " + path + " " + now);
            }
        }
        possible.put(path, new LinkedHashSet<>(Set.of(now)));
    }

    synchronized int answers() {
        return answers;
    }

    synchronized String figures() {
        return answers + " changes answered, " + unanswered + " made and not answered, " + announcements
                + " announcements heard";
    }
}
