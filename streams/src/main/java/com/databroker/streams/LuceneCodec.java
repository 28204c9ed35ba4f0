package com.databroker.streams;

import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.StoredFieldsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene90.compressing.Lucene90CompressingStoredFieldsFormat;

/// Lucene's own form of an index, but for the records themselves, which are packed more lightly: they stay for
/// ten days only, and Lucene's way looks long for what they have in common.
///
/// Public, and named in META-INF/services, because Lucene finds by the name that stands in an index who reads it.
public final class LuceneCodec extends FilterCodec {
    private static final String NAME = "Databroker1";
    private static final int CHUNK_BYTES = 16 << 10;
    private static final int CHUNK_RECORDS = 128;
    private static final int INDEX_BLOCK = 10;

    private final StoredFieldsFormat stored = new Lucene90CompressingStoredFieldsFormat(
            NAME, new LuceneCompression(), CHUNK_BYTES, CHUNK_RECORDS, INDEX_BLOCK);

    /// What is in an index of this name never changes; another form gets another name.
    public LuceneCodec() {
        super(NAME, new Lucene104Codec());
    }

    @Override
    public StoredFieldsFormat storedFieldsFormat() {
        return stored;
    }
}
