package com.databroker.access;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Bounds the open connections of a door, in all and per address, so that one peer cannot shut out the others.
///
/// Safe for any number of threads.
public final class ConnectionLimit {
    private final String door;
    private final int max;
    private final int perAddressMax;
    private final @Nullable ConnectionLimit all;
    private final Map<String, Integer> perAddress = new HashMap<>();
    private int open;
    private long refused;

    /// The limit of the whole process, which its doors share: the file descriptors that connections may use.
    public static ConnectionLimit ofProcess(int max) {
        return new ConnectionLimit("process", max, max, null);
    }

    /// @param door name in the refusal
    /// @param max connections in all
    /// @param perAddressMax connections of one address
    /// @param all the limit that all doors share
    public ConnectionLimit(String door, int max, int perAddressMax, @Nullable ConnectionLimit all) {
        this.door = door;
        this.max = max;
        this.perAddressMax = perAddressMax;
        this.all = all;
    }

    /// Counts a connection in; [#leave] must follow when it ends.
    ///
    /// @throws ProblemException [Problem#TOO_MANY_CONNECTIONS], and nothing was counted
    public synchronized void enter(String address) {
        int ofAddress = perAddress.getOrDefault(address, 0);
        if (open >= max) {
            throw refusal(open + " connections are open (limit " + limit("max-connections") + ")");
        }
        if (ofAddress >= perAddressMax) {
            throw refusal(ofAddress + " connections of " + address + " are open (limit "
                    + limit("max-connections-per-address") + ")");
        }
        if (all != null) {
            all.enter(address);
        }
        perAddress.put(address, ofAddress + 1);
        open++;
    }

    private String limit(String key) {
        return all == null ? "file descriptors" : door + "." + key;
    }

    private ProblemException refusal(String detail) {
        refused++;
        return new ProblemException(Problem.TOO_MANY_CONNECTIONS, detail);
    }

    public synchronized void leave(String address) {
        perAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
        open--;
        if (all != null) {
            all.leave(address);
        }
    }

    /// How many it lets in at most.
    public int max() {
        return max;
    }

    public synchronized int open() {
        return open;
    }

    /// Connections turned away so far.
    public synchronized long refused() {
        return refused;
    }
}
