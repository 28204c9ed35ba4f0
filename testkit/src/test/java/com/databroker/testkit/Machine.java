package com.databroker.testkit;

import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import com.databroker.files.FileMetadata;
import com.databroker.files.FilePlane;
import com.databroker.files.FileRule;
import com.databroker.files.FilesConfig;
import com.databroker.files.Precondition;
import com.databroker.files.Upload;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// A files plane on simulated disks, and the machine around it, which is started again and again.
final class Machine {
    static final Principal SOMEBODY = Principal.broker();

    /// Of what lies there, what it was is kept.
    private static final FilesConfig CONFIG = FilesConfig.defaults()
            .withRules(Map.of("kept", FileRule.of("kept/**").withVersions(3, null)));

    /// What was announced, in all lives.
    final List<FileChange> announced = Collections.synchronizedList(new ArrayList<>());

    Faults faults;
    SimulatedDisk disk;
    SimulatedDisk indexDisk;
    private FilePlane plane;

    Machine(Faults faults) throws IOException {
        this(1, faults);
    }

    Machine(long operationsPerTick, Faults faults) throws IOException {
        this.faults = faults;
        this.disk = SimulatedDisk.empty(operationsPerTick, faults);
        this.indexDisk = SimulatedDisk.empty(operationsPerTick, faults);
        this.plane = open();
    }

    private FilePlane open() throws IOException {
        plane = FilePlane.open(CONFIG, disk, indexDisk, disk::now);
        plane.changes(announced::addAll);
        plane.announceUnsent();
        return plane;
    }

    FilePlane plane() {
        return plane;
    }

    /// Kills the process and starts it again.
    void kill(Faults next) throws IOException {
        killed(next);
        open();
    }

    /// Kills the process and leaves it at that.
    void killed(Faults next) {
        faults = next;
        disk = disk.kill(next);
        indexDisk = indexDisk.kill(next);
    }

    /// Cuts the power and starts everything again.
    void crash(RandomGenerator random, Faults next) throws IOException {
        crashed(random, next);
        open();
    }

    void crashed(RandomGenerator random, Faults next) {
        faults = next;
        disk = disk.crash(random, next);
        indexDisk = indexDisk.crash(random, next);
    }

    FileChange put(String path, String content) {
        return put(path, content, Precondition.NONE);
    }

    FileChange put(String path, String content, Precondition precondition) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return plane.put(path, new ByteArrayInputStream(bytes), bytes.length, precondition, SOMEBODY);
    }

    /// @param pathsAndContents in turn
    List<FileChange> putTogether(List<String> pathsAndContents) {
        List<Upload> uploads = new ArrayList<>();
        try {
            for (int i = 0; i < pathsAndContents.size(); i += 2) {
                byte[] bytes = pathsAndContents.get(i + 1).getBytes(StandardCharsets.UTF_8);
                Upload upload = plane.begin(pathsAndContents.get(i), bytes.length, Precondition.NONE, SOMEBODY);
                uploads.add(upload);
                upload.append(new ByteArrayInputStream(bytes), bytes.length);
            }
            return plane.commit(uploads, Precondition.NONE, FileMetadata.NONE, SOMEBODY);
        } finally {
            uploads.forEach(Upload::close);
        }
    }

    void delete(String path) {
        plane.delete(path, Precondition.NONE, SOMEBODY);
    }

    void move(String from, String to) {
        plane.move(from, to, (_, _) -> {}, SOMEBODY);
    }
}
