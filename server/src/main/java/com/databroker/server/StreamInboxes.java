package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FileEntry;
import com.databroker.files.FilePlane;
import com.databroker.files.Listing;
import com.databroker.files.OpenFile;
import com.databroker.streams.InboxFile;
import com.databroker.streams.StreamPlane;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The folders `inbox/<stream>/` of the files plane, whose files the streams plane takes in, by whatever way they
/// came there.
final class StreamInboxes implements InboxFile.Present {
    private static final String INBOX = "inbox/";

    private final FilePlane files;
    private final StreamPlane streams;

    StreamInboxes(FilePlane files, StreamPlane streams) {
        this.files = files;
        this.streams = streams;
    }

    /// Hears what became of files.
    void changed(List<FileChange> changes) {
        for (FileChange change : changes) {
            String stream = stream(change.path());
            if (stream != null && change.kind() != FileChange.Kind.DELETED) {
                streams.offer(file(stream, change.path(), change.sha256()));
            }
        }
    }

    /// The stream in whose inbox a path is, null where it is in none.
    private @Nullable String stream(String path) {
        if (!path.startsWith(INBOX)) {
            return null;
        }
        int slash = path.indexOf('/', INBOX.length());
        String name = slash < 0 ? "" : path.substring(INBOX.length(), slash);
        return streams.sources().stream().anyMatch(source -> source.name().equals(name)) ? name : null;
    }

    /// What lies there already: what came while the broker was down, and what it had not finished.
    @Override
    public void list(Consumer<InboxFile> to) {
        streams.sources().forEach(source -> list(source.name(), INBOX + source.name(), to));
    }

    private void list(String stream, String folder, Consumer<InboxFile> to) {
        String after = "";
        while (after != null) {
            Listing page;
            try {
                page = files.list(
                        folder,
                        new Listing.Query("", Listing.Sort.NAME, false, after, Listing.Query.LIMIT_MAX),
                        (path, isFolder) -> true);
            } catch (ProblemException absent) {
                if (absent.problem() == Problem.FILE_NOT_FOUND) {
                    return;
                }
                throw absent;
            }
            for (FileEntry entry : page.entries()) {
                if (entry.folder()) {
                    list(stream, entry.path(), to);
                } else if (entry.version() > 0) {
                    to.accept(file(stream, entry.path(), entry.sha256()));
                }
            }
            after = page.next();
        }
    }

    private InboxFile file(String stream, String path, String sha256) {
        return new InboxFile(stream, path, sha256, () -> open(path, sha256));
    }

    /// The file as it was announced; what stands there by now under another hash is announced itself.
    private InputStream open(String path, String sha256) throws IOException {
        OpenFile file;
        try {
            file = files.read(path);
        } catch (ProblemException gone) {
            if (gone.problem() == Problem.FILE_NOT_FOUND) {
                throw new NoSuchFileException(path);
            }
            throw new IOException(gone.line(), gone);
        }
        if (!file.entry().sha256().equals(sha256)) {
            file.close();
            throw new NoSuchFileException(path);
        }
        Bytes small = file.bytes();
        return small == null
                ? new StillFile(file.channel(), path, file.entry().size(), sha256)
                : new ByteArrayInputStream(small.toArray());
    }
}
