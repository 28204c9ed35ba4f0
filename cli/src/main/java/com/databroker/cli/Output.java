package com.databroker.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Standard output, which knows why it could not be written: a [PrintStream] keeps that to itself.
///
/// Always UTF-8, whatever the locale: what passes through is, and so is what we say.
final class Output extends PrintStream {
    private static final int BUFFER = 1 << 16;

    private final Watched watched;
    private final BooleanSupplier pipe;

    /// @param pipe whether somebody reads what is written, who may go; asked where it could not be written
    Output(OutputStream to, BooleanSupplier pipe) {
        this(new Watched(to), pipe);
    }

    private Output(Watched watched, BooleanSupplier pipe) {
        super(new BufferedOutputStream(watched, BUFFER), false, StandardCharsets.UTF_8);
        this.watched = watched;
        this.pipe = pipe;
    }

    /// Why not everything that was printed is written; null where it is.
    @Nullable
    IOException failure() {
        return checkError() ? watched.failure == null ? new IOException("it is closed") : watched.failure : null;
    }

    /// Whether whoever read it has gone, as `head` does when it has enough: that is nobody's mistake.
    boolean isLeft() {
        IOException failure = failure();
        // The words alone would not do: they are those of the system, in the language of the user.
        return failure != null && ("Broken pipe".equals(failure.getMessage()) || pipe.getAsBoolean());
    }

    /// Notes the first failure.
    private static final class Watched extends OutputStream {
        private final OutputStream to;
        private volatile @Nullable IOException failure;

        Watched(OutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            try {
                to.write(bytes, from, count);
            } catch (IOException failed) {
                failure = failure == null ? failed : failure;
                throw failed;
            }
        }

        @Override
        public void flush() throws IOException {
            to.flush();
        }
    }
}
