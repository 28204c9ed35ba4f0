package com.databroker.objects;

import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Rows of one page as they are read. Whoever takes some before the end is given them while they are still near the
/// processor, and nobody holds them any longer than that.
final class JdbcRows {
    /// Each portion goes through threads of three programs, and whoever waits for it is woken; but the last one is
    /// waited for by all of them.
    static final int TOGETHER = 1000;

    private final JdbcTable table;
    private final int limit;
    private final @Nullable Consumer<List<StoreRow>> some;
    private List<StoreRow> rows = new ArrayList<>();
    private int taken;

    /// @param limit of the page; a row behind it says that there are more
    /// @param some null where all of them are wanted at the end
    JdbcRows(JdbcTable table, int limit, @Nullable Consumer<List<StoreRow>> some) {
        this.table = table;
        this.limit = limit;
        this.some = some;
    }

    /// Whoever takes some has no use for all of them. One more is at hand, so that they go with the first that come.
    int atOnce() {
        return some == null ? 0 : TOGETHER + 1;
    }

    /// The row on which the result stands.
    void read(ResultSet result) throws SQLException {
        StoreRow row = table.read(result);
        // With another one of the page at hand, so that its last row stays here.
        if (some != null && rows.size() == TOGETHER && taken + TOGETHER < limit) {
            taken += TOGETHER;
            some.accept(rows);
            rows = new ArrayList<>();
        }
        rows.add(row);
    }

    /// Whether somebody was given some already: then nothing may be read once more.
    boolean isBegun() {
        return taken > 0;
    }

    StorePage page(long count) {
        boolean more = taken + rows.size() > limit;
        return new StorePage(more ? List.copyOf(rows.subList(0, limit - taken)) : rows, more, count);
    }
}
