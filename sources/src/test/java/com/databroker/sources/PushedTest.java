package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import com.databroker.streams.Collected;
import com.databroker.streams.Intake;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is pushed, and what follows a file, without the plane behind it.
final class PushedTest {
    private static final DnsSource DNS = DnsSource.withAddresses();

    @TempDir
    Path folder;

    @Test
    void the_signature_that_github_documents_is_right_and_every_other_is_wrong() {
        GithubWebhook hook = new GithubWebhook(
                "github", List.of(Bytes.utf8("an older one"), Bytes.utf8("It's a Secret to Everybody")));
        Bytes body = Bytes.utf8("Hello, World!");
        String right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assertThat(hook.isSigned(body, right)).isTrue();
        assertThat(hook.isSigned(Bytes.utf8("Hello, World?"), right)).isFalse();
        for (int i = 0; i < right.length(); i++) {
            char other = right.charAt(i) == '0' ? '1' : '0';
            assertThat(hook.isSigned(body, right.substring(0, i) + other + right.substring(i + 1)))
                    .isFalse();
        }
        assertThat(hook.isSigned(body, "")).isFalse();
        assertThat(hook.isSigned(body, right.toUpperCase(java.util.Locale.ROOT)))
                .isFalse();
        assertThat(hook.toString()).doesNotContain("Secret");
        Body taken =
                hook.body(Map.of("x-github-delivery", "d-1", "authorization", "Bearer secret"), body, Instant.EPOCH);
        assertThat(taken.headers()).containsOnlyKeys("x-github-delivery");
    }

    private Collecting collecting() {
        FakeClock clock = new FakeClock("2026-11-28T12:00:00Z");
        return new Collecting(clock, Collecting.http(clock, folder.resolve("spool")), DNS.reader());
    }

    private static String line(int number) {
        return "27-Nov-2026 10:00:00.001 client @0x7f 192.0.2.1#53001 (n" + number + ".example): query: n" + number
                + ".example IN A + (192.0.2.53)\n";
    }

    private static List<String> names(Collecting collecting) {
        return collecting.jsons.stream()
                .map(json -> json.replaceAll(".*\"qname\":\"([^\"]*)\".*", "$1"))
                .toList();
    }

