package com.databroker.sources;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/// Reads the query logs of BIND, Unbound, dnsmasq and CoreDNS, line by line. What such a log says about
/// other things is passed over; a line that begins as one about a query and goes on as none is rejected.
final class DnsLogs {
    static final int LINE_MAX = 16 << 10;

    private final DnsEmitter emitter;
    private final DnsLogForm[] forms;
    private final DnsFlow flow = new DnsFlow();
    private final boolean part;

    /// @param part whether it is a part of a log, in which there need not be a query
    DnsLogs(DnsEmitter emitter, Instant received, boolean part) {
        this.emitter = emitter;
        this.part = part;
        DnsLogTime time = new DnsLogTime(received);
        this.forms = new DnsLogForm[] {
            new DnsLogForm.Bind(time),
            new DnsLogForm.Unbound(time),
            new DnsLogForm.Dnsmasq(time),
            new DnsLogForm.CoreDns(time)
        };
    }

    void read(DnsInput in) throws IOException {
        long number = 0;
        long known = 0;
        while (in.ensure(1)) {
            int size = lineSize(in);
            number++;
            if (size < 0) {
                emitter.reject(
                        "line " + number, "a line of more than " + LINE_MAX + " bytes", in.array(), in.offset(), 64);
                skipLine(in);
            } else {
                if (line(number, in.array(), in.offset(), size)) {
                    known++;
                }
                in.skip(Math.min(size + 1, in.available()));
            }
        }
        if (known == 0 && !part) {
            emitter.reject(
                    "byte 0", "none of its " + number + " lines is of a query log that is known", new byte[0], 0, 0);
        }
    }

    /// Without its end; -1 where it is too long.
    private static int lineSize(DnsInput in) throws IOException {
        int scanned = 0;
        while (true) {
            byte[] bytes = in.array();
            int end = Math.min(in.available(), LINE_MAX + 1);
            for (int i = scanned; i < end; i++) {
                if (bytes[in.offset() + i] == '\n') {
                    return i;
                }
            }
            if (end > LINE_MAX) {
                return -1;
            }
            scanned = end;
            if (!in.ensure(in.available() + 1)) {
                return in.available();
            }
        }
    }

    private static void skipLine(DnsInput in) throws IOException {
        while (in.ensure(1)) {
            boolean last = in.array()[in.offset()] == '\n';
            in.skip(1);
            if (last) {
                return;
            }
        }
    }

    /// Whether a form knows the line.
    private boolean line(long number, byte[] bytes, int offset, int length) {
        int size = length > 0 && bytes[offset + length - 1] == '\r' ? length - 1 : length;
        // One character for each byte: names are bytes in logs, too.
        String line = new String(bytes, offset, size, StandardCharsets.ISO_8859_1);
        for (int i = 0; i < forms.length; i++) {
            DnsMessage message = emitter.scratch();
            message.clear();
            flow.clear();
            DnsLogForm form = forms[i];
            DnsLogForm.Outcome outcome = form.read(line, flow, message);
            if (outcome != DnsLogForm.Outcome.OTHER) {
                if (outcome == DnsLogForm.Outcome.READ) {
                    emitter.write(flow, number, form.size());
                } else if (outcome == DnsLogForm.Outcome.BROKEN) {
                    emitter.reject("line " + number, "a query that cannot be read", bytes, offset, size);
                }
                // The next line will be of the same form.
                forms[i] = forms[0];
                forms[0] = form;
                return true;
            }
        }
        return false;
    }
}
