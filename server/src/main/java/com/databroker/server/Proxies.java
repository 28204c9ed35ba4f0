package com.databroker.server;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whose word about a client's address counts.
final class Proxies {
    /// An address, of which the first `bits` are the network's.
    private static final class Network {
        private final byte[] base;
        private final int bits;

        Network(String text) {
            int slash = text.indexOf('/');
            base = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash))
                    .getAddress();
            bits = slash < 0 ? base.length * 8 : Integer.parseInt(text.substring(slash + 1));
        }

        boolean contains(byte[] address) {
            if (address.length != base.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += 8) {
                int mask = 0xFF << Math.max(0, 8 - (bits - bit));
                if (((address[bit / 8] ^ base[bit / 8]) & mask & 0xFF) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Network> networks;

    /// @param networks written `10.0.0.0/8`, or as single addresses; the configuration has checked them
    Proxies(List<String> networks) {
        this.networks = networks.stream().map(Network::new).toList();
    }

    /// Whether `address` belongs to one of the networks.
    boolean contains(String address) {
        if (networks.isEmpty()) {
            return false;
        }
        byte[] bytes = address(address);
        return bytes != null && networks.stream().anyMatch(network -> network.contains(bytes));
    }

    /// The nearest address that is not a trusted proxy's, read from the right: what stands further left anybody could
    /// have written.
    String client(List<String> forwardedFor, String peer) {
        List<String> chain = new ArrayList<>();
        forwardedFor.forEach(header -> chain.addAll(List.of(header.split(",", -1))));
        String nearest = peer;
        for (String hop : chain.reversed()) {
            String address = hop.strip();
            if (address(address) == null) {
                return nearest;
            }
            nearest = address;
            if (!contains(address)) {
                return nearest;
            }
        }
        return nearest;
    }

    private static byte @Nullable [] address(String text) {
        try {
            return InetAddress.ofLiteral(text).getAddress();
        } catch (IllegalArgumentException notAnAddress) {
            return null;
        }
    }
}
