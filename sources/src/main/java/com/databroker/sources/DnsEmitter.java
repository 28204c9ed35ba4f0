package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import com.databroker.streams.Collected;
import com.databroker.streams.Intake;
import org.jspecify.annotations.Nullable;

/// Makes records of messages: their JSON, with anonymous clients, and their ids. One for each body.
final class DnsEmitter {
    static final int PORT = 53;
    static final int PORT_MULTICAST = 5353;
    static final int PORT_LOCAL = 5355;

    /// The number of what is told late in its frame, of which there is one at most.
    private static final int LATE = 1 << 30;

    private static final int EXCERPT_MAX = 64;
    private static final String[] FLAGS = {"aa", "tc", "rd", "ra", "ad", "cd"};
    private static final int[] FLAG_BITS = {0x400, DnsMessage.TC, 0x100, 0x80, 0x20, 0x10};

    private final Intake into;
    private final DnsIds ids;
    private final DnsAddresses addresses;
    private final DnsLatency latency = new DnsLatency();
    private final DnsMessage message = new DnsMessage();
    private final DnsJson json = new DnsJson();
    private long lastFrame = -1;
    private int lastNumber;

    DnsEmitter(Body body, Intake into, DnsAddresses addresses) {
        this.into = into;
        this.ids = new DnsIds(body.id());
        this.addresses = addresses;
    }

    /// For those that fill it by themselves and give it to [#write].
    DnsMessage scratch() {
        return message;
    }

    /// What is rejected may hold addresses, so it is only quoted where addresses are kept.
    void reject(String position, String reason, byte[] bytes, int offset, int size) {
        boolean quoted = !addresses.anonymous() && size > 0;
        into.reject(position, reason, quoted ? Bytes.copyOf(bytes, offset, Math.min(size, EXCERPT_MAX)) : Bytes.EMPTY);
    }

    /// Whether the bytes are one whole query or response and nothing else: what is found at any other port
    /// is taken for DNS only then.
    boolean isWhole(byte[] bytes, int offset, int size) {
        // Cheap signs first: one question, few records, no reserved bit.
        if (size < DnsMessage.HEADER_BYTES + 5
                || DnsInput.shortBe(bytes, offset + 4) != 1
                || (DnsInput.shortBe(bytes, offset + 2) & 0x7840) != 0
                || bytes[offset + 6] != 0
                || bytes[offset + 8] != 0
                || bytes[offset + 10] != 0) {
            return false;
        }
        return message.parse(bytes, offset, size)
                && message.error == null
                && message.length == size
                && (message.dnsClass == 1 || message.dnsClass == 3 || message.dnsClass == 255);
    }

    /// One message as it was on the wire; false where there is not even a header.
    boolean message(DnsFlow flow, long frame, byte[] bytes, int offset, int size) {
        if (!message.parse(bytes, offset, size)) {
            return false;
        }
        write(flow, frame, size);
        return true;
    }

    /// One message that is in [#scratch].
    ///
    /// @param size of the message in bytes, -1 where it is not known
    void write(DnsFlow flow, long frame, int size) {
        boolean response = message.response();
        boolean tapped = flow.messageType != 0;
        DnsFlow.End client = tapped || !response ? flow.source : flow.target;
        DnsFlow.End server = client == flow.source ? flow.target : flow.source;
        String protocol = protocol(server);
        json.clear();
        json.raw('{');
        head(flow, frame, protocol);
        ends(client, server, !protocol.equals("dns"));
        boolean answered = tapped ? (flow.messageType & 1) == 0 : response;
        long waited = waited(flow, client, answered);
        if (message.id >= 0) {
            json.member("message_id", message.id);
        }
        json.member("qr", response);
        if (message.flagged) {
            json.member("opcode", message.opcode());
            flags();
        }
        question(protocol);
        if (response) {
            json.member("rcode", message.rcode);
        }
        edns();
        if (size >= 0) {
            json.member("size", size);
        }
        if (waited >= 0) {
            json.member("latency_us", waited / 1000);
        }
        tail(flow);
        json.raw('}');
        into.record(new Collected(ids.of(frame, flow.late ? LATE : number(frame)), json.copy()));
    }

    private int number(long frame) {
        lastNumber = frame == lastFrame ? lastNumber + 1 : 0;
        lastFrame = frame;
        return lastNumber;
    }

    /// Who answers in a local network does so from the port that all ask there (RFC 6762, 6.7; RFC 4795, 2.5),
    /// while the port of who asks may be any by chance.
    private static String protocol(DnsFlow.End server) {
        return server.port == PORT_MULTICAST ? "mdns" : server.port == PORT_LOCAL ? "llmnr" : "dns";
    }

