package com.databroker.sources;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FrameStreamTest {
    private static final byte[] READY = FrameStream.control(FrameStream.Kind.READY, FrameStream.DNSTAP);
    private static final byte[] ACCEPT = FrameStream.control(FrameStream.Kind.ACCEPT, FrameStream.DNSTAP);
    private static final byte[] START = FrameStream.control(FrameStream.Kind.START, FrameStream.DNSTAP);
    private static final byte[] STOP = FrameStream.control(FrameStream.Kind.STOP);
    private static final byte[] FINISH = FrameStream.control(FrameStream.Kind.FINISH);

    /// What a receiver took of the bytes, and what it answered.
    private record Talk(List<String> data, String refusal, int answered) {}

    private static byte[] joined(byte[]... frames) {
        DnsBodies all = new DnsBodies();
        for (byte[] frame : frames) {
            all.bytes(frame);
        }
        return all.done();
    }

    private static byte[] data(String text) {
        return FrameStream.data(text.getBytes(UTF_8));
    }

    private static Talk talk(byte[]... frames) throws IOException {
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        FrameStreamReceiver receiver =
                new FrameStreamReceiver(new ByteArrayInputStream(joined(frames)), answers, FrameStream.DNSTAP);
        List<String> data = new ArrayList<>();
        while (receiver.next()) {
            FrameStream found = receiver.frames();
            data.add(new String(found.array(), found.offset(), found.length(), UTF_8));
        }
        return new Talk(data, receiver.refusal(), answers.size());
    }

    @Test
    void control_frames_are_written_as_the_protocol_has_them() {
        assertThat(START)
                .isEqualTo(DnsBodies.hex("00000000 00000022 00000002 00000001 00000016"
                        + "70726f746f6275663a646e737461702e446e73746170"));
        assertThat(FINISH).isEqualTo(DnsBodies.hex("00000000 00000004 00000005"));
    }

    @Test
    void who_greets_is_greeted_and_who_says_goodbye_is_answered() throws IOException {
        Talk talk = talk(READY, START, data("one"), data("two"), STOP);
        assertThat(talk.data).containsExactly("one", "two");
        assertThat(talk.refusal).isEmpty();
        assertThat(talk.answered).isEqualTo(ACCEPT.length + FINISH.length);
    }

    @Test
    void who_only_sends_gets_no_answer() throws IOException {
        Talk talk = talk(START, data("one"), STOP);
        assertThat(talk.data).containsExactly("one");
        assertThat(talk.answered).isZero();
    }

    @Test
    void what_breaks_the_protocol_is_refused_with_the_reason() throws IOException {
        byte[] other = FrameStream.control(FrameStream.Kind.READY, "text/plain");
        assertThat(talk(other).refusal).contains("text/plain");
        assertThat(talk(data("early")).refusal).isEqualTo("data before START");
        assertThat(talk(READY, START, START).refusal).isEqualTo("START again");
        assertThat(talk(READY, READY).refusal).isEqualTo("READY again");
        assertThat(talk(READY, ACCEPT).refusal).isEqualTo("ACCEPT from a sender");
        assertThat(talk(STOP).refusal).isEqualTo("STOP before START");
        assertThat(talk(READY, START, data("x")).refusal).isEqualTo("the connection ended without STOP");
        assertThat(talk(START, DnsBodies.hex("00020001")).refusal)
                .contains("131073 bytes")
                .contains("131072");
        assertThat(talk(START, DnsBodies.hex("ffffffff")).refusal).contains("4294967295");
        assertThat(talk(START, DnsBodies.hex("00000000 00000201")).refusal).contains("512");
        assertThat(talk(START, DnsBodies.hex("00000000 00000004 00000009")).refusal)
                .contains("type 9");
        assertThat(talk().refusal).isEmpty();
    }

    @Test
    void the_longest_frame_is_taken() throws IOException {
        Talk talk = talk(START, FrameStream.data(new byte[FrameStream.FRAME_MAX]), STOP);
        assertThat(talk.data).hasSize(1);
        assertThat(talk.refusal).isEmpty();
    }

    @Test
    void a_file_of_dnstap_becomes_records_with_latency() {
        byte[] asked = DnsBodies.dnstap(false, DnsBodies.query(7, "www.example.org"));
        byte[] answered = DnsBodies.dnstap(true, DnsBodies.answer(7, "www.example.org"));
        for (byte[] body :
                List.of(DnsBodies.frames(asked, answered), DnsBodies.gzip(DnsBodies.frames(asked, answered)))) {
            DnsFound found = DnsFound.in(body);
            assertThat(found.rejects).isEmpty();
            assertThat(found.json(0))
                    .containsEntry("message_type", "CLIENT_QUERY")
                    .containsEntry("server_id", "ns1")
                    .containsEntry("client", "198.51.100.7");
            assertThat(found.json(1)).containsEntry("message_type", "CLIENT_RESPONSE");
            assertThat(DnsOracle.number(found.json(1), "latency_us")).isEqualTo(5000);
        }
    }

    @Test
    void what_a_socket_received_is_read_as_a_file_is() {
        byte[] asked = DnsBodies.dnstap(false, DnsBodies.query(7, "www.example.org"));
        DnsFound found = DnsFound.in(joined(READY, START, FrameStream.data(asked), STOP));
        assertThat(found.records).hasSize(1);
        assertThat(found.rejects).isEmpty();
        assertThat(DnsFound.in(asked).records).hasSize(1);
    }
}
