package com.databroker.objects.spi;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Objects of some types, kept somewhere. Any number of threads ask at once, and wait for the answer.
///
/// Values are those of the wire, with two differences: a reference is an [ObjectKey] without a
/// capability, and every value that comes in was made to fit the kind of its field before ([Values]).
/// What cannot be done is a [com.databroker.core.ProblemException], and then nothing was changed.
///
/// Everything that is changed by [#commit] is found by [#changes], in the same transaction or not at all,
/// whoever calls it and whatever happens to this process.
public interface ObjectStore extends AutoCloseable {
    /// Its name in the configuration, in positions and in topics.
    String name();

    /// What it can do and what it cannot.
    StoreTraits traits();

    /// Its types, as [StoreOverlay] wants them: what is hidden is not there. Rights in them are left
    /// empty.
    List<ObjectTypes.Type> types();

    /// Looks at what the back-end has again; [#types] gives what was found.
    void refresh();

    /// The rows of one type that are there, in any order. As [#find] it has seen what [#changes] gave before: who
    /// was told of a change, or need not be told of it, takes what is read then for true.
    List<StoreRow> load(String type, Collection<ObjectKey> keys);

    /// As [#load], for a thread that must not wait: out of memory, or out of a file at hand.
    ///
    /// @return null where somebody would have to be waited for; then nothing was asked
    default @Nullable List<StoreRow> loadAtOnce(String type, Collection<ObjectKey> keys) {
        return null;
    }

    StorePage find(StoreQuery query);

    /// As [#find], but may hand over rows before all of them are read, in their order and a few hundred at a time.
    ///
    /// @param some takes them, at once and without asking the store for anything
    /// @return the page without what was handed over; its last row is not
    default StorePage find(StoreQuery query, Consumer<List<StoreRow>> some) {
        return find(query);
    }

    /// Whether values of a field that this store takes for equal are the same: where they may differ, as in case or
    /// in blanks at the end, no value says by what a find is to be forgotten.
    default boolean isExact(String type, String field) {
        return true;
    }

    /// Makes all changes or none. The same id again gives the same answer and changes nothing.
    StoreOutcome commit(StoreCommit commit);

    /// What was committed at or after `from` and may not have been told, and everything else that is
    /// known by now.
    ///
    /// @return null where that is too long ago
    @Nullable
    StoreChanges changes(Position from);

    /// Where whoever knows everything stands now.
    Position position();

    /// Calls `wake` when there may be changes, from whatever thread. Whoever is not called still asks
    /// every second.
    void listen(Runnable wake);

    /// Tells other servers over the same data that there are changes.
    void wakeOthers();

    /// A secret that servers over the same data share, under a name. Made where there is none.
    Bytes secret(String name, Supplier<Bytes> first);

    /// Puts another in the place of a secret.
    void replaceSecret(String name, Bytes secret);

    /// Has the back-end itself record what others change, or no longer.
    ///
    /// @return types whose changes by others are recorded now
    List<String> watchOthers(boolean watch);

    /// Types whose changes by others are recorded.
    List<String> watched();

    /// Writes a copy of everything that is committed, where the broker's own files hold it; changes go on
    /// meanwhile.
    ///
    /// @param zip a new file: the store's files by their names, packed
    /// @return whether there was something to copy; false where the data is in a database elsewhere
    default boolean copy(Path zip) {
        return false;
    }

    /// Forgets changes that are older than what the configuration keeps.
    void sweep();

    @Override
    void close();
}
