package com.databroker.client;

import java.util.List;
import java.util.stream.Stream;

/// The objects on the other side of a reference, or whatever else a finder finds. Nothing is fetched before
/// it is looked at, and then page by page.
public interface Many<T> extends Iterable<T> {
    /// All of them.
    List<T> list();

    /// All of them, a page at a time.
    Stream<T> stream();

    /// How many there are, without fetching them.
    long count();

    /// The one at a place, from 0.
    ///
    /// @throws IndexOutOfBoundsException where there are fewer
    T get(int index);
}
