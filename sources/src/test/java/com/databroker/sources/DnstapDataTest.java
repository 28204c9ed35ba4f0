package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Recorded dnstap against what dnstap-ldns says of it, and query logs against themselves: see [DnsDataTest].
final class DnstapDataTest {
    private static final Pattern LINE =
            Pattern.compile("(\\S+) (\\S+) ([A-Z]{2}) (\\S+) (\\S+) (\\d+)b \"(.*)\" (\\S+) (\\S+)", Pattern.DOTALL);
    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("A", "AUTH"),
            Map.entry("R", "RESOLVER"),
            Map.entry("C", "CLIENT"),
            Map.entry("F", "FORWARDER"),
            Map.entry("S", "STUB"),
            Map.entry("T", "TOOL"),
            Map.entry("U", "UPDATE"));

    private final DnsOracle seen = new DnsOracle();

    @Test
    void dnstap_holds_what_dnstap_ldns_found() throws IOException {
        Map<String, List<Map<String, @Nullable Object>>> oracle = DnsOracle.lines("expected-dnstap.jsonl.gz");
        for (Path file : DnsOracle.files("dnstap")) {
            String name = DnsOracle.DATA.relativize(file).toString();
            DnsFound found = DnsFound.in(Files.readAllBytes(file));
            found.rejects.forEach(reject -> seen.count("rejected: " + reject, name));
            Map<Long, Map<String, @Nullable Object>> ours = new HashMap<>();
            found.records.forEach(record -> {
                Map<String, @Nullable Object> json = Json.parseObject(record.json());
                ours.put(DnsOracle.number(json, "frame"), json);
            });
            for (Map<String, @Nullable Object> theirs : DnsOracle.in(oracle, name)) {
                // Their frames count from 0.
                Map<String, @Nullable Object> json = ours.remove(DnsOracle.number(theirs, "frame") + 1);
                if (json == null) {
                    seen.count("! only theirs", theirs.toString());
                } else {
                    compare(DnsOracle.text(theirs, "line"), json);
                }
            }
            String kind = oracle.containsKey(name) ? "! only ours" : "only ours: a file they were not asked about";
            for (Map<String, @Nullable Object> json : ours.values()) {
                seen.count(kind, name + " " + json);
            }
        }
        seen.check("dnstap");
        assertThat(seen.count("= name")).isGreaterThan(1000);
    }

    private void compare(String line, Map<String, @Nullable Object> json) {
        Matcher theirs = LINE.matcher(line);
        if (!theirs.matches()) {
            boolean headless = json.get("qname") == null;
            seen.count(headless ? "a message without a question" : "! a line of another form", line + json);
            return;
        }
        Instant time =
                LocalDateTime.parse(theirs.group(1) + "T" + theirs.group(2)).toInstant(ZoneOffset.UTC);
        long micros = time.getEpochSecond() * 1_000_000L + time.getNano() / 1000;
        same("ts", micros == Math.floorDiv(DnsOracle.number(json, "ts"), 1000L), line, json);
        String type = theirs.group(3);
        String name = TYPES.get(type.substring(0, 1)) + (type.charAt(1) == 'Q' ? "_QUERY" : "_RESPONSE");
        same("message type", name.equals(json.get("message_type")), line, json);
        String address = theirs.group(4);
        same("address", address.equals(json.get("client")) || address.equals(json.get("server")), line, json);
        String transport = DnsOracle.text(json, "transport");
        // Theirs is older than DNS over TLS, HTTPS and QUIC.
        same("transport", theirs.group(5).equals("?") || theirs.group(5).equalsIgnoreCase(transport), line, json);
        same("size", Integer.parseInt(theirs.group(6)) == DnsOracle.number(json, "size"), line, json);
        byte[] wire = DnsNames.parse(theirs.group(7));
        byte[] ours = DnsNames.parse(DnsOracle.text(json, "qname"));
        boolean equal = wire != null && ours != null && DnsOracle.plain(wire).equalsIgnoreCase(DnsOracle.plain(ours));
        same("name", equal, line, json);
        same("class", DnsCodes.classNumber(theirs.group(8)) == DnsOracle.number(json, "qclass"), line, json);
        same("type", DnsCodes.typeNumber(theirs.group(9)) == DnsOracle.number(json, "qtype"), line, json);
        if (name.endsWith("RESPONSE")) {
            seen.count(json.get("latency_us") == null ? "a response without latency" : "= latency", line);
        }
    }

    private void same(String what, boolean same, String line, Map<String, @Nullable Object> json) {
        seen.count((same ? "= " : "! ") + what, line + " " + json);
    }

    @Test
    void every_line_about_a_query_becomes_a_record() throws IOException {
        Pattern query = Pattern.compile("query: |reply: |[ ]query\\[");
        for (Path file : DnsOracle.files("querylog")) {
            byte[] bytes = Files.readAllBytes(file);
            String text = DnsOracle.unzipped(file);
            long wanted =
                    text.lines().filter(line -> query.matcher(line).find()).count();
            DnsFound found = DnsFound.in(bytes);
            found.rejects.forEach(reject -> seen.count("! rejected: " + reject, file.toString()));
            boolean same = wanted == found.records.size();
            seen.count(
                    (same ? "= lines of " : "! lines of ") + file.getFileName(), wanted + " " + found.records.size());
            for (int i = 0; i < found.records.size(); i++) {
                Map<String, @Nullable Object> json = found.json(i);
                boolean named = json.get("qname") != null || json.get("parse_error") != null;
                seen.count(named ? "= a name" : "! no name", json.toString());
                seen.count(json.get("ts") != null ? "= a time" : "! no time", json.toString());
                seen.count(found.parsed(i).get("qtype") != null ? "= a type" : "! no type", json.toString());
            }
        }
        seen.check("query logs");
    }
}
