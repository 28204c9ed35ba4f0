package com.databroker.sources;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.PoisonException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Broken bodies: each becomes records and rejects, never an exception, and its records are JSON that the
/// parser takes.
final class DnsFuzzTest {
    private static final int ROUNDS = 400;

    private static List<byte[]> bodies() {
        byte[] query = DnsBodies.query(4660, "www.Example.org");
        byte[] answer = DnsBodies.answer(4660, "www.example.org");
        byte[] udp = DnsBodies.udp(45113, 53, query);
        byte[] asked = DnsBodies.ipv4(17, false, udp);
        byte[] answered = DnsBodies.ipv4(17, true, DnsBodies.udp(53, 45113, answer));
        byte[] v6 = DnsBodies.ipv6(17, DnsBodies.udp(45113, 5353, query));
        byte[] first = DnsBodies.fragmentV4(17, false, 0x2000, Arrays.copyOf(udp, 32));
        byte[] rest = DnsBodies.fragmentV4(17, false, 4, Arrays.copyOfRange(udp, 32, udp.length));
        byte[] syn = DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 99, 2));
        byte[] data = DnsBodies.ipv4(6, false, DnsBodies.tcp(4000, 53, 100, 16, DnsBodies.framed(query)));
        byte[] teredo = DnsBodies.ipv4(17, false, DnsBodies.udp(3544, 3544, v6));
        return List.of(
                DnsBodies.pcap(asked, answered, v6, first, rest, syn, data, teredo),
                DnsBodies.pcap(false, true, 1, DnsBodies.ethernet(0x0800, asked), DnsBodies.ethernet(0x86dd, v6)),
                DnsBodies.pcapNg(true, 6, asked, answered, v6),
                DnsBodies.pcapNg(false, 9, asked, answered, data),
                DnsBodies.frames(DnsBodies.dnstap(false, query), DnsBodies.dnstap(true, answer)),
                DnsBodies.dnstap(true, answer),
                DnsBodies.gzip(DnsBodies.pcap(asked, answered)),
                DnsLogsTest.LINES.getBytes(US_ASCII));
    }

    private static byte[] mutated(byte[] body, SplittableRandom random) {
        byte[] bytes = body.clone();
        int changes = 1 + random.nextInt(8);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xff : 0);
                case 3 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                default -> {
                    int from = random.nextInt(bytes.length);
                    int size = Math.min(random.nextInt(16), bytes.length - Math.max(at, from));
                    System.arraycopy(bytes, from, bytes, at, size);
                }
            }
        }
        return bytes;
    }

    @Test
    void broken_bodies_give_records_and_rejects_and_nothing_else() {
        long seed = 20261121;
        SplittableRandom random = new SplittableRandom(seed);
        DnsParser parser = new DnsParser();
        BodyReader reader = new DnsSource(DnsFound.KEY).reader();
        List<byte[]> bodies = bodies();
        int records = 0;
        int rejects = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (byte[] body : bodies) {
                byte[] broken = mutated(body, random);
                String place = "seed " + seed + ", round " + round;
                DnsFound found;
                try {
                    found = DnsFound.in(reader, broken);
                    for (Collected record : found.records) {
                        parser.parse(record, DnsFound.RECEIVED);
                    }
                } catch (RuntimeException | PoisonException e) {
                    throw new AssertionError(place, e);
                }
                Set<String> ids = new HashSet<>();
                assertThat(found.records).as(place).allMatch(record -> ids.add(record.id()));
                records += found.records.size();
                rejects += found.rejects.size();
            }
        }
        assertThat(records).isGreaterThan(ROUNDS);
        assertThat(rejects).isGreaterThan(ROUNDS);
    }

    @Test
    void broken_records_are_poison_or_records_and_nothing_else() {
        long seed = 4711;
        SplittableRandom random = new SplittableRandom(seed);
        DnsParser parser = new DnsParser();
        List<Collected> records = DnsFound.in(bodies().get(0)).records;
        int poison = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (Collected record : records) {
                byte[] json = mutated(record.json().toArray(), random);
                try {
                    parser.parse(new Collected("id", Bytes.wrap(json)), DnsFound.RECEIVED);
                } catch (PoisonException e) {
                    poison++;
                } catch (RuntimeException e) {
                    throw new AssertionError("seed " + seed + ": " + new String(json, US_ASCII), e);
                }
            }
        }
        assertThat(poison).isGreaterThan(ROUNDS);
    }

    @Test
    void a_file_of_nothing_but_begins_of_streams_stays_within_its_memory() {
        // 20,000 connections and as many datagrams, none of which ever becomes whole.
        byte[][] frames = new byte[40_000][];
        byte[] part = new byte[900];
        part[0] = 4;
        for (int i = 0; i < 20_000; i++) {
            frames[2 * i] = DnsBodies.ipv4(6, false, DnsBodies.tcp(i + 1024, 53, 99, 2, part));
            byte[] fragment = DnsBodies.fragmentV4(17, false, 0x2000, part);
            fragment[4] = (byte) (i >> 8);
            fragment[5] = (byte) i;
            frames[2 * i + 1] = fragment;
        }
        DnsFound found = DnsFound.in(DnsBodies.pcap(frames));
        assertThat(found.rejects).hasSizeGreaterThanOrEqualTo(20_000 - 1);
    }
}
