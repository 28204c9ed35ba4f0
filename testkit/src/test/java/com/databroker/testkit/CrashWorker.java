package com.databroker.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FileEntry;
import com.databroker.files.Precondition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Somebody who changes files at random and tells the [CrashModel]: of its own files it knows what must be
/// answered, two more are everybody's.
final class CrashWorker {
    private static final List<String> SHARED = List.of("shared/x", "shared/y");
    private static final int LARGE = 70_000;

    private final String name;
    private final Machine machine;
    private final CrashModel model;
    private final RandomGenerator random;
    private final List<String> own = new ArrayList<>();
    private int written;
    private int foreign;
    private String where = "";

    CrashWorker(String name, Machine machine, CrashModel model, RandomGenerator random) {
        this.name = name;
        this.machine = machine;
        this.model = model;
        this.random = random;
        for (String folder : List.of("", "a/", "d/", "d/e/")) {
            for (String file : List.of("x", "y", "z")) {
                own.add(name + "/" + folder + file);
            }
        }
        own.add("common/" + name + "-x");
        own.add("common/" + name + "-y");
    }

    /// Works until it has done `count` things, or the process is stopped.
    void work(int count, String life) throws IOException {
        where = life;
        try {
            for (int i = 0; i < count; i++) {
                something();
            }
        } catch (Faults.Stopped asPlanned) {
            // The process is dead.
        }
    }

    private void something() throws IOException {
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> put(any(), Precondition.NONE, true);
            case 4 -> putIfMatch(any());
            case 5 -> {
                String path = any();
                Precondition fresh = Precondition.absent();
                put(path, fresh, model.content(path) == null);
            }
            case 6, 7 -> delete(any());
            case 8 -> move(any(), any());
            case 9, 10 -> putTogether();
            case 11 -> deleteTree(name + "/" + (random.nextBoolean() ? "d" : "d/e"));
            case 12 -> foreign(any());
            case 13 -> read(any());
            default -> shared(SHARED.get(random.nextInt(SHARED.size())));
        }
    }

    private String any() {
        return own.get(random.nextInt(own.size()));
    }

    /// Never the same twice.
    private String fresh() {
        written++;
        String text = name + " " + where + " " + written + " ";
        int repeat = random.nextInt(20) == 0 ? LARGE / text.length() : random.nextInt(8);
        return text + text.repeat(repeat) + written;
    }

    private void put(String path, Precondition precondition, boolean holds) {
        String content = fresh();
        model.tries(path, content);
        try {
            model.acknowledged(machine.put(path, content, precondition), content);
            assertThat(holds).as("%s was put, %s", path, where).isTrue();
        } catch (ProblemException refused) {
            expect(refused, Problem.PRECONDITION_FAILED, !holds);
            model.refused(path, content);
        }
    }

    private void expect(ProblemException refused, Problem problem, boolean isExpected) {
        if (!isExpected || refused.problem() != problem) {
            throw new AssertionError(where, refused);
        }
    }

    private void putIfMatch(String path) {
        Optional<FileEntry> entry = machine.plane().stat(path);
        assertThat(entry.isPresent()).as("%s, %s", path, where).isEqualTo(model.content(path) != null);
        boolean right = random.nextBoolean();
        String etag = right ? entry.map(FileEntry::etag).orElse("0-0") : "0-0";
        put(path, Precondition.version(etag), right && entry.isPresent());
    }

    private void delete(String path) {
        boolean there = model.content(path) != null;
        model.tries(path, null);
        try {
            FileChange change = machine.plane()
                    .delete(path, Precondition.NONE, Machine.SOMEBODY)
                    .orElseThrow();
            assertThat(there).as("%s was deleted, %s", path, where).isTrue();
            model.acknowledged(change, null);
        } catch (ProblemException refused) {
            expect(refused, Problem.FILE_NOT_FOUND, !there);
            model.refused(path, null);
        }
    }

    private void move(String from, String to) {
        String content = model.content(from);
        if (content != null && !from.equals(to)) {
            model.triesMove(from, to, content);
            machine.move(from, to);
            model.moved(from, to, content);
        }
    }

    private void putTogether() {
        int count = 2 + random.nextInt(10);
        Set<String> paths = new LinkedHashSet<>();
        while (paths.size() < count) {
            paths.add(any());
        }
        List<String> pathsAndContents = new ArrayList<>();
        for (String path : paths) {
            String content = fresh();
            pathsAndContents.addAll(List.of(path, content));
            model.tries(path, content);
        }
        int i = 1;
        for (FileChange change : machine.putTogether(pathsAndContents)) {
            model.acknowledged(change, pathsAndContents.get(i));
            i += 2;
        }
    }

    private void deleteTree(String folder) {
        List<String> below = own.stream()
                .filter(path -> path.startsWith(folder + "/") && model.content(path) != null)
                .toList();
        below.forEach(path -> model.tries(path, null));
        try {
            assertThat(machine.plane().deleteTree(folder, _ -> {}, Precondition.NONE, Machine.SOMEBODY))
                    .as("%s, %s", folder, where)
                    .isEqualTo(below.size());
            below.forEach(path -> model.acknowledged(path, null));
        } catch (ProblemException refused) {
            expect(refused, Problem.FILE_NOT_FOUND, below.isEmpty());
        }
    }

    /// Another program does something, and the watcher finds it.
    private void foreign(String path) throws IOException {
        boolean force = random.nextBoolean();
        String other = any();
        String there = model.content(path);
        int what = random.nextInt(3);
        List<String> touched = List.of(path);
        if (what == 0 || there == null) {
            // Two of one length, inode and step of the disk's clock would look the same.
            String content = fresh().repeat(4) + ".".repeat(foreign++);
            machine.disk.write(path, content.getBytes(StandardCharsets.UTF_8));
            model.foreign(path, content, force);
        } else if (what == 1 || other.equals(path) || model.content(other) == null) {
            machine.disk.remove(path);
            model.foreign(path, null, force);
        } else {
            machine.disk.move(path, other);
            model.foreign(path, null, force);
            model.foreign(other, there, force);
            touched = List.of(path, other);
        }
        if (force) {
            machine.disk.sync();
        }
        for (String changed : touched) {
            assertThat(machine.plane().reconcile(changed))
                    .as(() -> changed + ", " + where + ", " + model.history(changed))
                    .isTrue();
            model.toldOfForeign(changed);
        }
    }

    private void read(String path) {
        @Nullable String content = model.content(path);
        try (var open = machine.plane().read(path)) {
            assertThat(open.readAll().utf8()).as("%s, %s", path, where).isEqualTo(content);
        } catch (ProblemException refused) {
            expect(refused, Problem.FILE_NOT_FOUND, content == null);
        }
    }

    private void shared(String path) {
        String content = random.nextInt(4) == 0 ? null : fresh();
        model.tries(path, content);
        try {
            FileChange change = content == null
                    ? machine.plane()
                            .delete(path, Precondition.NONE, Machine.SOMEBODY)
                            .orElseThrow()
                    : machine.put(path, content);
            model.acknowledged(change, content);
        } catch (ProblemException refused) {
            expect(refused, Problem.FILE_NOT_FOUND, content == null);
            model.refused(path, content);
        }
    }
}
