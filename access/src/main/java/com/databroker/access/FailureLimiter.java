package com.databroker.access;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How often an address may fail: a bucket of attempts for each, refilled one by one. Success costs nothing.
///
/// An address is known from its first failure until its bucket is full again, and beyond the limit the one that
/// failed longest ago is forgotten: a flood from many addresses costs bounded memory and shuts nobody else out.
/// An IPv6 client owns a /64, so that is what counts as its address.
final class FailureLimiter {
    private final int burst;
    private final long refillMillis;
    private final int addressesMax;
    /// When the bucket is full again, in milliseconds of the epoch; read without a lock.
    private final Map<String, Long> fullAgain = new ConcurrentHashMap<>();
    /// Those addresses, the one that failed longest ago first. Guarded by itself.
    private final LinkedHashSet<String> byAge = new LinkedHashSet<>();

    FailureLimiter(AccessConfig config) {
        this.burst = config.failuresMax();
        this.refillMillis = Math.max(1, config.failureRefill().toMillis());
        this.addressesMax = config.addressesMax();
    }

    /// 0 where an attempt is allowed.
    long millisToWait(String address, Instant now) {
        if (fullAgain.isEmpty()) {
            return 0;
        }
        Long full = fullAgain.get(key(address));
        if (full == null) {
            return 0;
        }
        return Math.clamp(full - now.toEpochMilli() - (burst - 1) * refillMillis, 0, refillMillis);
    }

    void failed(String address, Instant now) {
        long millis = now.toEpochMilli();
        String key = key(address);
        synchronized (byAge) {
            long full = Math.clamp(fullAgain.getOrDefault(key, millis), millis, millis + burst * refillMillis);
            fullAgain.put(key, Math.min(full + refillMillis, millis + burst * refillMillis));
            byAge.addLast(key);
            if (byAge.size() > addressesMax) {
                fullAgain.remove(byAge.removeFirst());
            }
        }
    }

    /// Forgets those whose bucket is full.
    void sweep(Instant now) {
        long millis = now.toEpochMilli();
        synchronized (byAge) {
            // A clock set back must not lock an address out for longer than its bucket takes to fill.
            fullAgain.replaceAll((_, full) -> Math.min(full, millis + burst * refillMillis));
            byAge.removeIf(key -> fullAgain.getOrDefault(key, 0L) <= millis);
            fullAgain.keySet().retainAll(byAge);
        }
    }

    int size() {
        return fullAgain.size();
    }

    /// The address, without the half of an IPv6 address that its owner chooses.
    private static String key(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        try {
            if (InetAddress.ofLiteral(address) instanceof Inet6Address v6) {
                byte[] bytes = v6.getAddress();
                return Tokens.hex(java.util.Arrays.copyOf(bytes, 8)) + "/64";
            }
            return InetAddress.ofLiteral(address).getHostAddress();
        } catch (IllegalArgumentException notAnAddress) {
            return address;
        }
    }
}
