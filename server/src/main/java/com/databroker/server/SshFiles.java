package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.access.Session;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FileEntry;
import com.databroker.files.FileMetadata;
import com.databroker.files.FilePlane;
import com.databroker.files.Listing;
import com.databroker.files.OpenFile;
import com.databroker.files.Precondition;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The files plane as one SSH session may use it. Grants are asked for with every operation: they may change
/// while the session lasts. What a client may not see is not there for it.
final class SshFiles {
    private static final int PAGE = 100;
    private static final long NANOS = 1_000_000_000L;

    private final FilePlane plane;
    private final Gate gate;
    private final Session session;
    private final String address;

    SshFiles(FilePlane plane, Gate gate, Session session, String address) {
        this.plane = plane;
        this.gate = gate;
        this.session = session;
        this.address = address;
    }

    FilePlane plane() {
        return plane;
    }

    /// @throws ProblemException [Problem#ACCESS_REVOKED]
    Principal principal() {
        if (!session.isOpen()) {
            throw new ProblemException(Problem.ACCESS_REVOKED, "the credential or its user is no longer valid");
        }
        return session.principal();
    }

    /// @throws ProblemException [Problem#FORBIDDEN], [Problem#PATH_INVALID], [Problem#ACCESS_REVOKED]
    Principal require(Action action, String path) {
        FileGrants.checkName(path);
        Principal principal = principal();
        FileGrants.require(gate, principal, action, path, address, SshUsers.DOOR);
        return principal;
    }

    private boolean isVisible(String path, boolean folder) {
        return path.isEmpty() || FileGrants.isVisible(principal(), path, folder);
    }

    /// @throws ProblemException [Problem#FILE_NOT_FOUND] also where the client may not see it
    FileEntry stat(String path) {
        Optional<FileEntry> entry = plane.stat(path);
        if (entry.isEmpty() || !isVisible(path, entry.get().folder())) {
            throw new ProblemException(Problem.FILE_NOT_FOUND, "there is no file or folder " + path);
        }
        return entry.get();
    }

    SshHandle.Reading read(String path) {
        require(Action.READ, path);
        OpenFile file = plane.read(path);
        if (file.entry().folder()) {
            throw new ProblemException(Problem.PATH_CONFLICT, path + " is a folder");
        }
        return new SshHandle.Reading(file);
    }

    /// Gives a file that is there another time of modification. That of a folder tells when something in it changed,
    /// and stays.
    ///
    /// @param seconds since 1970, -1 where nothing is asked for
    /// @throws ProblemException [Problem#FILE_NOT_FOUND], [Problem#FORBIDDEN]
    void setModified(String path, long seconds) {
        Optional<FileEntry> there = plane.stat(path);
        // Who may write it need not see it to know that it is there.
        FileEntry entry = there.isPresent() && !path.isEmpty() && FileGrants.may(principal(), Action.WRITE, path)
                ? there.get()
                : stat(path);
        if (seconds >= 0 && !entry.folder()) {
            require(Action.WRITE, path);
            plane.setModified(path, Instant.ofEpochSecond(seconds));
        }
    }

    /// How a file is opened for writing.
    ///
    /// @param create makes it where it is missing
    /// @param exclusive refuses where it is there
    /// @param truncate begins with nothing, where otherwise its bytes are there
    /// @param append writes at the end, wherever the client says
    /// @param read gives back what is written
    record Opening(boolean create, boolean exclusive, boolean truncate, boolean append, boolean read) {}

    SshWriting write(String path, Opening how) {
        Principal principal = require(Action.WRITE, path);
        if (how.read) {
            require(Action.READ, path);
        }
        Optional<FileEntry> before = plane.stat(path).filter(entry -> !entry.folder());
        if (before.isEmpty() && !how.create) {
            throw new ProblemException(Problem.FILE_NOT_FOUND, "there is no file " + path);
        }
        if (how.create && how.exclusive) {
            return begin(path, Precondition.absent(), null, how, principal);
        }
        if (before.isEmpty() || how.truncate) {
            return begin(path, Precondition.NONE, null, how, principal);
        }
        OpenFile old = plane.read(path);
        try {
            // What is written is meant for these bytes, and for no others that came meanwhile.
            return begin(path, Precondition.version(old.entry().etag()), old, how, principal);
        } catch (RuntimeException refused) {
            old.close();
            throw refused;
        }
    }

