package com.databroker.sources;

import java.util.Locale;

/// The form in which one server writes queries to its log.
abstract sealed class DnsLogForm {
    /// What a line was.
    enum Outcome {
        READ,
        /// Of this server, about something else.
        PASSED,
        BROKEN,
        /// Not of this server.
        OTHER
    }

    private final DnsLogTime time;

    private DnsLogForm(DnsLogTime time) {
        this.time = time;
    }

    /// Fills in what the line says.
    abstract Outcome read(String line, DnsFlow flow, DnsMessage message);

    /// Of the message in the last line, in bytes; -1 where it does not say.
    int size() {
        return -1;
    }

    /// When the line was written, or what is told in place of that.
    final void stamp(String line, DnsFlow flow) {
        flow.nanos = time.read(line);
        if (time.isBroken()) {
            flow.error = "the line begins with a time that cannot be read";
        }
    }

    private static boolean end(DnsFlow.End end, String address) {
        byte[] bytes = DnsAddresses.parse(address);
        if (bytes != null) {
            end.set(bytes, 0, bytes.length);
        }
        return bytes != null;
    }

    /// An address and a port with `separator` between them.
    private static boolean end(DnsFlow.End end, String text, char separator) {
        int place = text.lastIndexOf(separator);
        if (place < 0) {
            return false;
        }
        end.port = DnsCodes.smallNumber(text, place + 1, text.length());
        return end.port >= 0 && end(end, text.substring(0, place));
    }

    private static boolean name(DnsMessage message, String text) {
        byte[] wire = DnsNames.parse(text);
        if (wire != null) {
            message.name(wire);
        }
        return wire != null;
    }

    private static boolean question(DnsMessage message, String name, String dnsClass, String type) {
        message.dnsClass = DnsCodes.classNumber(dnsClass);
        message.type = DnsCodes.typeNumber(type);
        return message.dnsClass >= 0 && message.type >= 0 && name(message, name);
    }

    private static void option(DnsMessage message, int code) {
        message.options[message.optionCount++] = code;
    }

    /// ```
    ///   … client @0x7fd 192.0.2.1#60400 (example.org): view v: query: example.org IN A -E(0)DC (192.0.2.53)
    ///   … client @0x7fd 192.0.2.1#60400 (example.org): response: example.org IN A NOERROR +E(0)K (192.0.2.53)
    /// ```
    static final class Bind extends DnsLogForm {
        Bind(DnsLogTime time) {
            super(time);
        }

        @Override
        Outcome read(String line, DnsFlow flow, DnsMessage message) {
            int client = line.indexOf("client ");
            int query = client < 0 ? -1 : line.indexOf(": query: ", client);
            int response = client < 0 || query >= 0 ? -1 : line.indexOf(": response: ", client);
            if (query < 0 && response < 0) {
                return client >= 0 && line.indexOf('#', client) > 0 ? Outcome.PASSED : Outcome.OTHER;
            }
            int begin = query >= 0 ? query + 9 : response + 12;
            String[] head =
                    line.substring(client + 7, query >= 0 ? query : response).split(" ", 4);
            String[] words = line.substring(begin).split(" ", 12);
            String address = head[0].startsWith("@") && head.length > 1 ? head[1] : head[0];
            address = address.endsWith(":") ? address.substring(0, address.length() - 1) : address;
            // Whoever signed with TSIG is named behind it: `192.0.2.1#60400/key name`.
            address = address.endsWith("/key") ? address.substring(0, address.length() - 4) : address;
            int flags = query >= 0 ? 3 : 4;
            if (words.length <= flags
                    || !end(flow.source, address, '#')
                    || !question(message, words[0], words[1], words[2])) {
                return Outcome.BROKEN;
            }
            stamp(line, flow);
            flow.transport = words[flags].indexOf('T') >= 0 ? "tcp" : "udp";
            flags(words[flags], message);
            if (response >= 0) {
                message.bits |= DnsMessage.QR;
                message.rcode = Math.max(0, DnsCodes.rcodeNumber(words[3]));
                // Now the client is the one to whom it goes.
                flow.target.copy(flow.source);
                flow.source.clear();
            }
            for (int i = flags + 1; i < words.length; i++) {
                String word = words[i];
                if (word.startsWith("(") && word.endsWith(")")) {
                    end(response >= 0 ? flow.source : flow.target, word.substring(1, word.length() - 1));
                } else if (word.equals("[ECS")) {
                    option(message, 8);
                    break;
                }
            }
            return Outcome.READ;
        }

