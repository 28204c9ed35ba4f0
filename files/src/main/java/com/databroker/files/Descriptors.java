package com.databroker.files;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which folder the kernel means when it names one of its watches by a number.
///
/// A watch that is let go is not taken off at once: a folder that was renamed is added again under its
/// new path, and gets the same watch back. Of the others the kernel goes on telling until it was asked
/// to stop, and its word that it did comes behind all that it had queued; until then what it says
/// under that number is not heard, even if the number has a new folder already.
///
/// Not for several threads.
final class Descriptors {
    private final WatchedFolders<Integer> folders = new WatchedFolders<>();
    private final Set<Integer> idle = new LinkedHashSet<>();
    private final Set<Integer> ending = new HashSet<>();

    /// The kernel watches `folder` under this number.
    void put(int descriptor, String folder) {
        idle.remove(descriptor);
        Integer replaced = folders.put(descriptor, folder);
        if (replaced != null) {
            idle.add(replaced);
        }
    }

    /// The folder that an event is about; null where it is about none that is watched.
    @Nullable
    String heard(int descriptor) {
        return ending.contains(descriptor) ? null : folders.path(descriptor);
    }

    /// The kernel's last word about a number.
    ///
    /// @return the folder, where nobody had asked for the end
    @Nullable
    String ended(int descriptor) {
        idle.remove(descriptor);
        return ending.remove(descriptor) ? null : folders.remove(descriptor);
    }

    /// Lets go of a folder and all below it.
    ///
    /// @return how many folders
    int letGo(String folder) {
        List<Integer> gone = folders.removeTree(folder);
        idle.addAll(gone);
        return gone.size();
    }

    /// Some numbers that the kernel must now be asked to end.
    List<Integer> end(int max) {
        List<Integer> some = new ArrayList<>();
        Iterator<Integer> all = idle.iterator();
        while (all.hasNext() && some.size() < max) {
            some.add(all.next());
            all.remove();
        }
        ending.addAll(some);
        return some;
    }

    /// Events were lost, and last words may have been among them.
    void lost() {
        ending.clear();
    }

    boolean hasIdle() {
        return !idle.isEmpty();
    }

    int size() {
        return folders.size();
    }
}
