package com.databroker.streams;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/// Tells addresses of the Internet from those of a machine or a network of one's own, to which no address that a
/// stranger wrote may lead.
final class PublicAddresses {
    private PublicAddresses() {}

    /// Refuses a name of which one address is not public: the JDK may connect to any of them.
    static void check(String host) throws IOException {
        for (InetAddress address : resolve(host)) {
            if (!isPublic(address)) {
                throw new IOException(host + " is " + address.getHostAddress()
                        + ", which is not on the Internet; streams.collectors.private-addresses allows such ones");
            }
        }
    }

    private static InetAddress[] resolve(String host) throws IOException {
        try {
            return InetAddress.getAllByName(host);
        } catch (UnknownHostException unknown) {
            throw new IOException("no address is known of " + host, unknown);
        }
    }

    static boolean isPublic(InetAddress address) {
        if (address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isAnyLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address ? isPublic4(bytes) : isPublic6(bytes);
    }

    private static boolean isPublic4(byte[] bytes) {
        int a = bytes[0] & 0xff;
        int b = bytes[1] & 0xff;
        boolean shared = a == 100 && (b & 0xc0) == 64;
        boolean protocols = a == 192 && b == 0 && (bytes[2] == 0 || bytes[2] == 2);
        boolean benchmarks = a == 198 && (b == 18 || b == 19);
        boolean examples = (a == 198 && b == 51 && bytes[2] == 100) || (a == 203 && b == 0 && bytes[2] == 113);
        return a != 0 && a < 224 && !shared && !protocols && !benchmarks && !examples;
    }

    /// Global unicast, and none that leads to an address of IPv4 that is not public.
    private static boolean isPublic6(byte[] bytes) {
        int head = ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff);
        if (head == 0x0064 && (bytes[2] & 0xff) == 0xff && (bytes[3] & 0xff) == 0x9b) {
            return isPublic(of4(bytes, 12));
        }
        if (head == 0x2002) {
            return isPublic(of4(bytes, 2));
        }
        boolean documentation = head == 0x2001 && (bytes[2] & 0xff) == 0x0d && (bytes[3] & 0xff) == 0xb8;
        boolean teredo = head == 0x2001 && bytes[2] == 0 && bytes[3] == 0;
        return (head & 0xe000) == 0x2000 && !documentation && !teredo;
    }

    private static InetAddress of4(byte[] bytes, int from) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + 4));
        } catch (UnknownHostException neverOfFour) {
            throw new IllegalStateException(neverOfFour);
        }
    }
}