    private void head(DnsFlow flow, long frame, String protocol) {
        if (flow.nanos != DnsFlow.NO_TIME) {
            json.member("ts", flow.nanos);
        }
        json.member("frame", frame);
        optional("server_id", flow.server);
        optional("server_version", flow.version);
        if (flow.messageType != 0) {
            json.plain("message_type", DnsCodes.MESSAGE_TYPES[flow.messageType]);
        }
        if (!flow.transport.isEmpty()) {
            json.plain("transport", flow.transport);
        }
        json.plain("protocol", protocol);
    }

    private void optional(String name, @Nullable String value) {
        if (value != null) {
            json.text(name, value);
        }
    }

    private void ends(DnsFlow.End client, DnsFlow.End server, boolean neighbours) {
        if (client.size > 0) {
            json.key("client").raw('"');
            addresses.writeClient(client.address, 0, client.size, json);
            json.raw('"');
        }
        if (client.port >= 0) {
            json.member("client_port", client.port);
        }
        if (server.size > 0) {
            json.key("server").raw('"');
            if (neighbours) {
                // Who answers in a local network is somebody's own device.
                addresses.writeClient(server.address, 0, server.size, json);
            } else {
                DnsAddresses.write(server.address, 0, server.size, json);
            }
            json.raw('"');
        }
        if (server.port >= 0) {
            json.member("server_port", server.port);
        }
    }

    private long waited(DnsFlow flow, DnsFlow.End client, boolean answered) {
        if (answered && flow.askedNanos != DnsFlow.NO_TIME && flow.nanos != DnsFlow.NO_TIME) {
            return flow.nanos - flow.askedNanos;
        }
        if (flow.waitedNanos >= 0) {
            return flow.waitedNanos;
        }
        if (flow.nanos == DnsFlow.NO_TIME || client.size == 0 || !message.named() || message.id < 0) {
            return -1;
        }
        long key = key(flow, client);
        if (answered) {
            return latency.answered(key, flow.nanos);
        }
        latency.asked(key, flow.nanos);
        return -1;
    }

    /// What a question and its answer have in common, as 64 bits.
    private long key(DnsFlow flow, DnsFlow.End client) {
        // A server that is only an authority may call its answers those to a client (BIND does).
        int kind = flow.messageType <= 2 ? Math.min(flow.messageType, 1) * 3 : (flow.messageType + 1) >> 1;
        long key = DnsIds.mix((long) message.id << 48 | (long) client.port << 24 | (long) kind << 16 | message.type);
        key = DnsIds.mix(key ^ (flow.server == null ? 0 : flow.server.hashCode()));
        for (int i = 0; i < client.size; i += 4) {
            key = DnsIds.mix(key ^ DnsInput.intBe(client.address, i));
        }
        long name = 0;
        for (int i = 0; i < message.nameLength; i++) {
            name = 31 * name + message.name[i];
        }
        return DnsIds.mix(key ^ name) | 1;
    }

    private void flags() {
        json.key("flags").raw('[');
        boolean first = true;
        for (int i = 0; i < FLAGS.length; i++) {
            if ((message.bits & FLAG_BITS[i]) != 0) {
                json.raw(first ? "\"" : ",\"").raw(FLAGS[i]).raw('"');
                first = false;
            }
        }
        json.raw(']');
    }

    private void question(String protocol) {
        if (message.questions >= 0) {
            json.member("questions", message.questions);
            json.member("answers", message.answers);
        }
        if (message.named()) {
            json.key("qname").raw('"');
            DnsNames.write(message.name, 0, json);
            json.raw('"');
            if (message.mixed) {
                json.member("qname_case_mixed", true);
            }
        }
        if (message.type >= 0) {
            json.member("qtype", message.type);
        }
        if (message.dnsClass >= 0) {
            // The upper bit is not the class with mDNS: it asks for an answer to the asker only.
            json.member("qclass", protocol.equals("mdns") ? message.dnsClass & 0x7fff : message.dnsClass);
        }
    }

    private void edns() {
        if (!message.edns) {
            return;
        }
        json.key("edns").raw('{');
        json.member("version", message.ednsVersion);
        if (message.udpSize >= 0) {
            json.member("udp_size", message.udpSize);
        }
        json.member("do", message.dnssecOk);
        // Their codes only: client subnets and cookies are among the values.
        json.key("options").raw('[');
        for (int i = 0; i < message.optionCount; i++) {
            if (i > 0) {
                json.raw(',');
            }
            json.number(message.options[i]);
        }
        json.raw("]}");
    }

    private void tail(DnsFlow flow) {
        DnsJson texts = message.answerTexts();
        if (texts.length() > 0) {
            json.key("answer_records").append(texts);
            json.raw(']');
        }
        optional("policy", flow.policy);
        String error = message.error;
        if (flow.cut) {
            error = error == null
                    ? "the message was not captured to its end"
                    : error + ", as it was not captured to its end";
        }
        if (flow.error != null) {
            error = error == null ? flow.error : flow.error + "; " + error;
        }
        optional("parse_error", error);
    }
}