    private void append(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void half_a_line_waits_for_its_other_half_and_a_line_about_something_else_is_nothing() throws Exception {
        Collecting collecting = collecting();
        FileTail tail = new FileTail("log", folder.resolve("q.log"));
        collecting.run(tail);
        assertThat(collecting.last.note()).startsWith("waits for");
        append("q.log", line(1) + line(2).substring(0, 40));
        collecting.run(tail);
        assertThat(names(collecting)).containsExactly("n1.example");
        append("q.log", line(2).substring(40));
        collecting.run(tail);
        append("q.log", "x\n");
        collecting.run(tail);
        append("q.log", "27-Nov-2026 10:00:00.001 general: info: all zones loaded\n");
        collecting.run(tail);
        assertThat(names(collecting)).containsExactly("n1.example", "n2.example");
        assertThat(collecting.rejects).isEmpty();
        assertThat(new java.util.HashSet<>(collecting.ids)).hasSize(2);
    }

    @Test
    void several_rotations_while_nobody_looked_lose_nothing() throws Exception {
        Collecting collecting = collecting();
        FileTail tail = new FileTail("log", folder.resolve("q.log"));
        append("q.log", line(1));
        collecting.run(tail);
        append("q.log", line(2));
        Files.move(folder.resolve("q.log"), folder.resolve("q.log.2"));
        append("q.log.1", line(3));
        append("q.log", line(4));
        append("q.log.2.gz", "not read");
        Files.setLastModifiedTime(folder.resolve("q.log.2"), time(100));
        Files.setLastModifiedTime(folder.resolve("q.log.1"), time(200));
        Files.setLastModifiedTime(folder.resolve("q.log"), time(300));
        collecting.run(tail);
        collecting.run(tail);
        assertThat(names(collecting)).containsExactly("n1.example", "n2.example", "n3.example", "n4.example");
        assertThat(collecting.last.gaps()).isZero();
    }

    private static java.nio.file.attribute.FileTime time(int seconds) {
        return java.nio.file.attribute.FileTime.from(
                Instant.parse("2026-11-28T12:00:00Z").plusSeconds(seconds));
    }

    @Test
    void a_log_that_was_cut_without_a_copy_is_a_gap_and_is_read_from_its_begin() throws Exception {
        Collecting collecting = collecting();
        FileTail tail = new FileTail("log", folder.resolve("q.log"));
        append("q.log", line(1) + line(2));
        collecting.run(tail);
        // Longer than before already, so that only its begin tells that it is another.
        Files.writeString(folder.resolve("q.log"), line(7) + line(8) + line(9));
        collecting.step(tail);
        assertThat(collecting.last.gaps()).isEqualTo(1);
        collecting.run(tail);
        assertThat(names(collecting))
                .containsExactly("n1.example", "n2.example", "n7.example", "n8.example", "n9.example");
    }

    @Test
    void a_socket_of_a_dead_process_is_replaced_and_that_of_a_living_one_is_not() throws Exception {
        Path at = folder.resolve("tap.sock");
        DnstapAddress address = DnstapAddress.parse("unix:" + at, "rw-------");
        DnstapAddress.Bound living = address.bind();
        assertThatThrownBy(address::bind).hasMessageContaining("another program listens at " + at);
        // As a kill leaves it.
        living.channel().close();
        try (DnstapAddress.Bound next = address.bind()) {
            assertThat(next.text()).isEqualTo("unix:" + at);
            living.close();
            assertThat(at).exists();
        }
        assertThat(at).doesNotExist();
        Files.writeString(at, "something else");
        assertThatThrownBy(address::bind).hasMessageContaining("is no socket");
        assertThat(at).hasContent("something else");
        assertThatThrownBy(() -> DnstapAddress.parse("tcp:localhost:6000", "rw-------"))
                .hasMessageContaining("tcp:127.0.0.1:6000");
        try (DnstapAddress.Bound tcp =
                DnstapAddress.parse("tcp:[::1]:0", "rw-------").bind()) {
            assertThat(tcp.text()).startsWith("tcp:[::1]:");
        }
    }

    /// Cuts bytes that come in pieces of any size into bodies of some units each.
    private static List<byte[]> pieces(byte[] bytes, Random random) {
        List<byte[]> pieces = new ArrayList<>();
        PipeUnits units = PipeUnits.of(bytes, 0);
        ByteArrayOutputStream piece = new ByteArrayOutputStream();
        int at = 0;
        int there = 0;
        while (at < bytes.length) {
            there = Math.min(bytes.length, there + 1 + random.nextInt(300));
            for (int size = units.size(bytes, at, there - at);
                    size > 0 && size <= there - at;
                    size = units.size(bytes, at, there - at)) {
                if (units.isHead(bytes, at)) {
                    boolean anew = units.beginsAnew(bytes, at);
                    if (anew && piece.size() > 0) {
                        pieces.add(piece.toByteArray());
                        piece.reset();
                    } else if (!anew) {
                        write(piece, units, bytes, at, size);
                    }
                    units.addHead(bytes, at, size, anew);
                } else {
                    write(piece, units, bytes, at, size);
                    if (random.nextInt(3) == 0) {
                        pieces.add(piece.toByteArray());
                        piece.reset();
                    }
                }
                at += size;
            }
        }
        pieces.add(piece.toByteArray());
        return pieces;
    }

    private static void write(ByteArrayOutputStream piece, PipeUnits units, byte[] bytes, int at, int size) {
        if (piece.size() == 0) {
            piece.writeBytes(units.head());
        }
        piece.write(bytes, at, size);
    }

    private static List<String> read(byte[] bytes) throws IOException {
        List<String> names = new ArrayList<>();
        Intake into = new Intake() {
            @Override
            public void record(Collected record) {
                names.add(record.json().utf8().replaceAll(".*\"qname\":\"([^\"]*)\".*", "$1"));
            }

            @Override
            public void reject(String position, String reason, Bytes excerpt) {
                names.add(position + ": " + reason);
            }
        };
        DNS.reader()
                .read(
                        new Body("b", "b", Map.of(Body.PART, "true"), Instant.EPOCH, new ByteArrayInputStream(bytes)),
                        into);
        return names;
    }

    @Test
    void what_comes_through_a_pipe_says_the_same_in_pieces_as_in_one() throws Exception {
        long seed = 20_261_128;
        byte[][] packets = new byte[40][];
        byte[][] bare = new byte[40][];
        byte[][] frames = new byte[40][];
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < packets.length; i++) {
            byte[] query = DnsBodies.query(i, "n" + i + ".example");
            bare[i] = DnsBodies.ipv4(17, false, DnsBodies.udp(40_000, 53, query));
            packets[i] = DnsBodies.ethernet(0x800, bare[i]);
            frames[i] = DnsBodies.dnstap(false, query);
            lines.append(line(i));
        }
        ByteArrayOutputStream sections = new ByteArrayOutputStream();
        sections.writeBytes(DnsBodies.pcapNg(true, 6, bare));
        sections.writeBytes(DnsBodies.pcapNg(false, 9, bare));
        Map<String, byte[]> forms = new HashMap<>();
        forms.put("pcap", DnsBodies.pcap(true, false, 1, packets));
        forms.put("pcap, big-endian", DnsBodies.pcap(false, true, 1, packets));
        forms.put("pcapng", sections.toByteArray());
        forms.put("dnstap", DnsBodies.frames(frames));
        forms.put("log", lines.toString().getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<String, byte[]> form : forms.entrySet()) {
            List<String> whole = read(form.getValue());
            assertThat(whole).as(form.getKey()).hasSizeGreaterThanOrEqualTo(40).contains("n39.example");
            List<String> parts = new ArrayList<>();
            for (byte[] piece : pieces(form.getValue(), new Random(seed))) {
                parts.addAll(read(piece));
            }
            assertThat(parts).as(form.getKey() + ", seed " + seed).isEqualTo(whole);
        }
    }

    @Test
    void what_is_no_unit_ends_the_reading_of_a_pipe() {
        byte[] pcap = DnsBodies.pcap(true, false, 1, new byte[20]);
        PipeUnits units = PipeUnits.of(pcap, 0);
        assertThat(units.size(pcap, 0, 24)).isEqualTo(24);
        assertThat(units.isHead(pcap, 0)).isTrue();
        pcap[24 + 11] = (byte) 0xff;
        assertThat(units.size(pcap, 24, pcap.length - 24)).isEqualTo(-1);
        byte[] long16 = "x".repeat(DnsLogs.LINE_MAX + 100).getBytes(StandardCharsets.UTF_8);
        assertThat(PipeUnits.of(long16, 0).size(long16, 0, long16.length)).isEqualTo(DnsLogs.LINE_MAX + 1);
    }
}
