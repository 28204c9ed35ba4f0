package com.databroker.streams;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;

/// Says of an id that an index cannot hold it, or that it may: Bloom filters, each twice as large as the
/// one before.
///
/// Almost every record is new, and adding one is much cheaper than looking first for the one it replaces.
/// One 64-bit word decides about an id, in one atomic step. Where the memory for all filters is used up,
/// the last one fills, more ids may be there, and puts become slower, never wrong. For any number of
/// threads, but of one id one at a time.
final class LuceneIds {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int IDS_MIN = 1 << 14;
    private static final int IDS_MAX = 1 << 26;
    private static final int IDS_PER_WORD = 4;

    private final AtomicLong memory;
    private volatile Filter[] filters;
    private volatile boolean known;

    /// @param memory what all filters may still take, in bytes
    /// @param ids how many there will be at least
    /// @param known whether the index holds nothing that is not added here
    LuceneIds(AtomicLong memory, int ids, boolean known) {
        this.memory = memory;
        this.known = known;
        int size = Math.clamp(Integer.highestOneBit(Math.max(ids, 1)) * 2L, IDS_MIN, IDS_MAX);
        filters = new Filter[] {new Filter(size)};
        memory.addAndGet(-filters[0].bytes());
    }

    static long hash(BytesRef id) {
        return StringHelper.murmurhash3_x64_128(id)[0];
    }

    /// Adds what the index holds; until then every id may be there.
    void load(IndexReader reader) throws IOException {
        for (LeafReaderContext leaf : reader.leaves()) {
            Terms terms = leaf.reader().terms(LuceneFields.ID);
            if (terms != null) {
                TermsEnum ids = terms.iterator();
                for (BytesRef id = ids.next(); id != null; id = ids.next()) {
                    insert(hash(id));
                }
            }
        }
        known = true;
    }

    boolean mayHold(long hash) {
        return !known || holds(hash);
    }

    private boolean holds(long hash) {
        for (Filter filter : filters) {
            if (filter.holds(hash)) {
                return true;
            }
        }
        return false;
    }

    /// Adds an id, and says whether the index may have held it before.
    boolean add(long hash) {
        boolean before = known;
        return insert(hash) || !before;
    }

    private boolean insert(long hash) {
        Filter[] all = filters;
        for (int i = 0; i < all.length - 1; i++) {
            if (all[i].holds(hash)) {
                return true;
            }
        }
        Filter last = all[all.length - 1];
        if (last.add(hash)) {
            return true;
        }
        if (last.count.incrementAndGet() == last.ids) {
            grow(last);
        }
        return false;
    }

    private synchronized void grow(Filter last) {
        Filter next = new Filter(Math.min(last.ids * 2, IDS_MAX));
        if (memory.addAndGet(-next.bytes()) < 0) {
            memory.addAndGet(next.bytes());
            return;
        }
        Filter[] more = Arrays.copyOf(filters, filters.length + 1);
        more[filters.length] = next;
        filters = more;
    }

    /// Gives its memory back.
    synchronized void close() {
        for (Filter filter : filters) {
            memory.addAndGet(filter.bytes());
        }
        known = false;
        filters = new Filter[0];
    }

    private static final class Filter {
        private final int ids;
        private final long[] words;
        private final AtomicLong count = new AtomicLong();

        Filter(int ids) {
            this.ids = ids;
            words = new long[ids / IDS_PER_WORD];
        }

        long bytes() {
            return 8L * words.length;
        }

        // The low bits choose the word, five groups of six of the high ones the bits in it.
        private static long mask(long hash) {
            return 1L << (hash >>> 58)
                    | 1L << (hash >>> 52 & 63)
                    | 1L << (hash >>> 46 & 63)
                    | 1L << (hash >>> 40 & 63)
                    | 1L << (hash >>> 34 & 63);
        }

        private int place(long hash) {
            return (int) hash & (words.length - 1);
        }

        boolean holds(long hash) {
            long mask = mask(hash);
            return ((long) WORDS.getVolatile(words, place(hash)) & mask) == mask;
        }

        boolean add(long hash) {
            long mask = mask(hash);
            return ((long) WORDS.getAndBitwiseOr(words, place(hash), mask) & mask) == mask;
        }
    }
}