    private SshWriting begin(
            String path, Precondition precondition, @Nullable OpenFile old, Opening how, Principal principal) {
        return new SshWriting(plane.begin(path, -1, precondition, principal), precondition, old, how.append, how.read);
    }

    /// The client closed the file: now, and only now, it becomes the file at its path.
    void commit(SshWriting writing) {
        writing.finish();
        if (writing.isChanged()) {
            // A transfer may take hours; who may not write any more when it ends has not written.
            require(Action.WRITE, writing.upload.path());
            if (writing.modified() >= 0) {
                writing.upload.setModified(writing.modified() * NANOS);
            }
            writing.upload.commit(writing.precondition, FileMetadata.NONE);
        }
    }

    /// What is known of a file that is being written.
    FileEntry draft(SshWriting writing) {
        String path = writing.upload.path();
        Instant modified = Instant.ofEpochSecond(Math.max(0, writing.modified()));
        return new FileEntry(
                path,
                path.substring(path.lastIndexOf('/') + 1),
                false,
                writing.size(),
                "",
                "",
                0,
                modified,
                principal().name(),
                FileMetadata.NONE);
    }

    /// @throws ProblemException [Problem#FILE_NOT_FOUND]
    SshHandle.Folder folder(String path) {
        if (!stat(path).folder()) {
            throw new ProblemException(Problem.PATH_CONFLICT, path + " is not a folder");
        }
        return new SshHandle.Folder(path);
    }

    /// The next names of a folder.
    List<FileEntry> next(SshHandle.Folder folder) {
        Listing page = plane.list(
                folder.path,
                new Listing.Query("", Listing.Sort.NAME, false, folder.after == null ? "" : folder.after, PAGE),
                this::isVisible);
        folder.begun = true;
        folder.after = page.next();
        return page.entries();
    }

    void delete(String path, boolean folder) {
        FileGrants.checkMayGo(path);
        if (path.isEmpty()) {
            throw new ProblemException(Problem.PATH_INVALID, "the folder of all files cannot be deleted");
        }
        Principal principal = require(Action.DELETE, path);
        if (stat(path).folder() != folder) {
            throw new ProblemException(
                    Problem.PATH_CONFLICT, path + (folder ? " is not a folder" : " is a folder: use rmdir"));
        }
        plane.delete(path, Precondition.NONE, principal);
    }

    /// Whoever may write something below a folder may make it.
    void makeFolder(String path) {
        FileGrants.checkName(path);
        if (path.isEmpty() || path.equals(FileGrants.USERS_FILE)) {
            throw new ProblemException(Problem.PATH_CONFLICT, "/" + path + " is there");
        }
        requireFolder(path);
        if (plane.stat(path).isPresent()) {
            throw new ProblemException(Problem.PATH_CONFLICT, path + " is there");
        }
        plane.makeFolder(path);
    }

    private void requireFolder(String path) {
        if (!principal().mayOverlap(Action.WRITE, Pattern.of(path + "/**"))) {
            require(Action.WRITE, path);
        }
    }

    /// @param replaces whether a file that is there goes
    void move(String from, String to, boolean replaces) {
        Principal principal = principal();
        if (stat(from).folder()) {
            // It may be empty, and no file is asked for then.
            require(Action.DELETE, from);
            requireFolder(to);
        }
        if (!replaces && plane.stat(to).isPresent()) {
            throw new ProblemException(Problem.PATH_CONFLICT, to + " is there");
        }
        plane.move(from, to, this::requireMove, principal);
    }

    private void requireMove(String from, String to) {
        FileGrants.checkMayGo(from);
        if (to.equals(FileGrants.USERS_FILE)) {
            throw new ProblemException(Problem.FORBIDDEN, "the users file is uploaded, not renamed to");
        }
        require(Action.READ, from);
        require(Action.DELETE, from);
        require(Action.WRITE, to);
    }
}
