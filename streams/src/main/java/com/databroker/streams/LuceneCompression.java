package com.databroker.streams;

import java.io.IOException;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import org.apache.lucene.codecs.compressing.CompressionMode;
import org.apache.lucene.codecs.compressing.Compressor;
import org.apache.lucene.codecs.compressing.Decompressor;
import org.apache.lucene.store.ByteBuffersDataInput;
import org.apache.lucene.store.DataOutput;
import org.apache.lucene.util.ArrayUtil;

/// Lucene's fast form of packed records, LZ4 blocks, made by the native code that Kafka has at hand. What is
/// written is read by Lucene's own code, and the other way round.
final class LuceneCompression extends CompressionMode {
    @Override
    public Compressor newCompressor() {
        return new Blocks();
    }

    @Override
    public Decompressor newDecompressor() {
        return CompressionMode.FAST.newDecompressor();
    }

    @Override
    public String toString() {
        return "FAST, native";
    }

    private static final class Blocks extends Compressor {
        private final LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
        private byte[] plain = {};
        private byte[] packed = {};

        @Override
        public void compress(ByteBuffersDataInput from, DataOutput to) throws IOException {
            int length = Math.toIntExact(from.length());
            plain = ArrayUtil.growNoCopy(plain, length);
            packed = ArrayUtil.growNoCopy(packed, lz4.maxCompressedLength(length));
            from.readBytes(plain, 0, length);
            to.writeBytes(packed, lz4.compress(plain, 0, length, packed, 0, packed.length));
        }

        @Override
        public void close() {
            // It holds nothing open.
        }
    }
}
