package com.databroker.files;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What a door has made of one version of a file, made once for all who ask for it.
final class Memo {
    private volatile @Nullable Object made;

    <T> T get(Class<T> type, Supplier<T> maker) {
        Object known = made;
        if (!type.isInstance(known)) {
            known = maker.get();
            made = known;
        }
        return type.cast(known);
    }
}
