package com.databroker.access;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Appends lines to a file of bounded size on a thread of its own, so that a slow disk delays nobody at a door.
///
/// `audit.jsonl` is renamed to `audit.jsonl.1`, that to `audit.jsonl.2`, and the oldest is deleted. Only the broker's
/// user may read them.
final class AuditFile implements AutoCloseable {
    static final int QUEUE_MAX = 8192;

    private static final Logger LOG = LoggerFactory.getLogger(AuditFile.class);
    private static final int BATCH_MAX = 256;
    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    private static final byte[] END = new byte[0];

    private final Path path;
    private final long bytesMax;
    private final int filesMax;
    private final BlockingQueue<byte[]> queue;
    private final LongAdder lost = new LongAdder();
    private final Thread writer;
    private volatile boolean closed;
    private FileChannel channel;
    private boolean broken;

    /// @throws ProblemException DATA_NOT_WRITABLE
    AuditFile(Path path, long bytesMax, int filesMax, int queueMax) {
        this.path = path;
        this.bytesMax = bytesMax;
        this.filesMax = filesMax;
        this.queue = new ArrayBlockingQueue<>(queueMax);
        try {
            this.channel = open(path);
        } catch (IOException refused) {
            throw new ProblemException(
                    Problem.DATA_NOT_WRITABLE, "the audit file " + path + " cannot be opened", refused);
        }
        this.writer = Thread.ofPlatform().name("audit").daemon().unstarted(this::run);
    }

    AuditFile start() {
        writer.start();
        return this;
    }

    private static FileChannel open(Path path) throws IOException {
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return FileChannel.open(path, options);
        }
        FileAttribute<?> ownerOnly = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
        FileChannel channel = FileChannel.open(path, options, ownerOnly);
        // The file may have been there before, with more.
        Files.setPosixFilePermissions(path, OWNER_ONLY);
        return channel;
    }

    /// Whether the line will be written; false where the queue is full.
    boolean offer(byte[] line) {
        return !closed && queue.offer(line);
    }

    /// Lines that were accepted and that the disk refused.
    long lost() {
        return lost.sum();
    }

    private void run() {
        List<byte[]> batch = new ArrayList<>();
        boolean ended = false;
        while (!ended) {
            batch.clear();
            try {
                batch.add(queue.take());
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                return;
            }
            queue.drainTo(batch, BATCH_MAX);
            // Not only the last: a line may have slipped in behind the end.
            ended = batch.stream().anyMatch(line -> line.length == 0);
            write(batch);
        }
    }

    private void write(List<byte[]> batch) {
        for (byte[] line : batch) {
            try {
                if (channel.size() > 0 && channel.size() + line.length > bytesMax) {
                    rotate();
                }
                ByteBuffer bytes = ByteBuffer.wrap(line);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                broken = false;
            } catch (IOException refused) {
                lost.increment();
                if (!broken) {
                    broken = true;
                    LOG.error("audit file={} lines are being lost", path, refused);
                }
                reopen();
            }
        }
    }

    private void rotate() throws IOException {
        channel.close();
        try {
            Files.deleteIfExists(numbered(filesMax - 1));
            for (int i = filesMax - 2; i >= 0; i--) {
                if (Files.exists(numbered(i))) {
                    Files.move(numbered(i), numbered(i + 1), StandardCopyOption.ATOMIC_MOVE);
                }
            }
        } finally {
            channel = open(path);
        }
    }

    private Path numbered(int i) {
        return i == 0 ? path : path.resolveSibling(path.getFileName() + "." + i);
    }

    private void reopen() {
        try {
            channel.close();
            channel = open(path);
        } catch (IOException stillRefused) {
            LOG.debug("audit file={} cannot be opened again yet", path, stillRefused);
        }
    }

    /// Writes what was accepted, and waits for it.
    @Override
    public void close() {
        closed = true;
        try {
            queue.put(END);
            writer.join();
            channel.close();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (IOException failed) {
            LOG.warn("audit file={} was not closed", path, failed);
        }
    }
}
