package com.databroker.streams;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.util.BytesRef;

/// What the index gets of a record: its fields to be found by, its id and times, and itself as JSON.
final class LuceneDocument {
    /// One buffer a thread for the record as it is stored: Lucene has copied it when a put returns.
    private static final ThreadLocal<Stored> STORED = ThreadLocal.withInitial(Stored::new);

    private static final class Stored extends ByteArrayOutputStream {
        Stored() {
            super(8192);
        }

        BytesRef bytes() {
            return new BytesRef(buf, 0, count);
        }
    }

    private LuceneDocument() {}

    /// Good until the next one of the same thread.
    static List<IndexableField> of(LuceneFields fields, Arrival arrival, long arrived, BytesRef id) {
        List<IndexableField> document = new ArrayList<>(48);
        fields.add(arrival.record(), always -> true, document);
        document.add(new BinaryDocValuesField(LuceneSearch.ID, id));
        document.add(NumericDocValuesField.indexedField(LuceneDay.TIME, arrival.time()));
        document.add(NumericDocValuesField.indexedField(LuceneDay.ARRIVED, arrived));
        Stored stored = STORED.get();
        stored.reset();
        RecordJson.write(arrival.record(), stored, LuceneSearch.header(arrival.time(), arrived));
        document.add(new StoredField(LuceneSearch.RECORD, stored.bytes()));
        return document;
    }
}
