package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.lucene.codecs.compressing.CompressionMode;
import org.apache.lucene.codecs.compressing.Compressor;
import org.apache.lucene.store.ByteArrayDataInput;
import org.apache.lucene.store.ByteBuffersDataInput;
import org.apache.lucene.store.ByteBuffersDataOutput;
import org.apache.lucene.util.BytesRef;
import org.junit.jupiter.api.Test;

final class LuceneCompressionTest {
    private static byte[] bytes(Random random, int length, boolean words) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        byte[] text = "{\"type\":\"PushEvent\",\"repo\":\"a/b\"}".getBytes(StandardCharsets.UTF_8);
        for (int at = 0; words && at < length; at += text.length + random.nextInt(20)) {
            System.arraycopy(text, 0, bytes, at, Math.min(text.length, length - at));
        }
        return bytes;
    }

    private static byte[] packed(CompressionMode mode, byte[] plain) throws Exception {
        ByteBuffersDataOutput out = new ByteBuffersDataOutput();
        try (Compressor compressor = mode.newCompressor()) {
            for (int times = 0; times < 2; times++) {
                out.reset();
                compressor.compress(new ByteBuffersDataInput(List.of(ByteBuffer.wrap(plain))), out);
            }
        }
        return out.toArrayCopy();
    }

    private static byte[] plain(CompressionMode mode, byte[] packed, int length) throws Exception {
        BytesRef into = new BytesRef();
        mode.newDecompressor().decompress(new ByteArrayDataInput(packed), length, 0, length, into);
        return Arrays.copyOfRange(into.bytes, into.offset, into.offset + into.length);
    }

    @Test
    void lucene_reads_what_is_packed_and_what_it_packed_is_read() throws Exception {
        Random random = new Random(7);
        CompressionMode ours = new LuceneCompression();
        for (int length : new int[] {1, 4, 12, 13, 100, 5_000, 16_384, 70_000, 300_000}) {
            for (boolean words : new boolean[] {false, true}) {
                byte[] wanted = bytes(random, length, words);
                assertThat(plain(CompressionMode.FAST, packed(ours, wanted), length))
                        .isEqualTo(wanted);
                assertThat(plain(ours, packed(CompressionMode.FAST, wanted), length))
                        .isEqualTo(wanted);
            }
        }
    }
}
