package com.databroker.streams;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.lucene.document.DoubleField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KeywordField;
import org.apache.lucene.document.LongField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.NumericUtils;

/// How the fields of a schema are found: names as people write them, and what the index holds of a value.
///
/// | type | in the index |
/// | --- | --- |
/// | KEYWORD | one term, up to [#KEYWORD_BYTES_MAX] bytes, and a sorted value; a longer one is kept and not found |
/// | TEXT | words with places |
/// | INT, LONG, TIME, DOUBLE | a point and a value |
/// | BOOL | the term `true` or `false`, and a sorted value |
/// | JSON | nothing |
///
/// Answers are in the order of time, so nothing is kept that would rank them: no frequencies without
/// places, no norms. Immutable.
final class LuceneFields {
    static final int KEYWORD_BYTES_MAX = 8192;

    /// Terms: which texts a record has. Texts have no column to ask.
    static final String TEXTS = "_texts";

    static final String ID = "id";

    private static final org.apache.lucene.document.FieldType WORDS = words();
    private static final BytesRef TRUE = new BytesRef("true");
    private static final BytesRef FALSE = new BytesRef("false");

    private final Leaf[] leaves;
    private final Map<String, FieldType.Scalar> types = new TreeMap<>();

    /// A field or what is within it.
    private record Leaf(String name, int place, FieldType element, List<Leaf> inner) {}

    LuceneFields(Schema schema) {
        leaves = leaves("", schema).toArray(new Leaf[0]);
    }

    private List<Leaf> leaves(String outer, Schema schema) {
        List<Leaf> all = new ArrayList<>();
        for (int i = 0; i < schema.size(); i++) {
            String name = outer + schema.field(i).name();
            FieldType type = schema.field(i).type();
            FieldType element = type instanceof FieldType.ListOf list ? list.element() : type;
            switch (element) {
                case FieldType.StructOf struct ->
                    all.add(new Leaf(name, i, element, leaves(name + ".", struct.schema())));
                case FieldType.Scalar scalar -> {
                    types.put(name, scalar);
                    all.add(new Leaf(name, i, element, List.of()));
                }
                case FieldType.ListOf never -> throw new IllegalArgumentException(name + " is a list of lists");
            }
        }
        return all;
    }

    private static org.apache.lucene.document.FieldType words() {
        var type = new org.apache.lucene.document.FieldType(TextField.TYPE_NOT_STORED);
        type.setOmitNorms(true);
        type.setIndexOptions(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS);
        type.freeze();
        return type;
    }

    /// The types of all fields that can be named in a query, by name.
    Map<String, FieldType.Scalar> types() {
        return types;
    }

    /// Gives to `into` what the index holds of those fields of a record that `wanted` names.
    void add(DataRecord record, Predicate<String> wanted, List<IndexableField> into) {
        for (Leaf leaf : leaves) {
            add(leaf, record, wanted, into);
        }
    }

    private static void add(Leaf leaf, DataRecord record, Predicate<String> wanted, List<IndexableField> into) {
        Object value = record.get(leaf.place);
        if (value instanceof List<?> all) {
            for (Object element : all) {
                addOne(leaf, element, wanted, into);
            }
        } else if (value != null) {
            addOne(leaf, value, wanted, into);
        }
    }

    private static void addOne(Leaf leaf, Object value, Predicate<String> wanted, List<IndexableField> into) {
        if (leaf.element instanceof FieldType.Scalar type) {
            if (type == FieldType.Scalar.TEXT && wanted.test(TEXTS)) {
                into.add(new StringField(TEXTS, new BytesRef(leaf.name), Field.Store.NO));
            }
            if (wanted.test(leaf.name)) {
                addScalar(leaf.name, type, value, into);
            }
        } else {
            for (Leaf inner : leaf.inner) {
                add(inner, (DataRecord) value, wanted, into);
            }
        }
    }

    private static void addScalar(String name, FieldType.Scalar type, Object value, List<IndexableField> into) {
        switch (type) {
            case KEYWORD -> {
                BytesRef term = new BytesRef((String) value);
                if (name.equals(ID)) {
                    into.add(new StringField(name, term, Field.Store.NO));
                } else if (term.length <= KEYWORD_BYTES_MAX) {
                    into.add(new KeywordField(name, term, Field.Store.NO));
                }
            }
            case TEXT -> into.add(new Field(name, (String) value, WORDS));
            case INT -> into.add(new LongField(name, (Integer) value, Field.Store.NO));
            case LONG, TIME -> into.add(new LongField(name, (Long) value, Field.Store.NO));
            case DOUBLE -> {
                double number = (Double) value;
                if (!Double.isNaN(number)) {
                    // Minus zero would lie below zero.
                    into.add(new DoubleField(name, number == 0 ? 0.0 : number, Field.Store.NO));
                }
            }
            case BOOL -> into.add(new KeywordField(name, (Boolean) value ? TRUE : FALSE, Field.Store.NO));
            case JSON -> {
                // Kept with the record; nothing of it is found.
            }
        }
    }

    /// Finds numbers from `low` to `high`, both included.
    static Query range(String name, long low, long high) {
        return LongField.newRangeQuery(name, low, high);
    }

    /// Finds numbers from `low` to `high`, both included.
    static Query range(String name, double low, double high) {
        return DoubleField.newRangeQuery(name, low, high);
    }

    /// A facet's name for a number as it stands in the index.
    static String label(FieldType.Scalar type, long value) {
        return switch (type) {
            case DOUBLE -> Double.toString(NumericUtils.sortableLongToDouble(value));
            case TIME -> RecordJson.time(value);
            default -> Long.toString(value);
        };
    }
}
