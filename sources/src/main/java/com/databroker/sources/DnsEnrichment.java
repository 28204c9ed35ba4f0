package com.databroker.sources;

import com.databroker.streams.DataRecord;
import java.util.Arrays;

/// What a name tells by itself: its registered domain, its length, how random it looks.
final class DnsEnrichment {
    private final DnsSuffixes suffixes = new DnsSuffixes();
    private final int[] counts = new int[256];

    /// Sets the fields that follow from a name as it is written in records.
    void name(String name, DataRecord.Builder into) {
        byte[] wire = DnsNames.parse(name);
        if (wire == null) {
            return;
        }
        String[] labels = name.equals(".") ? new String[0] : split(name, wire);
        int count = labels.length;
        int bytes = 0;
        for (int at = 0; wire[at] != 0; at += wire[at] + 1) {
            bytes += wire[at] + 1;
        }
        into.set("labels", count).set("qname_len", Math.max(0, bytes - 1));
        into.set("entropy", DnsScore.entropy(wire, counts));
        if (count == 0) {
            return;
        }
        String tld = labels[count - 1];
        into.set("tld", tld).set("tld_known", DnsSuffixes.isTopLevel(tld));
        int suffix = suffixes.suffix(labels);
        boolean registered = suffix > 0 && count > suffix;
        int scored = registered ? count - suffix - 1 : 0;
        if (registered) {
            into.set("registered_domain", String.join(".", Arrays.asList(labels).subList(scored, count)));
        }
        int at = 0;
        for (int i = 0; i < scored; i++) {
            at += wire[at] + 1;
        }
        into.set("dga_score", DnsScore.of(wire, at + 1, wire[at]));
    }

    /// The labels as they are written, escaped: a dot within one does not end it.
    private static String[] split(String name, byte[] wire) {
        int count = 0;
        for (int at = 0; wire[at] != 0; at += wire[at] + 1) {
            count++;
        }
        String[] labels = new String[count];
        int begin = 0;
        int found = 0;
        for (int i = 0; i <= name.length() && found < count; i++) {
            if (i < name.length() && name.charAt(i) == '\\') {
                // What follows belongs to the label, a dot too.
                i++;
            } else if (i == name.length() || name.charAt(i) == '.') {
                labels[found++] = name.substring(begin, i);
                begin = i + 1;
            }
        }
        return labels;
    }
}
