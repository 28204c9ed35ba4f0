package com.databroker.sources;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a definition has to keep to as a whole: all that it does not is told together, since whoever corrects one
/// thing at a time asks as often as there are mistakes.
final class DefinedRules {
    private final List<IllegalArgumentException> broken = new ArrayList<>();

    void need(boolean holds, @Nullable String otherwise) {
        if (!holds) {
            broken.add(new IllegalArgumentException(otherwise));
        }
    }

    /// As [#need] of what throws where it is not kept.
    void keep(Runnable rule) {
        try {
            rule.run();
        } catch (IllegalArgumentException not) {
            broken.add(not);
        }
    }

    /// @throws IllegalArgumentException the first that was not kept, the others suppressed in it
    void end() {
        if (!broken.isEmpty()) {
            IllegalArgumentException first = broken.getFirst();
            broken.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
    }
}
