package com.databroker.streams;

import java.io.IOException;
import java.time.LocalDate;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What the cold table knows, for the step that drops repeats.
///
/// That step asks for the same id again until it is there. Files do not change, so those that were looked
/// through for it once are not opened again.
final class ColdIds implements Repeats.Earlier {
    private static final long serialVersionUID = 1;

    private final String location;
    private final Source source;
    private transient @Nullable ColdTable table;
    private transient @Nullable String asked;
    private transient @Nullable Set<String> lookedThrough;

    ColdIds(String location, Source source) {
        this.location = location;
        this.source = source;
    }

    private ColdTable table() throws IOException {
        ColdTable open = table;
        if (open == null) {
            open = ColdTable.open(location, source);
            table = open;
        }
        return open;
    }

    @Override
    public Map<LocalDate, Long> partitions() throws IOException {
        return table().partitions();
    }

    @Override
    public void ids(LocalDate date, Consumer<String> to) throws IOException {
        table().scan(
                        ColdScan.ALL
                                .of(ColdColumns.date(source.granularity(), date))
                                .ids(),
                        row -> {
                            to.accept(row.id());
                            return true;
                        });
    }

    @Override
    public boolean has(LocalDate date, String id) throws IOException {
        Set<String> before = lookedThrough;
        if (before == null || !id.equals(asked)) {
            before = new HashSet<>();
            lookedThrough = before;
            asked = id;
        }
        ColdScan what = ColdScan.ALL
                .of(ColdColumns.date(source.granularity(), date))
                .withId(id)
                .ids();
        return new ColdReader(table(), what).has(before);
    }
}