        /// `+` recursion is wanted, `E(0)` EDNS and its version, which old servers leave out, `D` DNSSEC, `C` no
        /// checking, `V` `K` cookies.
        private static void flags(String text, DnsMessage message) {
            message.flagged = true;
            message.bits |= text.startsWith("+") ? 0x100 : 0;
            message.bits |= text.indexOf('C') >= 0 ? 0x10 : 0;
            int edns = text.indexOf('E');
            if (edns >= 0) {
                message.edns = true;
                message.udpSize = -1;
                int closed = text.indexOf(')', edns);
                message.ednsVersion = closed < 0 ? 0 : Math.max(0, DnsCodes.smallNumber(text, edns + 2, closed));
                message.dnssecOk = text.indexOf('D') >= 0;
                if (text.indexOf('V') >= 0 || text.indexOf('K') >= 0) {
                    option(message, 10);
                }
            }
        }
    }

    /// ```
    ///   [1795219005] unbound[28298:0] query: 192.0.2.1 example.org. A IN
    ///   [1795219005] unbound[28298:0] reply: 192.0.2.1 example.org. A IN NOERROR 0.021 1 45
    /// ```
    /// Without `log-tag-queryreply` both are called `info`. What cannot be printed in a name is a question
    /// mark there. Of a query that it could not read the reply has `- - -` in place of a question.
    static final class Unbound extends DnsLogForm {
        private int size = -1;

        Unbound(DnsLogTime time) {
            super(time);
        }

        @Override
        int size() {
            return size;
        }

        @Override
        Outcome read(String line, DnsFlow flow, DnsMessage message) {
            size = -1;
            boolean query = line.contains("] query: ");
            boolean reply = !query && line.contains("] reply: ");
            boolean untold = !query && !reply && line.contains("] info: ");
            if (!query && !reply && !untold) {
                return line.contains("unbound[") ? Outcome.PASSED : Outcome.OTHER;
            }
            String[] words = line.substring(line.indexOf(query ? "] query: " : reply ? "] reply: " : "] info: "))
                    .split(" ", 12);
            int count = words.length - 2;
            boolean unread = reply && count >= 8 && words[3].equals("-") && words[4].equals("-");
            if (unread) {
                message.error = "the log does not say the question, as the server could not read it";
            }
            if (count < 4
                    || !end(flow.source, words[2])
                    || (!unread && !question(message, words[3], words[5], words[4]))
                    || (untold && count != 4 && count < 8)) {
                return untold ? Outcome.PASSED : Outcome.BROKEN;
            }
            stamp(line, flow);
            flow.transport = "";
            if (count >= 8) {
                message.bits |= DnsMessage.QR;
                message.rcode = DnsCodes.rcodeNumber(words[6]);
                flow.waitedNanos = CoreDns.seconds(words[7]);
                size = DnsCodes.smallNumber(words[9], 0, words[9].length());
                flow.target.copy(flow.source);
                flow.source.clear();
            }
            return message.rcode < 0 || (reply && count < 8) ? Outcome.BROKEN : Outcome.READ;
        }
    }

    /// ```
    ///   Nov 20 23:56:54 dnsmasq[28550]: 1 192.0.2.1/39046 query[A] example.org from 192.0.2.1
    /// ```
    /// Names are not escaped there; one that cannot be printed is called `<name unprintable>`.
    static final class Dnsmasq extends DnsLogForm {
        private static final String MARK = "query[";

        Dnsmasq(DnsLogTime time) {
            super(time);
        }

        @Override
        Outcome read(String line, DnsFlow flow, DnsMessage message) {
            int server = line.indexOf("dnsmasq");
            if (server < 0) {
                return Outcome.OTHER;
            }
            int colon = line.indexOf(": ", server);
            int mark = colon < 0 ? -1 : line.indexOf(MARK, colon);
            if (mark < 0 || line.charAt(mark - 1) != ' ') {
                return Outcome.PASSED;
            }
            int closed = line.indexOf("] ", mark);
            int from = line.lastIndexOf(" from ");
            if (closed < 0 || from < closed + 2 || !end(flow.source, line.substring(from + 6))) {
                return Outcome.BROKEN;
            }
            String name = line.substring(closed + 2, from);
            message.type = DnsCodes.typeNumber(line.substring(mark + MARK.length(), closed));
            if (name.equals("<name unprintable>")) {
                message.error = "the log does not say the name, as it cannot be printed";
            } else if (!name(message, name.replace("\\", "\\\\"))) {
                return Outcome.BROKEN;
            }
            String[] serial = line.substring(colon + 2, mark).split(" ", 3);
            if (serial.length >= 2) {
                end(flow.source, serial[1], '/');
            }
            stamp(line, flow);
            flow.transport = "";
            return message.type < 0 ? Outcome.BROKEN : Outcome.READ;
        }
    }

