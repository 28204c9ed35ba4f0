package com.databroker.files;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// A watch that stands in for a better one, and says why it must.
final class LesserWatch implements FolderWatch {
    private final FolderWatch watch;
    private final String why;
    private final Set<Limit> limits;

    /// @param why the better one cannot be had
    /// @param limits that were in its way
    LesserWatch(FolderWatch watch, String why, Set<Limit> limits) {
        this.watch = watch;
        this.why = why;
        this.limits = Set.copyOf(limits);
    }

    @Override
    public Added add(String folder) {
        return watch.add(folder);
    }

    @Override
    public void forget(String folder) {
        watch.forget(folder);
    }

    @Override
    public List<Signal> take(int max, Duration timeout) throws InterruptedException {
        return watch.take(max, timeout);
    }

    @Override
    public State state() {
        State state = watch.state();
        Set<Limit> reached = EnumSet.noneOf(Limit.class);
        reached.addAll(limits);
        reached.addAll(state.limits());
        String both = state.why().isEmpty() ? why : why + "; " + state.why();
        return new State(state.kind(), state.folders(), reached, state.overflows(), state.skipped(), both);
    }

    @Override
    public void close() {
        watch.close();
    }
}
