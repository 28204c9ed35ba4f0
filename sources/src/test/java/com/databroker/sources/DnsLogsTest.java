package com.databroker.sources;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.streams.DataRecord;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class DnsLogsTest {
    static final String LINES = """
            20-Nov-2026 23:56:37.697 queries: info: client @0x7f 192.0.2.7#379 (a.B): query: a.B IN A -E(0)DC (192.0.2.53)
            2026-11-20T23:56:37.697Z client 2001:db8::7#379 (x): view in: query: x\\032y.z IN TYPE65 +T (192.0.2.53) [ECS 1]
            [1795219005] unbound[28298:0] info: start of service (unbound 1.17.1).
            [1795219005] unbound[28298:0] query: 192.0.2.7 example.org. AAAA IN
            [1795219005] unbound[28298:0] reply: 192.0.2.7 example.org. AAAA IN NXDOMAIN 0.021000 1 47
            Nov 20 23:56:55 dnsmasq[28550]: 2 192.0.2.7/58987 query[A] mga.Belkin from 192.0.2.7
            Nov 20 23:56:55 dnsmasq[28550]: 2 192.0.2.7/58987 config error is REFUSED (EDE: not ready)
            Nov 20 23:56:55 dnsmasq[28550]: query[type=65535] <name unprintable> from 192.0.2.7
            [INFO] [2001:db8::7]:50759 - 29008 "MX IN example.org. tcp 41 true 4096" NOERROR qr,rd,ra 68 0.037990251s
            """;

    private static DnsFound in(String log) {
        return DnsFound.in(log.getBytes(US_ASCII));
    }

    private static List<@Nullable Object> all(DnsFound found, String field) {
        java.util.ArrayList<@Nullable Object> values = new java.util.ArrayList<>();
        for (int i = 0; i < found.records.size(); i++) {
            values.add(found.parsed(i).get(field));
        }
        return values;
    }

    @Test
    void lines_of_all_servers_become_records() {
        DnsFound found = in(LINES);
        assertThat(found.rejects).isEmpty();
        assertThat(all(found, "qname"))
                .containsExactly("a.b", "x\\032y.z", "example.org", "example.org", "mga.belkin", null, "example.org");
        assertThat(all(found, "qtype")).containsExactly("A", "HTTPS", "AAAA", "AAAA", "A", "TYPE65535", "MX");
        assertThat(all(found, "rcode")).containsExactly(null, null, null, "NXDOMAIN", null, null, "NOERROR");
        assertThat(all(found, "latency_us")).containsExactly(null, null, null, 21_000L, null, null, 37_990L);
        assertThat(all(found, "transport")).containsExactly("udp", "tcp", null, null, null, null, "tcp");
    }

    @Test
    void flags_of_bind_are_read() {
        DataRecord record = in(LINES).parsed(0);
        DataRecord flags = Objects.requireNonNull((DataRecord) record.get("flags"));
        assertThat(flags.get("rd")).isEqualTo(false);
        assertThat(flags.get("cd")).isEqualTo(true);
        assertThat(flags.get("do")).isEqualTo(true);
        assertThat(record.get("edns")).isNotNull();
    }

    @Test
    void queries_that_were_signed_and_flags_of_old_servers_are_read() {
        DnsFound found = in("""
                20-Nov-2026 23:56:37.697 client 192.0.2.7#379/key a.key (a.b): query: a.b IN A -SETD (::1)
                20-Nov-2026 23:56:37.697 client 192.0.2.7#379 (a.b): query: a.b IN A + (192.0.2.53)
                """);
        assertThat(found.rejects).isEmpty();
        assertThat(all(found, "qname")).containsExactly("a.b", "a.b");
        assertThat(all(found, "transport")).containsExactly("tcp", "udp");
        DataRecord signed = found.parsed(0);
        assertThat(Objects.requireNonNull((DataRecord) signed.get("flags")).get("do"))
                .isEqualTo(true);
        assertThat(signed.get("edns")).isNotNull();
        assertThat(found.parsed(1).get("edns")).isNull();
    }

    @Test
    void what_a_server_answers_to_a_query_that_it_cannot_read_is_a_record_without_a_question() {
        DnsFound found = in("""
                [1795219005] unbound[28298:0] reply: 192.0.2.7 - - - FORMERR - - -\s
                [1795219005] unbound[28298:0] reply: 192.0.2.7 - - FORMERR
                """);
        assertThat(found.rejects).containsExactly("line 2: a query that cannot be read");
        DataRecord record = found.parsed(0);
        assertThat(record.get("rcode")).isEqualTo("FORMERR");
        assertThat(record.get("qname")).isNull();
        assertThat(record.get("latency_us")).isNull();
        assertThat(record.get("size")).isNull();
        assertThat(record.text("parse_error")).contains("does not say the question");
    }

    @Test
    void times_are_read_in_all_forms() {
        DnsLogTime time = new DnsLogTime(Instant.parse("2026-03-01T00:00:00Z"));
        String expected = "2025-11-20T23:56:37.697Z";
        for (String form : List.of(
                "20-Nov-2025 23:56:37.697 queries: x",
                "2025-11-20T23:56:37.697Z x",
                "2025-11-21T00:56:37.697+01:00 x",
                "2025-11-20 23:56:37,697 x",
                "[1763682997.697] x",
                "Nov 20 23:56:37.697 x")) {
            long nanos = time.read(form);
            assertThat(Instant.ofEpochSecond(0, nanos)).as(form).isEqualTo(expected);
        }
        assertThat(time.read("99-Nov-2025 23:56:37.697")).isEqualTo(DnsFlow.NO_TIME);
        assertThat(time.read("Feb 29 10:00:00"))
                .isEqualTo(Instant.parse("2024-02-29T10:00:00Z").getEpochSecond() * 1_000_000_000L);
        assertThat(time.read("<30>Nov 20 23:56:37.697 x")).isEqualTo(time.read("Nov 20 23:56:37.697 x"));
        assertThat(time.read("<30>1 2025-11-20T23:56:37.697Z host x"))
                .isEqualTo(time.read("2025-11-20T23:56:37.697Z x"));
        assertThat(time.read("no time at all")).isEqualTo(DnsFlow.NO_TIME);
        assertThat(time.isBroken()).isFalse();
    }

    @Test
    void a_time_that_cannot_be_is_told_and_none_at_all_is_not() {
        String query = "client 192.0.2.7#379 (a.b): query: a.b IN A + (192.0.2.53)\n";
        DnsFound found = in("30-Feb-2026 10:00:00.000 " + query
                + "<30>Feb 30 10:00:00 host named[1]: " + query
                + "2026-11-29T25:00:00Z " + query
                + "queries: info: " + query
                + "[pod/coredns-1] [INFO] 192.0.2.7:50759 - 2 \"A IN a.b. udp 41 false 512\" NOERROR qr 68 0.03s\n");
        String told = "the line begins with a time that cannot be read";
        assertThat(found.rejects).isEmpty();
        assertThat(all(found, "parse_error")).containsExactly(told, told, told, null, null);
    }

    @Test
    void a_client_may_have_any_port_by_chance() {
        DnsFound found = DnsFound.in(
                new DnsSource(Bytes.wrap(new byte[32])),
                "20-Nov-2026 23:56:37.697 client 192.0.2.7#5353 (a.b): query: a.b IN A + (198.51.100.53)\n"
                        .getBytes(US_ASCII));
        DataRecord record = found.parsed(0);
        assertThat(record.text("protocol")).isEqualTo("dns");
        assertThat(record.text("server_addr")).isEqualTo("198.51.100.53");
    }

    @Test
    void a_body_of_other_lines_is_rejected_once() {
        DnsFound found = in("first\nsecond\nthird line\n");
        assertThat(found.rejects).containsExactly("byte 0: none of its 3 lines is of a query log that is known");
    }

    @Test
    void a_line_that_begins_as_a_query_and_is_none_is_rejected() {
        DnsFound found = in(LINES + "Nov 20 23:56:55 dnsmasq[28550]: query[A] example.org from nowhere\n");
        assertThat(found.rejects).containsExactly("line 10: a query that cannot be read");
    }

    @Test
    void a_line_without_end_is_passed_over() {
        DnsFound found = in("x".repeat(100_000) + "\n" + LINES);
        assertThat(found.rejects).containsExactly("line 1: a line of more than 16384 bytes");
        assertThat(found.records).hasSize(7);
    }
}
