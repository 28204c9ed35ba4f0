package com.databroker.sources;

/// The answers of a message as JSON: `[{"name":"example.org","type":1,"ttl":60,"data":"192.0.2.1"}, …]`.
///
/// Data have a text form for A, AAAA, CNAME, NS, PTR, MX, TXT and SOA; of other types only name, type and
/// TTL are kept. Whoever takes the text closes the array.
final class DnsAnswers {
    private static final int TEXT_MAX = 255;

    final DnsJson json = new DnsJson();

    /// Names are read to here.
    final byte[] name = new byte[DnsNames.WIRE_MAX + 1];

    void clear() {
        json.clear();
    }

    /// Adds a record whose owner is in [#name]; false where its data are not of its type.
    ///
    /// @param head where its type is, before class, TTL and length
    boolean record(byte[] bytes, int begin, int head, int data, int end) {
        json.raw(json.length() == 0 ? '[' : ',').raw('{');
        DnsNames.lowerCase(name, 0);
        json.key("name").raw('"');
        DnsNames.write(name, 0, json);
        json.raw('"');
        int type = DnsInput.shortBe(bytes, head);
        json.member("type", type);
        json.member("ttl", DnsInput.intBe(bytes, head + 4) & 0xffffffffL);
        int size = end - data;
        boolean read = switch (type) {
            case DnsCodes.A -> address(bytes, data, size, 4);
            case DnsCodes.AAAA -> address(bytes, data, size, 16);
            case DnsCodes.NS, DnsCodes.CNAME, DnsCodes.PTR -> host(bytes, begin, data, end, -1);
            case DnsCodes.MX -> size > 2 && host(bytes, begin, data + 2, end, DnsInput.shortBe(bytes, data));
            case DnsCodes.TXT -> strings(bytes, data, end);
            case DnsCodes.SOA -> authority(bytes, begin, data, end);
            default -> true;
        };
        json.raw('}');
        return read;
    }

    private boolean address(byte[] bytes, int data, int size, int expected) {
        // Updates delete with records that have no data.
        if (size != expected) {
            return size == 0;
        }
        json.key("data").raw('"');
        DnsAddresses.write(bytes, data, expected, json);
        json.raw('"');
        return true;
    }

    private boolean host(byte[] bytes, int begin, int data, int end, int preference) {
        if (data == end) {
            return true;
        }
        if (DnsMessage.readName(bytes, begin, end, data, name) < 0) {
            return false;
        }
        json.key("data").raw('"');
        if (preference >= 0) {
            json.number(preference).raw(' ');
        }
        lowerName();
        json.raw('"');
        return true;
    }

    private void lowerName() {
        DnsNames.lowerCase(name, 0);
        DnsNames.write(name, 0, json);
    }

    private boolean strings(byte[] bytes, int data, int end) {
        json.key("data").raw('"');
        int shown = 0;
        int at = data;
        while (at < end) {
            int size = bytes[at] & 0xff;
            if (size >= end - at) {
                json.raw('"');
                return false;
            }
            for (int i = 1; i <= size && shown < TEXT_MAX; i++) {
                byte each = bytes[at + i];
                shown++;
                if (each == ' ' || each == '.') {
                    json.character(each);
                } else {
                    DnsNames.escape(each, json);
                }
            }
            at += size + 1;
        }
        json.raw('"');
        return true;
    }

    private boolean authority(byte[] bytes, int begin, int data, int end) {
        if (data == end) {
            return true;
        }
        int second = DnsMessage.skipName(bytes, end, data);
        int numbers = second < 0 ? -1 : DnsMessage.skipName(bytes, end, second);
        if (numbers < 0 || end - numbers != 20 || DnsMessage.readName(bytes, begin, end, data, name) < 0) {
            return false;
        }
        json.key("data").raw('"');
        lowerName();
        json.raw(' ');
        boolean read = DnsMessage.readName(bytes, begin, end, second, name) >= 0;
        if (read) {
            lowerName();
            for (int i = 0; i < 5; i++) {
                json.raw(' ').number(DnsInput.intBe(bytes, numbers + 4 * i) & 0xffffffffL);
            }
        }
        json.raw('"');
        return read;
    }
}
