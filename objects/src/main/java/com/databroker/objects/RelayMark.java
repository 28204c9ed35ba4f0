package com.databroker.objects;

import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Up to where this server has told the changes of a store, kept over its restarts: what was committed just before a
/// kill is told by the next start.
///
/// It is written behind the telling, so that a kill in between has some changes told twice; their events have the same
/// id then. It is written in place: another file in its place, hundreds of times a second, keeps the disk busy on
/// which the database waits for its own.
final class RelayMark {
    private static final Logger LOG = LoggerFactory.getLogger(RelayMark.class);

    private final Path file;
    private @Nullable Position written;

    RelayMark(Path folder, String store) {
        file = folder.resolve(store + ".told");
    }

    /// @param end of the store's changes now; where to begin unless a place before it is known
    Position read(Position end) {
        try {
            if (Files.exists(file)) {
                Position at = Position.parse(Files.readString(file).strip());
                if (at.epoch() == end.epoch() && at.offset() <= end.offset()) {
                    written = at;
                    return at;
                }
            }
        } catch (IOException | ProblemException unreadable) {
            LOG.atWarn().addKeyValue("file", file).setCause(unreadable).log("begins with the changes from now on");
        }
        write(end);
        return end;
    }

    void write(Position at) {
        if (at.equals(written)) {
            return;
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            // As long for every position, so that nothing is left of the one before.
            String line = "%-60s\n".formatted(at);
            Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            written = at;
        } catch (IOException refused) {
            LOG.atWarn().addKeyValue("file", file).setCause(refused).log("after a kill some changes are told again");
        }
    }
}
