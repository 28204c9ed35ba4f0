package com.databroker.streams;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.DocValuesSkipper;
import org.apache.lucene.index.IndexCommit;
import org.apache.lucene.index.IndexDeletionPolicy;
import org.apache.lucene.index.IndexFormatTooNewException;
import org.apache.lucene.index.IndexFormatTooOldException;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderManager;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.index.Term;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.IOUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The index of what arrived on one day of one stream.
///
/// It keeps its last two commits, so that a newest one that cannot be read has one before it. For any
/// number of threads; closed by its stream when nobody puts into it any more.
final class LuceneDay {
    /// When it happened, and when it arrived: columns, in microseconds.
    static final String TIME = "_time";

    static final String ARRIVED = "_arrived";

    private static final Logger LOG = LoggerFactory.getLogger(LuceneDay.class);
    private static final String BROKEN = ".broken";
    private static final String COMMIT = "segments_";

    /// A day with so many parts, and no larger, is made one when it is over.
    private static final int PARTS_MAX = 3;

    private static final long SETTLED_BYTES_MAX = 2L << 30;

    /// Put off by the refresh, which comes many times a second: it is never full.
    private static final double BUFFER_MB = 48;

    private final LocalDate date;
    private final Path folder;
    private final Directory directory;
    private final IndexWriter writer;
    private final ReaderManager readers;
    private final LuceneIds ids;
    private boolean settling;

    private LuceneDay(Path folder, LocalDate date, AtomicLong memory) throws IOException {
        this.folder = folder;
        this.date = date;
        directory = FSDirectory.open(folder);
        IndexWriter opened = null;
        try {
            opened = new IndexWriter(directory, config());
            readers = new ReaderManager(DirectoryReader.open(opened));
            writer = opened;
        } catch (IOException | RuntimeException failed) {
            if (opened != null) {
                opened.rollback();
            }
            IOUtils.closeWhileHandlingException(directory);
            throw failed;
        }
        DirectoryReader reader = readers.acquire();
        ids = new LuceneIds(memory, reader.maxDoc(), reader.maxDoc() == 0);
        if (reader.maxDoc() == 0) {
            readers.release(reader);
        } else {
            Thread.ofPlatform().daemon().name("hot-ids-" + date).start(() -> loadIds(reader));
        }
    }

    private void loadIds(DirectoryReader reader) {
        try {
            ids.load(reader);
        } catch (IOException | RuntimeException unread) {
            // Every id may be there then: puts are slower, and right. Whoever searches finds out what is broken.
            LOG.atWarn().addKeyValue("folder", folder).setCause(unread).log("the ids of a day cannot be read");
        } finally {
            release(reader);
        }
    }

    private static IndexWriterConfig config() {
        IndexWriterConfig config = new IndexWriterConfig(LuceneText.ANALYZER);
        config.setCodec(new LuceneCodec());
        config.setRAMBufferSizeMB(BUFFER_MB);
        config.setIndexDeletionPolicy(new LastTwo());
        config.setUseCompoundFile(false);
        // Answers begin with the newest: once there are enough, whole parts of the index need no look.
        config.setLeafSorter(Comparator.comparingLong(LuceneDay::newestTime).reversed());
        return config;
    }

    private static long newestTime(LeafReader leaf) {
        try {
            DocValuesSkipper skipper = leaf.getDocValuesSkipper(TIME);
            return skipper == null ? Long.MIN_VALUE : skipper.maxValue();
        } catch (IOException unreadable) {
            // The order is for speed only; a search tells what is broken.
            return Long.MIN_VALUE;
        }
    }

    /// Opens or makes the index in a folder. A commit that cannot be read is passed over for the one
    /// before, a folder without a readable one is set aside; `damage` is told in one sentence.
    static LuceneDay open(Path folder, LocalDate date, AtomicLong memory, Consumer<String> damage) throws IOException {
        while (true) {
            try {
                Files.createDirectories(folder);
                return new LuceneDay(folder, date, memory);
            } catch (CorruptIndexException
                    | IndexFormatTooOldException
                    | IndexFormatTooNewException
                    | NoSuchFileException
                    | FileNotFoundException
                    | EOFException broken) {
                LOG.atWarn().addKeyValue("folder", folder).setCause(broken).log("an index cannot be opened");
                if (withoutNewestCommit(folder)) {
                    damage.accept(date
                            + ": the newest commit cannot be read, so what arrived since the one before is missing");
                } else {
                    setAside(folder);
                    damage.accept("the index cannot be read, so what arrived before is missing");
                }
            }
        }
    }