    /// ```
    ///   [INFO] 192.0.2.1:50759 - 29008 "A IN example.org. udp 41 false 4096" NOERROR qr,rd,ra 68 0.037990251s
    /// ```
    /// One line for question and answer, with a time only where something before it writes one.
    static final class CoreDns extends DnsLogForm {
        private static final String MARK = "[INFO] ";

        private int size = -1;

        CoreDns(DnsLogTime time) {
            super(time);
        }

        @Override
        int size() {
            return size;
        }

        @Override
        Outcome read(String line, DnsFlow flow, DnsMessage message) {
            size = -1;
            int mark = line.indexOf(MARK);
            int quote = mark < 0 ? -1 : line.indexOf(" \"", mark);
            int closed = quote < 0 ? -1 : line.lastIndexOf("\" ");
            if (closed <= quote) {
                return mark < 0 ? Outcome.OTHER : Outcome.PASSED;
            }
            String[] head = line.substring(mark + MARK.length(), quote).split(" ", 4);
            String[] asked = line.substring(quote + 2, closed).split(" ", 8);
            String[] answered = line.substring(closed + 2).split(" ", 5);
            if (head.length != 3 || asked.length != 7 || answered.length < 4 || !head[1].equals("-")) {
                return Outcome.PASSED;
            }
            String client = head[0].replace("[", "").replace("]", "");
            message.id = DnsCodes.smallNumber(head[2], 0, head[2].length());
            if (message.id < 0 || !end(flow.target, client, ':') || !question(message, asked[2], asked[1], asked[0])) {
                return Outcome.BROKEN;
            }
            if (mark > 0) {
                stamp(line, flow);
            }
            flow.transport = asked[3].toLowerCase(Locale.ROOT);
            if (!flow.transport.equals("udp") && !flow.transport.equals("tcp")) {
                flow.transport = "";
            }
            message.dnssecOk = asked[5].equals("true");
            message.udpSize = DnsCodes.smallNumber(asked[6], 0, asked[6].length());
            // Without EDNS it writes the 512 of old.
            message.edns = message.dnssecOk || message.udpSize > 512;
            answer(answered, message, flow);
            return Outcome.READ;
        }

        private void answer(String[] words, DnsMessage message, DnsFlow flow) {
            message.flagged = true;
            message.rcode = DnsCodes.rcodeNumber(words[0]);
            if (message.rcode < 0) {
                // A dash, where nothing was answered: who asked is the source then.
                message.rcode = 0;
                flow.source.copy(flow.target);
                flow.target.clear();
                return;
            }
            message.bits = DnsMessage.QR;
            for (String flag : words[1].split(",", 16)) {
                message.bits |= switch (flag) {
                    case "aa" -> 0x400;
                    case "tc" -> DnsMessage.TC;
                    case "rd" -> 0x100;
                    case "ra" -> 0x80;
                    case "ad" -> 0x20;
                    case "cd" -> 0x10;
                    default -> 0;
                };
            }
            size = DnsCodes.smallNumber(words[2], 0, words[2].length());
            flow.waitedNanos =
                    seconds(words[3].endsWith("s") ? words[3].substring(0, words[3].length() - 1) : words[3]);
        }

        /// Seconds with a fraction, as nanoseconds; -1 where the text is something else.
        static long seconds(String text) {
            int dot = text.indexOf('.');
            int whole = DnsCodes.smallNumber(text, 0, dot < 0 ? text.length() : dot);
            if (whole < 0 || text.length() - dot > 20) {
                return -1;
            }
            long nanos = whole * 1_000_000_000L;
            long unit = 100_000_000;
            for (int i = dot + 1; dot >= 0 && i < text.length(); i++) {
                int digit = text.charAt(i) - '0';
                if (digit < 0 || digit > 9) {
                    return -1;
                }
                nanos += digit * unit;
                unit /= 10;
            }
            return nanos;
        }
    }
}
