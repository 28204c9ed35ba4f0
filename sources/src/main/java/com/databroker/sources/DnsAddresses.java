package com.databroker.sources;

import com.databroker.core.Bytes;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Addresses, and what is kept of a client's: Crypto-PAn (Xu, Fan, Ammar, Moon, 2002), which under one key
/// maps addresses one to one and so that two with the same first bits have the same first bits afterwards,
/// too. Networks stay networks, and nobody without the key can tell which.
///
/// Bit n of the result is bit n of the address, turned over where AES of the first n bits, filled up from a
/// secret pad, begins with a one. Those are 32 or 128 blocks, so what was computed is remembered, in tables
/// of fixed size.
final class DnsAddresses {
    /// Of the key: 16 for AES, 16 from which the pad is made.
    static final int KEY_BYTES = 32;

    static final int V4 = 4;
    static final int V6 = 16;

    private static final int BLOCK = 16;
    private static final int SLOTS_V4 = 1 << 15;
    private static final int SLOTS_V6 = 1 << 12;
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final @Nullable Cipher cipher;
    private final byte[] pad = new byte[BLOCK];
    private final byte[] blocks = new byte[V6 * 8 * BLOCK];
    private final byte[] sealed = new byte[V6 * 8 * BLOCK];

    // Slot i holds an address and what it became; the first address of all is in no slot by itself.
    private final byte[] slotsV4;
    private final byte[] slotsV6;
    private final byte[] result = new byte[V6];

    /// @param key of [#KEY_BYTES]; null leaves addresses as they are
    DnsAddresses(@Nullable Bytes key) {
        if (key == null) {
            cipher = null;
            slotsV4 = new byte[0];
            slotsV6 = new byte[0];
            return;
        }
        byte[] secret = key.toArray();
        if (secret.length != KEY_BYTES) {
            throw new IllegalArgumentException(
                    "a key for addresses has " + KEY_BYTES + " bytes, this one has " + secret.length);
        }
        try {
            // ECB of single blocks is what the method is made of; no text is encrypted here.
            Cipher aes = Cipher.getInstance("AES/ECB/NoPadding");
            aes.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(secret, 0, BLOCK, "AES"));
            aes.doFinal(secret, BLOCK, BLOCK, pad);
            cipher = aes;
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
        slotsV4 = new byte[SLOTS_V4 * 2 * V4];
        slotsV6 = new byte[SLOTS_V6 * 2 * V6];
        // So that an empty slot is not read as "0.0.0.0 became 0.0.0.0".
        fill(slotsV4, V4, SLOTS_V4);
        fill(slotsV6, V6, SLOTS_V6);
    }

    private void fill(byte[] slots, int size, int count) {
        byte[] zero = new byte[size];
        byte[] mapped = new byte[size];
        compute(zero, 0, size, mapped);
        for (int i = 0; i < count; i++) {
            System.arraycopy(mapped, 0, slots, i * 2 * size + size, size);
        }
    }

    boolean anonymous() {
        return cipher != null;
    }

    /// Writes what is kept of a client's address.
    void writeClient(byte[] bytes, int offset, int size, DnsJson json) {
        if (cipher == null || isMulticast(bytes, offset, size)) {
            write(bytes, offset, size, json);
            return;
        }
        byte[] slots = size == V4 ? slotsV4 : slotsV6;
        int slot = (hash(bytes, offset, size) & (size == V4 ? SLOTS_V4 : SLOTS_V6) - 1) * 2 * size;
        if (!Arrays.equals(slots, slot, slot + size, bytes, offset, offset + size)) {
            compute(bytes, offset, size, result);
            System.arraycopy(bytes, offset, slots, slot, size);
            System.arraycopy(result, 0, slots, slot + size, size);
        }
        write(slots, slot + size, size, json);
    }

    private static boolean isMulticast(byte[] bytes, int offset, int size) {
        return size == V4 ? (bytes[offset] & 0xf0) == 0xe0 : bytes[offset] == (byte) 0xff;
    }

    private static int hash(byte[] bytes, int offset, int size) {
        long hash = 0;
        for (int i = 0; i < size; i += 4) {
            hash = DnsIds.mix(hash ^ DnsInput.intBe(bytes, offset + i));
        }
        return (int) hash;
    }

