package com.databroker.streams;

import com.databroker.core.Trace;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/// A file that somebody put where a stream takes its bodies from.
///
/// @param source name of the stream
/// @param path as people know it
/// @param sha256 of its bytes, lower-case hexadecimal: the same bytes under another name are the same body
/// @param bytes opens it, once or several times
/// @param traceParent the trace in which it came, empty where there is none, see [Trace]
public record InboxFile(String source, String path, String sha256, Opener bytes, String traceParent) {
    /// One that comes with what is under way.
    public InboxFile(String source, String path, String sha256, Opener bytes) {
        this(source, path, sha256, bytes, Trace.current().traceParent());
    }

    /// Opens a file.
    @FunctionalInterface
    public interface Opener {
        /// @throws java.nio.file.NoSuchFileException where it is gone, or is another by now
        InputStream open() throws IOException;
    }

    /// Lists the files that are there now, to whoever takes them.
    @FunctionalInterface
    public interface Present {
        void list(Consumer<InboxFile> to);
    }
}
