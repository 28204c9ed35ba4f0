package com.databroker.objects.spi;

import com.databroker.core.ObjectMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What became of a commit.
public sealed interface StoreOutcome {
    /// Everything was changed, and is safe.
    ///
    /// @param rows of each operation, in their order, what it made; null where it deleted
    /// @param change as it is told
    record Done(List<@Nullable StoreRow> rows, StoreChange change) implements StoreOutcome {}

    /// Nothing was changed.
    record Conflicted(List<ObjectMessage.FieldConflict> conflicts) implements StoreOutcome {}
}
