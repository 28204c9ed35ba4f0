package com.databroker.streams;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/// Files that are committed to a cold table together, and under which name and number.
///
/// ```
///   appId │ number (long) │ count of files (int) │ files, see ColdFile
/// ```
///
/// @param appId empty until [ColdGathering] has given one
record ColdBatch(String appId, long number, List<ColdFile> files) {
    private static final int FILES_MAX = 1 << 20;

    ColdBatch {
        files = List.copyOf(files);
    }

    /// Its form in Flink's checkpoints; an older one stays readable.
    static final class Form implements SimpleVersionedSerializer<ColdBatch> {
        private static final int VERSION = 2;

        @Override
        public int getVersion() {
            return VERSION;
        }

        @Override
        public byte[] serialize(ColdBatch batch) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            ColdFile.writeText(out, batch.appId());
            out.writeLong(batch.number());
            out.writeInt(batch.files().size());
            for (ColdFile file : batch.files()) {
                file.write(out);
            }
            out.flush();
            return bytes.toByteArray();
        }

        @Override
        public ColdBatch deserialize(int version, byte[] bytes) throws IOException {
            if (version > VERSION) {
                throw new IOException("the checkpoint was written by a newer databroker: form " + version
                        + " of a cold table's files, and this one knows " + VERSION);
            }
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            String appId = ColdFile.readText(in);
            long number = in.readLong();
            int count = in.readInt();
            if (count < 0 || count > FILES_MAX) {
                throw new IOException("a checkpoint names " + count + " files of a cold table");
            }
            List<ColdFile> files = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                files.add(ColdFile.read(in, version));
            }
            return new ColdBatch(appId, number, files);
        }
    }
}
