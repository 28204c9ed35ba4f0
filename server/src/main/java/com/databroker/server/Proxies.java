package com.databroker.server;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Whose word about a client's address counts.
final class Proxies {
    private Proxies() {}

    /// Whether `address` belongs to one of `networks`, written `10.0.0.0/8` or as a single address.
    static boolean contains(List<String> networks, String address) {
        return networks.stream().anyMatch(network -> contains(network, address));
    }

    /// As [#contains], for who asks about one address after the other.
    static Predicate<String> among(List<String> networks) {
        return address -> contains(networks, address);
    }

    private static boolean contains(String network, String address) {
        try {
            int slash = network.indexOf('/');
            byte[] base = InetAddress.ofLiteral(slash < 0 ? network : network.substring(0, slash))
                    .getAddress();
            byte[] asked = InetAddress.ofLiteral(address).getAddress();
            int bits = slash < 0 ? base.length * 8 : Integer.parseInt(network.substring(slash + 1));
            int shift = base.length * 8 - bits;
            return base.length == asked.length
                    && new BigInteger(1, base).shiftRight(shift).equals(new BigInteger(1, asked).shiftRight(shift));
        } catch (IllegalArgumentException notAnAddress) {
            return false;
        }
    }

    /// The nearest address that is not a trusted proxy's, read from the right: what stands further left anybody could
    /// have written.
    static String client(List<String> trusted, List<String> forwardedFor, String peer) {
        List<String> chain = new ArrayList<>();
        forwardedFor.forEach(header -> chain.addAll(List.of(header.split(",", -1))));
        String nearest = peer;
        for (String hop : chain.reversed()) {
            String address = hop.strip();
            if (!isAddress(address)) {
                return nearest;
            }
            nearest = address;
            if (!contains(trusted, address)) {
                return nearest;
            }
        }
        return nearest;
    }

    private static boolean isAddress(String text) {
        try {
            InetAddress.ofLiteral(text);
            return true;
        } catch (IllegalArgumentException notAnAddress) {
            return false;
        }
    }
}
