package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The rows of one answer, which go into the cache as they come, part by part: while these are dealt with the broker
/// makes the next ones. One thread at a time.
final class Incoming implements Consumer<ObjectMessage.Part> {
    private final RowCache cache;
    private final Shape.Known shapes;
    final long birth;

    /// What was asked for, as the answer refers to it, and as it may be served.
    final List<ObjectRef> refs = new ArrayList<>();

    final List<Row> rows = new ArrayList<>();

    /// Many rows refer to the same few objects: whoever finds one of them by one row has found it for all.
    private final Map<ObjectKey, Row.Reference> references = new HashMap<>();

    private @Nullable List<String> names;
    private @Nullable Shape shape;
    private boolean old;

    /// @param birth of the request
    Incoming(RowCache cache, Shape.Known shapes, long birth) {
        this.cache = cache;
        this.shapes = shapes;
        this.birth = birth;
    }

    @Override
    public void accept(ObjectMessage.Part part) {
        take(part.rows(), part.rows().size(), part.at());
    }

    /// @param asked how many of them were asked for; the others came along
    void take(List<ObjectMessage.Row> some, int asked, ObjectPosition at) {
        for (int i = 0; i < some.size(); i++) {
            Row row = row(some.get(i));
            Cached served = cache.offer(row.ref.key(), row, birth, at);
            if (i < asked) {
                refs.add(row.ref);
                old |= served == null;
                rows.add(served instanceof Row its ? its : row);
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // Rows of a type have the very same list.
    private Row row(ObjectMessage.Row wire) {
        List<String> its = ObjectMessage.Row.names(wire.fields());
        Shape known = shape;
        if (known == null || its != names) {
            known = shapes.of(its);
            shape = known;
            names = its;
        }
        return Row.of(wire, known, this::reference);
    }

    private Row.Reference reference(ObjectRef ref) {
        Row.Reference known = references.get(ref.key());
        if (known == null) {
            known = new Row.Reference(ref);
            references.put(ref.key(), known);
        }
        return known;
    }

    /// Whether something that was asked for came older than it may be.
    boolean isOld() {
        return old;
    }
}