    private void compute(byte[] bytes, int offset, int size, byte[] target) {
        Cipher aes = cipher;
        if (aes == null) {
            throw new IllegalStateException("without a key");
        }
        int bits = size * 8;
        for (int bit = 0; bit < bits; bit++) {
            int block = bit * BLOCK;
            int whole = bit / 8;
            System.arraycopy(pad, 0, blocks, block, BLOCK);
            System.arraycopy(bytes, offset, blocks, block, whole);
            int mask = 0xff00 >> bit % 8 & 0xff;
            blocks[block + whole] = (byte) ((bytes[offset + whole] & mask) | (pad[whole] & ~mask));
        }
        try {
            aes.doFinal(blocks, 0, bits * BLOCK, sealed);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
        for (int i = 0; i < size; i++) {
            int turned = 0;
            for (int bit = 0; bit < 8; bit++) {
                turned = turned << 1 | (sealed[(i * 8 + bit) * BLOCK] >> 7 & 1);
            }
            target[i] = (byte) (bytes[offset + i] ^ turned);
        }
    }

    /// Writes an address as text, IPv6 by RFC 5952.
    static void write(byte[] bytes, int offset, int size, DnsJson json) {
        if (size == V4) {
            for (int i = 0; i < V4; i++) {
                if (i > 0) {
                    json.raw('.');
                }
                json.number(bytes[offset + i] & 0xff);
            }
            return;
        }
        int gap = -1;
        int gapSize = 1;
        for (int i = 0; i < 8; i++) {
            int zeros = 0;
            while (i + zeros < 8 && DnsInput.shortBe(bytes, offset + 2 * (i + zeros)) == 0) {
                zeros++;
            }
            if (zeros > gapSize) {
                gap = i;
                gapSize = zeros;
            }
        }
        int i = 0;
        while (i < 8) {
            if (i == gap) {
                json.raw("::");
                i += gapSize;
            } else {
                if (i > 0 && i != gap + (gap < 0 ? 0 : gapSize)) {
                    json.raw(':');
                }
                hex(DnsInput.shortBe(bytes, offset + 2 * i), json);
                i++;
            }
        }
    }

    private static void hex(int group, DnsJson json) {
        boolean begun = false;
        for (int shift = 12; shift >= 0; shift -= 4) {
            int digit = group >> shift & 15;
            if (digit != 0 || begun || shift == 0) {
                json.raw(HEX[digit]);
                begun = true;
            }
        }
    }

    /// Reads an address of a log: its 4 or 16 bytes, null where it is none. Never asks a name server.
    static byte @Nullable [] parse(String text) {
        return text.indexOf(':') >= 0 ? parseV6(text) : parseV4(text, 0);
    }

    private static byte @Nullable [] parseV4(String text, int begin) {
        byte[] address = new byte[V4];
        int at = begin;
        for (int i = 0; i < V4; i++) {
            int end = i == 3 ? text.length() : text.indexOf('.', at);
            int value = end < 0 || end - at > 3 ? -1 : DnsCodes.smallNumber(text, at, end);
            if (value < 0 || value > 255) {
                return null;
            }
            address[i] = (byte) value;
            at = end + 1;
        }
        return address;
    }

    private static byte @Nullable [] parseV6(String text) {
        int zone = text.indexOf('%');
        String digits = zone < 0 ? text : text.substring(0, zone);
        int gap = digits.indexOf("::");
        byte[] head = groups(gap < 0 ? digits : digits.substring(0, gap));
        byte[] tail = gap < 0 ? new byte[0] : groups(digits.substring(gap + 2));
        if (head == null || tail == null || (gap < 0 ? head.length != V6 : head.length + tail.length > V6 - 2)) {
            return null;
        }
        byte[] address = Arrays.copyOf(head, V6);
        System.arraycopy(tail, 0, address, V6 - tail.length, tail.length);
        return address;
    }

    private static byte @Nullable [] groups(String text) {
        if (text.isEmpty()) {
            return new byte[0];
        }
        byte[] bytes = new byte[V6];
        int written = 0;
        int at = 0;
        while (at <= text.length()) {
            int colon = text.indexOf(':', at);
            int end = colon < 0 ? text.length() : colon;
            byte[] last = colon < 0 && text.indexOf('.', at) >= 0 ? parseV4(text, at) : null;
            if (last != null && written <= V6 - V4) {
                System.arraycopy(last, 0, bytes, written, V4);
                return Arrays.copyOf(bytes, written + V4);
            }
            int value = group(text, at, end);
            if (value < 0 || written == V6) {
                return null;
            }
            bytes[written++] = (byte) (value >> 8);
            bytes[written++] = (byte) value;
            at = end + 1;
        }
        return Arrays.copyOf(bytes, written);
    }

    private static int group(String text, int begin, int end) {
        if (begin >= end || end - begin > 4) {
            return -1;
        }
        int value = 0;
        for (int i = begin; i < end; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }
}
