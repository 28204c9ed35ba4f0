package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PcapReaderTest {
    private static final byte[] QUERY = DnsBodies.query(4660, "www.Example.org");
    private static final byte[] ANSWER = DnsBodies.answer(4660, "www.example.org");
    private static final byte[] ASKED = DnsBodies.ipv4(17, false, DnsBodies.udp(45113, 53, QUERY));
    private static final byte[] ANSWERED = DnsBodies.ipv4(17, true, DnsBodies.udp(53, 45113, ANSWER));

    private static List<Object> names(DnsFound found) {
        assertThat(found.rejects).isEmpty();
        return found.records.stream()
                .map(record -> found.json(found.records.indexOf(record)).get("qname"))
                .toList();
    }

    private static byte[] part(byte[] bytes, int from, int to) {
        return Arrays.copyOfRange(bytes, from, to);
    }

    @Test
    void both_orders_of_bytes_and_both_units_of_time_are_read() {
        for (boolean little : new boolean[] {false, true}) {
            for (boolean nanos : new boolean[] {false, true}) {
                DnsFound found = DnsFound.in(DnsBodies.pcap(little, nanos, 101, ASKED, ANSWERED));
                assertThat(names(found)).containsExactly("www.example.org", "www.example.org");
                long expected = DnsBodies.SECONDS * 1_000_000_000L + (nanos ? 1000L : 1_000_000L);
                assertThat(DnsOracle.number(found.json(1), "ts")).isEqualTo(expected);
            }
        }
    }

    @Test
    void pcapng_is_read_in_both_orders_with_its_unit_of_time() {
        for (boolean little : new boolean[] {false, true}) {
            for (int resolution : new int[] {6, 9}) {
                DnsFound found = DnsFound.in(DnsBodies.pcapNg(little, resolution, ASKED));
                assertThat(names(found)).containsExactly("www.example.org");
                assertThat(DnsOracle.number(found.json(0), "ts")).isEqualTo(DnsBodies.SECONDS * 1_000_000_000L);
            }
        }
    }

    @Test
    void a_record_says_what_was_asked_and_answered() {
        DnsFound found = DnsFound.in(DnsBodies.pcap(ASKED, ANSWERED));
        assertThat(found.json(0))
                .containsEntry("client", "198.51.100.7")
                .containsEntry("server", "203.0.113.53")
                .containsEntry("transport", "udp")
                .containsEntry("protocol", "dns")
                .containsEntry("qname_case_mixed", true)
                .containsEntry("flags", List.of("rd"))
                .doesNotContainKeys("rcode", "latency_us", "parse_error", "answer_records");
        assertThat(found.json(1)).containsEntry("client", "198.51.100.7").doesNotContainKey("qname_case_mixed");
        assertThat(DnsOracle.number(found.json(1), "latency_us")).isEqualTo(1000);
        assertThat(new String(found.records.get(1).json().toArray(), java.nio.charset.StandardCharsets.UTF_8))
                .contains(
                        "\"answer_records\":[{\"name\":\"www.example.org\",\"type\":1,\"ttl\":60,\"data\":\"192.0.2.1\"}]");
    }

    @Test
    void client_subnets_and_cookies_are_not_kept() {
        String json = DnsFound.in(DnsBodies.pcap(ASKED)).records.get(0).json().utf8();
        assertThat(json)
                .contains("\"options\":[8,10]")
                .doesNotContain("198.51.100.0")
                .doesNotContain("01020304");
    }

    @Test
    void ids_are_the_same_again_and_different_from_one_another() {
        byte[] twice = DnsBodies.framed(QUERY);
        byte[] both = new DnsBodies().bytes(twice).bytes(twice).done();
        byte[] body = DnsBodies.pcap(
                ASKED,
                ANSWERED,
                DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 0, 2)),
                DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 1, 16, both)));
        List<String> ids =
                DnsFound.in(body).records.stream().map(each -> each.id()).toList();
        assertThat(ids).hasSize(4).allMatch(id -> id.matches("[0-9a-f]{32}"));
        assertThat(new HashSet<>(ids)).hasSize(4);
        assertThat(DnsFound.in(body).records.stream().map(each -> each.id())).isEqualTo(ids);
    }

    @Test
    void layers_below_ip_are_taken_off() {
        byte[] v6 = DnsBodies.ipv6(17, DnsBodies.udp(45113, 53, QUERY));
        byte[] tagged = new DnsBodies()
                .u16(5)
                .u16(0x8100)
                .u16(6)
                .u16(0x0800)
                .bytes(ASKED)
                .done();
        byte[] pppoe = new DnsBodies()
                .u16(0x1100)
                .u16(1)
                .u16(ASKED.length + 2)
                .u16(0x21)
                .bytes(ASKED)
                .done();
        byte[] cooked =
                new DnsBodies().bytes(new byte[14]).u16(0x86dd).bytes(v6).done();
        byte[] cooked2 =
                new DnsBodies().u16(0x86dd).bytes(new byte[18]).bytes(v6).done();
        byte[] loopback = new DnsBodies().u32(2).bytes(ASKED).done();
        Map<byte[], Integer> frames = Map.of(
                DnsBodies.ethernet(0x0800, ASKED),
                1,
                DnsBodies.ethernet(0x88a8, tagged),
                1,
                DnsBodies.ethernet(0x8864, pppoe),
                1,
                cooked,
                113,
                cooked2,
                276,
                loopback,
                108,
                v6,
                229);
        frames.forEach((frame, link) -> assertThat(names(DnsFound.in(DnsBodies.pcap(true, false, link, frame))))
                .as("link type " + link)
                .containsExactly("www.example.org"));
    }

    @Test
    void fragments_become_whole_in_any_order() {
        byte[] udp = DnsBodies.udp(45113, 53, QUERY);
        byte[] first = DnsBodies.fragmentV4(17, false, 0x2000, part(udp, 0, 32));
        byte[] rest = DnsBodies.fragmentV4(17, false, 4, part(udp, 32, udp.length));
        assertThat(names(DnsFound.in(DnsBodies.pcap(first, rest)))).containsExactly("www.example.org");
        DnsFound turned = DnsFound.in(DnsBodies.pcap(rest, first));
        assertThat(names(turned)).containsExactly("www.example.org");
        assertThat(turned.json(0)).doesNotContainKey("parse_error");
        byte[] headV6 = new DnsBodies()
                .u8(17)
                .u8(0)
                .u16(1)
                .u32(9)
                .bytes(part(udp, 0, 32))
                .done();
        byte[] restV6 = new DnsBodies()
                .u8(17)
                .u8(0)
                .u16(32)
                .u32(9)
                .bytes(part(udp, 32, udp.length))
                .done();
        assertThat(names(DnsFound.in(DnsBodies.pcap(DnsBodies.ipv6(44, headV6), DnsBodies.ipv6(44, restV6)))))
                .containsExactly("www.example.org");
    }

    @Test
    void a_datagram_whose_rest_never_came_still_tells_its_question() {
        byte[] udp = DnsBodies.udp(45113, 53, QUERY);
        DnsFound found = DnsFound.in(DnsBodies.pcap(DnsBodies.fragmentV4(17, false, 0x2000, part(udp, 0, 48))));
        assertThat(names(found)).containsExactly("www.example.org");
        assertThat(DnsOracle.text(found.json(0), "parse_error")).contains("fragments of the datagram are missing");
    }

    @Test
    void messages_over_tcp_are_put_together_from_segments_in_any_order() {
        byte[] stream = new DnsBodies()
                .bytes(DnsBodies.framed(QUERY))
                .bytes(DnsBodies.framed(QUERY))
                .done();
        byte[] begin = DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 99, 2));
        byte[] one = DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 100, 16, part(stream, 0, 1)));
        byte[] two = DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 101, 16, part(stream, 1, 70)));
        byte[] three = DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 100 + 60, 17, part(stream, 60, stream.length)));
        assertThat(names(DnsFound.in(DnsBodies.pcap(begin, one, two, three))))
                .containsExactly("www.example.org", "www.example.org");
        assertThat(names(DnsFound.in(DnsBodies.pcap(begin, two, one, one, three))))
                .containsExactly("www.example.org", "www.example.org");
    }

    @Test
    void what_follows_a_gap_in_a_connection_is_not_taken_for_a_message_that_it_is_not() {
        byte[] question = new DnsBodies()
                .bytes("\u0003www\u0007example\u0003org\u0000".getBytes(StandardCharsets.ISO_8859_1))
                .u16(1)
                .u16(1)
                .done();
        byte[] query = DnsBodies.framed(new DnsBodies()
                .u16(4660)
                .u16(0x100)
                .u16(1)
                .u16(0)
                .u16(0)
                .u16(0)
                .bytes(question)
                .done());
        byte[] stream = new DnsBodies().bytes(query).bytes(query).bytes(query).done();
        int middle = 2 * query.length;
        byte[] begin = DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 99, 2));
        byte[] one = DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 100, 16, part(stream, 0, query.length)));
        // Behind the gap comes "org", type and class, which could be a length, an id and a header.
        byte[] three = DnsBodies.ipv4(
                6, false, DnsBodies.tcp(4000, 53, 100 + middle - 8, 17, part(stream, middle - 8, stream.length)));
        DnsFound found = DnsFound.in(DnsBodies.pcap(begin, one, three));
        assertThat(found.records).hasSize(1);
        assertThat(found.rejects).containsExactly("frame 3: behind a gap in the connection, where no message begins");
        byte[] whole = DnsBodies.ipv4(
                6, false, DnsBodies.tcp(4000, 53, 100 + middle, 17, part(stream, middle, stream.length)));
        assertThat(names(DnsFound.in(DnsBodies.pcap(begin, one, whole)))).hasSize(2);
    }

    @Test
    void dns_at_another_port_is_found_where_nothing_else_fits() {
        byte[] elsewhere = DnsBodies.ipv4(17, false, DnsBodies.udp(45113, 8053, QUERY));
        byte[] longer = new DnsBodies().bytes(QUERY).u8(0).done();
        byte[] other = DnsBodies.ipv4(17, false, DnsBodies.udp(45113, 8053, longer));
        assertThat(names(DnsFound.in(DnsBodies.pcap(elsewhere, other)))).containsExactly("www.example.org");
    }

    @Test
    void a_file_that_is_cut_off_gives_what_came_before_and_says_so() {
        byte[] body = DnsBodies.pcap(ASKED, ANSWERED);
        DnsFound found = DnsFound.in(part(body, 0, body.length - ANSWERED.length - 3));
        assertThat(found.records).hasSize(1);
        assertThat(found.rejects)
                .containsExactly("byte " + (40 + ASKED.length) + ": the file ends within the header of a frame");
        byte[] zipped = DnsBodies.gzip(body);
        assertThat(names(DnsFound.in(zipped))).hasSize(2);
        DnsFound half = DnsFound.in(part(zipped, 0, zipped.length - 20));
        assertThat(half.rejects).isNotEmpty();
    }

    @Test
    void what_is_rejected_is_not_quoted_where_clients_are_anonymous() {
        byte[] body = DnsBodies.pcap(DnsBodies.ipv4(17, false, DnsBodies.udp(45113, 53, (byte) 1, (byte) 2)));
        DnsFound open = DnsFound.in(body);
        DnsFound closed = DnsFound.in(new DnsSource(DnsFound.KEY), body);
        assertThat(open.rejects).isEqualTo(closed.rejects).hasSize(1);
        assertThat(open.excerpts.get(0).length()).isEqualTo(2);
        assertThat(closed.excerpts.get(0).length()).isZero();
    }
}