    /// Puts the newest of several commits out of the way.
    private static boolean withoutNewestCommit(Path folder) throws IOException {
        List<Path> commits = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> name(file).startsWith(COMMIT)).forEach(commits::add);
        }
        Optional<Path> newest = commits.stream()
                .max(Comparator.comparingLong(file -> SegmentInfos.generationFromSegmentsFileName(name(file))));
        if (commits.size() < 2 || newest.isEmpty()) {
            return false;
        }
        Files.move(newest.get(), folder.resolve("broken_" + name(newest.get())));
        return true;
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /// Renames a folder to one that no day has.
    static void setAside(Path folder) throws IOException {
        Path aside = folder.resolveSibling(name(folder) + BROKEN);
        for (int i = 2; Files.exists(aside); i++) {
            aside = folder.resolveSibling(name(folder) + BROKEN + "-" + i);
        }
        Files.move(folder, aside);
        LOG.atWarn().addKeyValue("folder", aside).log("a broken index is set aside");
    }

    /// The days that there are, and what else lies there, in the order of their names.
    static List<Path> folders(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isDirectory).sorted().toList();
        }
    }

    /// The day of a folder, set aside or not; null where it is of something else.
    static @Nullable LocalDate date(Path folder) {
        String text = String.valueOf(folder.getFileName());
        try {
            return LocalDate.parse(text.length() > 10 ? text.substring(0, 10) : text);
        } catch (DateTimeParseException foreign) {
            return null;
        }
    }

    /// Whether a folder was set aside.
    static boolean isAside(Path folder) {
        return name(folder).contains(BROKEN);
    }

    LocalDate date() {
        return date;
    }

    Path folder() {
        return folder;
    }

    LuceneIds ids() {
        return ids;
    }

    /// @param replaces whether one of that id may be there already
    void put(Term id, List<IndexableField> document, boolean replaces) throws IOException {
        if (replaces) {
            writer.updateDocument(id, document);
        } else {
            writer.addDocument(document);
        }
    }

    void remove(Term id) throws IOException {
        writer.deleteDocuments(id);
    }

    /// Takes out what arrived before, in microseconds; the next merges free its room.
    void removeBefore(long arrived) throws IOException {
        writer.deleteDocuments(NumericDocValuesField.newSlowRangeQuery(ARRIVED, Long.MIN_VALUE, arrived - 1));
        writer.commit();
        writer.maybeMerge();
    }

    /// Of a day that is over makes one part of many, since every search has to look into each. To be
    /// called now and then; it is done in the background.
    ///
    /// @return whether it is being done
    synchronized boolean settle() throws IOException {
        try {
            if (!writer.hasPendingMerges() && writer.getMergingSegments().isEmpty()) {
                settleOnce();
            }
            return settling;
        } catch (AlreadyClosedException droppedMeanwhile) {
            // There is nothing left to be made smaller.
            return false;
        }
    }

    private void settleOnce() throws IOException {
        if (settling) {
            settling = false;
            readers.maybeRefresh();
            // The last two commits are kept: so that the parts that were merged are in neither, there are two more.
            for (int i = 0; i < 2; i++) {
                writer.setLiveCommitData(Map.of("settled", date.toString()).entrySet());
                writer.commit();
            }
        } else if (parts() > PARTS_MAX && bytes() <= SETTLED_BYTES_MAX) {
            settling = true;
            writer.forceMerge(1, false);
        }
    }

    private int parts() throws IOException {
        DirectoryReader reader = acquire();
        try {
            return reader.leaves().size();
        } finally {
            release(reader);
        }
    }

    /// Frees the room of everything that was taken out.
    void shrink() throws IOException {
        writer.forceMergeDeletes(true);
        writer.commit();
        writer.deleteUnusedFiles();
    }

    /// Whether a failure closed it, so that it has to be opened again.
    boolean isLost() {
        return !writer.isOpen();
    }

    void commit() throws IOException {
        writer.commit();
    }

    void refresh() throws IOException {
        readers.maybeRefreshBlocking();
    }

    /// To be given back by [#release].
    DirectoryReader acquire() throws IOException {
        return readers.acquire();
    }

    void release(DirectoryReader reader) {
        try {
            readers.release(reader);
        } catch (IOException failed) {
            // Nothing depends on a reader that nobody reads.
            LOG.atDebug().addKeyValue("folder", folder).setCause(failed).log("a reader cannot be closed");
        }
    }

    /// When the first and the last arrived of what it holds, in microseconds; null where it is empty.
    StreamQueryValues.@Nullable Span arrivals() throws IOException {
        DirectoryReader reader = acquire();
        try {
            return reader.numDocs() == 0
                    ? null
                    : new StreamQueryValues.Span(
                            DocValuesSkipper.globalMinValue(reader, ARRIVED),
                            DocValuesSkipper.globalMaxValue(reader, ARRIVED));
        } finally {
            release(reader);
        }
    }

    /// Compares every file with its check sum.
    ///
    /// @throws CorruptIndexException where one is broken
    void check() throws IOException {
        DirectoryReader reader = acquire();
        try {
            for (LeafReaderContext leaf : reader.leaves()) {
                if (leaf.reader() instanceof CodecReader codec) {
                    codec.checkIntegrity();
                }
            }
        } finally {
            release(reader);
        }
    }

    long bytes() throws IOException {
        return bytes(folder);
    }

    static long bytes(Path folder) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                try {
                    bytes += Files.size(file);
                } catch (NoSuchFileException mergedMeanwhile) {
                    // It takes no room any more.
                }
            }
        }
        return bytes;
    }

    /// Commits and closes. Nobody waits for merges: what they would have made can be made again.
    void close() throws IOException {
        ids.close();
        try {
            if (writer.isOpen()) {
                writer.commit();
            }
        } finally {
            IOUtils.close(writer::rollback, readers, directory);
        }
    }

    /// Closes without a commit, whatever state it is in.
    void abandon() {
        ids.close();
        try {
            writer.rollback();
        } catch (IOException | RuntimeException lostAnyway) {
            LOG.atDebug().addKeyValue("folder", folder).setCause(lostAnyway).log("an index cannot be rolled back");
        }
        IOUtils.closeWhileHandlingException(readers, directory);
    }

    private static final class LastTwo extends IndexDeletionPolicy {
        @Override
        public void onInit(List<? extends IndexCommit> commits) {
            onCommit(commits);
        }

        @Override
        public void onCommit(List<? extends IndexCommit> commits) {
            for (int i = 0; i < commits.size() - 2; i++) {
                commits.get(i).delete();
            }
        }
    }
}
