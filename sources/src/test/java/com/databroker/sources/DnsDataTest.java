package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Recorded captures against what tshark says of them, frame by frame.
///
/// Not one of the tests that always run: the profile `shared-data` of the pom takes it in where
/// DATABROKER_SHARED_DATA names the folder. Kinds of difference that begin with `!` have no explanation,
/// and fail.
final class DnsDataTest {
    private static final String TOO_LONG = "<Name too long>";

    private final DnsOracle seen = new DnsOracle();

    @Test
    void captures_hold_what_tshark_found() throws IOException {
        Map<String, List<Map<String, @Nullable Object>>> oracle = DnsOracle.lines("expected-pcap.jsonl.gz");
        for (Path file : DnsOracle.files("pcap", "live")) {
            String name = DnsOracle.DATA.relativize(file).toString();
            DnsFound found = DnsFound.in(Files.readAllBytes(file));
            Map<Long, List<Map<String, @Nullable Object>>> ours = new TreeMap<>();
            found.records.forEach(record -> {
                Map<String, @Nullable Object> json = Json.parseObject(record.json());
                ours.computeIfAbsent(DnsOracle.number(json, "frame"), absent -> new ArrayList<>())
                        .add(json);
            });
            found.rejects.forEach(
                    reject -> seen.count("rejected: " + reject.replaceAll("\\d+", "N"), name + " " + reject));
            for (Map<String, @Nullable Object> theirs : DnsOracle.in(oracle, name)) {
                compare(theirs, ours.remove(DnsOracle.number(theirs, "frame")));
            }
            for (List<Map<String, @Nullable Object>> frame : ours.values()) {
                for (Map<String, @Nullable Object> json : frame) {
                    seen.count(onlyOurs(json), name + " " + json);
                }
            }
        }
        seen.check("captures");
        assertThat(seen.count("= name")).isGreaterThan(20_000);
    }

    private static String onlyOurs(Map<String, @Nullable Object> json) {
        if ("llmnr".equals(json.get("protocol")) && "tcp".equals(json.get("transport"))) {
            return "only ours: LLMNR over TCP, which tshark does not read";
        }
        String error = String.valueOf(json.get("parse_error"));
        if (error.startsWith("the rest of the message is missing") || error.startsWith("fragments of the datagram")) {
            return "only ours: the begin of a message of which the rest was not captured";
        }
        return "! only ours";
    }

    private void compare(Map<String, @Nullable Object> theirs, @Nullable List<Map<String, @Nullable Object>> ours) {
        if (ours == null) {
            // An error of ICMP quotes the packet that it is about: tshark shows the addresses of both.
            boolean quoted = DnsOracle.text(theirs, "src").contains(",");
            seen.count(quoted ? "only theirs: quoted by ICMP" : "! only theirs", theirs.toString());
            return;
        }
        int messages = parts(theirs, "id").length;
        if (messages != ours.size()) {
            seen.count("! number of messages", theirs + " " + ours);
            return;
        }
        for (int i = 0; i < messages; i++) {
            header(theirs, ours.get(i), i);
            ends(theirs, ours.get(i));
            question(theirs, ours.get(i), i);
            verdict(theirs, ours.get(i));
        }
    }

    private static String[] parts(Map<String, @Nullable Object> theirs, String name) {
        return DnsOracle.text(theirs, name).split(",", -1);
    }

    /// Where they say nothing, nothing can differ.
    private void number(String name, Map<String, @Nullable Object> theirs, int i, long ours) {
        String[] parts = parts(theirs, name);
        boolean told = i < parts.length && !parts[i].isEmpty();
        boolean same = !told || Integer.decode(parts[i]) == ours;
        seen.count(same ? told ? "= " + name : "= " + name + ", not told" : "! " + name, theirs + ": " + ours);
    }

    private void header(Map<String, @Nullable Object> theirs, Map<String, @Nullable Object> json, int i) {
        boolean response = Boolean.TRUE.equals(json.get("qr"));
        number("id", theirs, i, DnsOracle.number(json, "message_id"));
        number("qr", theirs, i, response ? 1 : 0);
        number("opcode", theirs, i, DnsOracle.number(json, "opcode"));
        number("ancount", theirs, i, DnsOracle.number(json, "answers"));
        if (response && parts(theirs, "id").length == 1) {
            // Theirs is what the header alone says.
            number("rcode", theirs, 0, DnsOracle.number(json, "rcode") & 15);
        }
        String[] ts = DnsOracle.text(theirs, "ts").split("\\.", 2);
        if (ts.length == 2) {
            long nanos = Long.parseLong(ts[0]) * 1_000_000_000L + Long.parseLong(ts[1]);
            seen.count(nanos == DnsOracle.number(json, "ts") ? "= ts" : "! ts", theirs + " " + json);
        } else {
            seen.count(json.get("ts") == null ? "= ts, none" : "! ts, none", theirs + " " + json);
        }
    }

    private void ends(Map<String, @Nullable Object> theirs, Map<String, @Nullable Object> json) {
        boolean response = Boolean.TRUE.equals(json.get("qr"));
        // With tunnels the outer addresses come first.
        String[] source = parts(theirs, "src");
        String[] target = parts(theirs, "dst");
        boolean same = source[source.length - 1].equals(json.get(response ? "server" : "client"))
                && target[target.length - 1].equals(json.get(response ? "client" : "server"))
                && parts(theirs, "sport")[0].equals(
                        String.valueOf(DnsOracle.number(json, response ? "server_port" : "client_port")))
                && DnsOracle.text(theirs, "proto").equals(json.get("transport"));
        seen.count(same ? "= addresses, port, transport" : "! addresses, port, transport", theirs + " " + json);
    }

    private void question(Map<String, @Nullable Object> theirs, Map<String, @Nullable Object> json, int i) {
        String qname = DnsOracle.text(theirs, "qname");
        String name = String.valueOf(json.getOrDefault("qname", ""));
        String[] parts = parts(theirs, "qname");
        String part = i < parts.length ? parts[i] : "";
        number("qtype", theirs, i, DnsOracle.number(json, "qtype"));
        number("qclass", theirs, i, DnsOracle.number(json, "qclass"));
        // Commas stand in names, and between those of several questions.
        if (name.equals(part) || DnsOracle.sameName(qname, name) || DnsOracle.sameName(part, name)) {
            seen.count("= name", "");
        } else if (part.equals(TOO_LONG) && name.isEmpty() && json.get("parse_error") != null) {
            seen.count("name: too long for both", theirs + " " + json);
        } else {
            seen.count("! name", qname + " " + name + " in " + theirs);
        }
    }

    private void verdict(Map<String, @Nullable Object> theirs, Map<String, @Nullable Object> json) {
        boolean malformed = Boolean.TRUE.equals(theirs.get("malformed"));
        boolean error = json.get("parse_error") != null;
        if (malformed == error) {
            seen.count("= malformed", "");
        } else if (malformed) {
            boolean records = DnsOracle.number(json, "answers") > 0;
            seen.count(
                    records ? "malformed: within data of a type that is not taken apart here" : "! malformed",
                    theirs + " " + json);
        } else if (parts(theirs, "qname")[0].equals(TOO_LONG)) {
            seen.count("malformed: a name that is too long is an error here only", "");
        } else {
            seen.count("! parse_error", theirs + " " + json);
        }
    }
}
