package com.databroker.files;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/// Where nothing can be watched: refuses every folder and never tells anything.
final class NoWatch implements FolderWatch {
    private final SignalQueue nothing = new SignalQueue(SignalQueue.BYTES_MAX);

    @Override
    public Added add(String folder) {
        return Added.REFUSED;
    }

    @Override
    public void forget(String folder) {
        // Nothing is watched.
    }

    @Override
    public List<Signal> take(int max, Duration timeout) throws InterruptedException {
        return nothing.take(max, timeout);
    }

    @Override
    public State state() {
        return new State(Kind.NONE, 0, Set.of(), 0, 0, "");
    }

    @Override
    public void close() {
        nothing.close();
    }
}
