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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Recorded captures against what tshark says of them. Not one of the tests that always run: the profile `shared-data`
/// of the pom takes it in where DATABROKER_SHARED_DATA names the folder.
final class DnsOnData {
    private static final Path DATA = Path.of(System.getenv().getOrDefault("DATABROKER_SHARED_DATA", "none"), "dns");

    private final DnsOracle seen = new DnsOracle();

    static List<Path> files(String... folders) throws IOException {
        List<Path> all = new ArrayList<>();
        for (String folder : folders) {
            try (Stream<Path> walk = Files.walk(DATA.resolve(folder))) {
                walk.filter(Files::isRegularFile).sorted().forEach(all::add);
            }
        }
        assertThat(all).as("files of " + DATA).isNotEmpty();
        return all;
    }

    @Test
    void captures_hold_what_tshark_found() throws IOException {
        Map<String, List<Map<String, @Nullable Object>>> oracle =
                DnsOracle.lines(DATA.resolve("expected-pcap.jsonl.gz"));
        for (Path file : files("pcap", "live")) {
            String name = DATA.relativize(file).toString();
            DnsFound found = DnsFound.in(Files.readAllBytes(file));
            Map<Long, List<Map<String, @Nullable Object>>> ours = new TreeMap<>();
            found.records.forEach(record -> {
                Map<String, @Nullable Object> json = Json.parseObject(record.json());
                ours.computeIfAbsent(DnsOracle.number(json, "frame"), absent -> new ArrayList<>()).add(json);
            });
            found.rejects.forEach(reject -> seen.count("rejected: " + reject.replaceAll("\\d+", "N"), name + " " + reject));
            for (Map<String, @Nullable Object> theirs : oracle.getOrDefault(name, List.of())) {
                compare(name, theirs, ours.remove(DnsOracle.number(theirs, "frame")));
            }
            ours.values().stream().flatMap(List::stream).forEach(json -> more(name, json));
        }
        String report = seen.report();
        LOG.println(report);
        assertThat(seen.kinds.keySet().stream().filter(kind -> kind.startsWith("?"))).as(report).isEmpty();
    }

    private static final java.io.PrintStream LOG = System.out;

    private void more(String name, Map<String, @Nullable Object> json) {
        seen.count("?only ours " + json.get("parse_error"), name + " " + json);
    }

    private void compare(
            String name, Map<String, @Nullable Object> theirs, @Nullable List<Map<String, @Nullable Object>> ours) {
        String place = name + " " + theirs;
        if (ours == null) {
            seen.count("?only theirs", place);
            return;
        }
        String[] ids = DnsOracle.text(theirs, "id").split(",");
        if (ids.length != ours.size()) {
            seen.count("?number of messages", place + " " + ours);
            return;
        }
        for (int i = 0; i < ids.length; i++) {
            one(place, theirs, ours.get(i), i, ids.length);
        }
    }

    private static boolean equal(String theirs, long ours) {
        return theirs.isEmpty() || Integer.decode(theirs) == ours;
    }

    private static String part(Map<String, @Nullable Object> theirs, String name, int i) {
        String[] parts = DnsOracle.text(theirs, name).split(",");
        return i < parts.length ? parts[i] : "";
    }

    private void one(String place, Map<String, @Nullable Object> theirs, Map<String, @Nullable Object> json, int i, int of) {
        check("id", place, json, equal(part(theirs, "id", i), DnsOracle.number(json, "message_id")));
        check("qr", place, json, part(theirs, "qr", i).equals("1") == Boolean.TRUE.equals(json.get("qr")));
        check("opcode", place, json, equal(part(theirs, "opcode", i), DnsOracle.number(json, "opcode")));
        check("answers", place, json, equal(part(theirs, "ancount", i), DnsOracle.number(json, "answers")));
        String[] ts = DnsOracle.text(theirs, "ts").split("\\.");
        long nanos = ts.length < 2 ? -1 : Long.parseLong(ts[0]) * 1_000_000_000L + Long.parseLong(ts[1]);
        check("ts", place, json, nanos == DnsOracle.number(json, "ts"));
        String rcode = part(theirs, "rcode", i);
        if (of == 1 && !rcode.isEmpty()) {
            check("rcode", place, json, Integer.parseInt(rcode) == (DnsOracle.number(json, "rcode") & 15));
        }
        check("transport", place, json, DnsOracle.text(theirs, "proto").equals(json.get("transport")));
        String qname = DnsOracle.text(theirs, "qname");
        String name = String.valueOf(json.getOrDefault("qname", ""));
        boolean same = qname.equals(name) || DnsOracle.sameName(qname, name) || DnsOracle.sameName(qname.split(",", -1)[Math.min(i, qname.split(",", -1).length - 1)], name);
        if (qname.isEmpty() && !name.isEmpty()) {
            seen.count("?name only ours", place + json);
        } else if (!same) {
            seen.count("?name", place + json);
        } else {
            seen.count("= name", "");
        }
        String type = part(theirs, "qtype", i);
        check("type", place, json, type.isEmpty() ? json.get("qtype") == null : Integer.parseInt(type) == DnsOracle.number(json, "qtype"));
        String dnsClass = part(theirs, "qclass", i);
        check("class", place, json, dnsClass.isEmpty() ? json.get("qclass") == null : Integer.decode(dnsClass) == DnsOracle.number(json, "qclass"));
        boolean response = Boolean.TRUE.equals(json.get("qr"));
        String[] src = DnsOracle.text(theirs, "src").split(",");
        String[] dst = DnsOracle.text(theirs, "dst").split(",");
        check("src", place, json, src[src.length - 1].equals(json.get(response ? "server" : "client")));
        check("dst", place, json, dst[dst.length - 1].equals(json.get(response ? "client" : "server")));
        check("sport", place, json, DnsOracle.text(theirs, "sport").equals(String.valueOf(json.get(response ? "server_port" : "client_port"))));
        check("malformed", place, json, Boolean.TRUE.equals(theirs.get("malformed")) == (json.get("parse_error") != null));
    }

    private void check(String what, String place, Map<String, @Nullable Object> json, boolean same) {
        if (same) {
            seen.count("= " + what, "");
        } else {
            seen.count("?" + what, place + " " + json);
        }
    }
}
