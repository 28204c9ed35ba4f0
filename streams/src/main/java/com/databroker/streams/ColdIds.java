package com.databroker.streams;

import java.io.IOException;
import java.time.LocalDate;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The ids in a cold table, for the job that lets none of them through again.
final class ColdIds implements Repeats.Earlier {
    private static final long serialVersionUID = 1;

    private final String location;
    private final Source source;
    private transient @Nullable ColdTable table;

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
    public void ids(LocalDate date, Consumer<String> to) throws IOException {
        table().scan(ColdScan.ALL.of(date).ids(), row -> {
            to.accept(row.id());
            return true;
        });
    }

    @Override
    public boolean has(LocalDate date, String id) throws IOException {
        AtomicBoolean found = new AtomicBoolean();
        table().scan(ColdScan.ALL.of(date).withId(id).ids(), row -> {
            found.set(true);
            return false;
        });
        return found.get();
    }
}
