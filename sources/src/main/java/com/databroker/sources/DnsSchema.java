package com.databroker.sources;

import com.databroker.streams.FieldType;
import com.databroker.streams.Schema;

/// The fields of `dns.query.v1`: one record for each DNS message, question or answer.
final class DnsSchema {
    static final Schema CLIENT = Schema.named("dns.client.v1")
            .add("addr", FieldType.KEYWORD, "Address of the client, made anonymous by Crypto-PAn unless that is off")
            .add("prefix", FieldType.KEYWORD, "Its network: the first 24 bits of IPv4, the first 48 of IPv6")
            .add("port", FieldType.INT, "Port of the client")
            .build();

    static final Schema FLAGS = Schema.named("dns.flags.v1")
            .add("qr", FieldType.BOOL, "True for a response")
            .add("aa", FieldType.BOOL, "The server is an authority for the name")
            .add("tc", FieldType.BOOL, "The message was cut to fit")
            .add("rd", FieldType.BOOL, "Recursion is wanted")
            .add("ra", FieldType.BOOL, "Recursion is offered")
            .add("ad", FieldType.BOOL, "The data were checked by DNSSEC")
            .add("cd", FieldType.BOOL, "Checking is not wanted")
            .add("do", FieldType.BOOL, "DNSSEC records are wanted (EDNS)")
            .build();

    static final Schema EDNS = Schema.named("dns.edns.v1")
            .add("version", FieldType.INT, "Version of EDNS, 0 so far")
            .add("udp_size", FieldType.INT, "Bytes that the sender takes over UDP")
            .add("options", FieldType.listOf(FieldType.INT), "Codes of the first 16 options, without what they hold")
            .build();

    static final Schema ANSWER = Schema.named("dns.answer.v1")
            .add("name", FieldType.KEYWORD, "Owner of the record, written as qname")
            .add("type", FieldType.KEYWORD, "Type of the record")
            .add("ttl", FieldType.LONG, "Seconds for which it may be kept")
            .add("data", FieldType.KEYWORD, "Text form of A, AAAA, CNAME, NS, PTR, MX, TXT and SOA; null for others")
            .build();

    static final Schema QUERY = Schema.named("dns.query.v1")
            .add("id", FieldType.KEYWORD, "32 hexadecimal digits made of body, frame and message")
            .add("ts", FieldType.TIME, "When it was seen, by the clock of the capture or server")
            .add("ts_nanos", FieldType.INT, "Nanoseconds beyond the microsecond of ts, 0 to 999")
            .add("frame", FieldType.LONG, "Frame or line of the body that it was complete with, from 1")
            .add("server_id", FieldType.KEYWORD, "What the server calls itself (dnstap identity)")
            .add("server_version", FieldType.KEYWORD, "Software of the server (dnstap)")
            .add("message_type", FieldType.KEYWORD, "What dnstap calls it: CLIENT_QUERY, AUTH_RESPONSE, ...")
            .add("transport", FieldType.KEYWORD, "udp, tcp, dot, doh, doq, dnscrypt-udp or dnscrypt-tcp; null: unknown")
            .add("protocol", FieldType.KEYWORD, "dns, mdns (port 5353) or llmnr (port 5355)")
            .add("family", FieldType.KEYWORD, "inet or inet6, of the addresses")
            .add("client", FieldType.structOf(CLIENT), "Who asked")
            .add("server_addr", FieldType.KEYWORD, "Address of who was asked; anonymous for mdns and llmnr")
            .add("server_port", FieldType.INT, "Port of who was asked")
            .add("message_id", FieldType.INT, "Number that question and answer have in common, 0 to 65535")
            .add("opcode", FieldType.KEYWORD, "QUERY, NOTIFY, UPDATE, ...")
            .add("qname", FieldType.KEYWORD, "Name of the first question: lower case, escaped, no dot at its end")
            .add("qname_case_mixed", FieldType.BOOL, "The name came in capital and small letters")
            .add("qtype", FieldType.KEYWORD, "Type of the first question: A, AAAA, TYPE65280")
            .add("qtype_code", FieldType.INT, "Its number")
            .add("qclass", FieldType.KEYWORD, "Class of the first question: IN, CH, ANY")
            .add("flags", FieldType.structOf(FLAGS), "Bits of the header and of EDNS; null where not known")
            .add("edns", FieldType.structOf(EDNS), "EDNS of the message; null where it has none")
            .add("rcode", FieldType.KEYWORD, "Result of a response: NOERROR, NXDOMAIN, ...; null for questions")
            .add("questions", FieldType.INT, "Number of questions by the header")
            .add("answers", FieldType.INT, "Number of answers by the header")
            .add("answer_records", FieldType.listOf(FieldType.structOf(ANSWER)), "The first 16 answers")
            .add("size", FieldType.INT, "Bytes of the message, where all were there")
            .add("response_size", FieldType.INT, "Bytes of the message where it is a response")
            .add("latency_us", FieldType.LONG, "Microseconds from question to answer, on the record of the answer")
            .add("registered_domain", FieldType.KEYWORD, "Public suffix and the label before it")
            .add("tld", FieldType.KEYWORD, "Last label of the name")
            .add("tld_known", FieldType.BOOL, "Whether that is a top-level domain of the public suffix list")
            .add("labels", FieldType.INT, "Number of labels of the name, 0 for the root")
            .add("qname_len", FieldType.INT, "Bytes of the name with its dots, not escaped")
            .add("entropy", FieldType.DOUBLE, "Shannon entropy of the bytes of the name without dots, in bits")
            .add("dga_score", FieldType.DOUBLE, "0 to 1: how unlike words the registered or first label is")
            .add("policy", FieldType.KEYWORD, "Policy that a server applied: type, rule and action (dnstap)")
            .add("parse_error", FieldType.TEXT, "What is wrong with the message; the rest was read")
            .build();

    private DnsSchema() {}
}
