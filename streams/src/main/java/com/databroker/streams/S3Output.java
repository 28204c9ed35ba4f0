package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.PositionOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/// A Parquet file on its way to S3: there when it is closed, and only if it is whole. A large one goes in parts,
/// so that no more than one part of it is in memory.
final class S3Output extends PositionOutputStream {
    /// S3 takes 10,000 parts, each of at least 5 MiB.
    private static final int PART_BYTES = 16 << 20;

    private static final int FIRST_BYTES = 1 << 16;

    private final S3Client client;
    private final S3Place place;
    private final String path;
    private final String key;
    private final NioOutput.Mark mark = new NioOutput.Mark();
    private final List<CompletedPart> parts = new ArrayList<>();
    private byte[] part = new byte[FIRST_BYTES];
    private int filled;
    private long position;
    private @Nullable String upload;
    private boolean closed;

    S3Output(S3Client client, S3Place place, String path) {
        this.client = client;
        this.place = place;
        this.path = path;
        this.key = place.key(path);
    }

    @Override
    public long getPos() {
        return position;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        mark.see(bytes, offset, length);
        for (int done = 0; done < length; ) {
            if (filled == PART_BYTES) {
                send();
            }
            if (filled == part.length) {
                part = Arrays.copyOf(part, Math.min(PART_BYTES, part.length * 2));
            }
            int count = Math.min(length - done, part.length - filled);
            System.arraycopy(bytes, offset + done, part, filled, count);
            filled += count;
            done += count;
        }
        position += length;
    }

    private void send() throws IOException {
        try {
            if (upload == null) {
                upload = client.createMultipartUpload(
                                create -> create.bucket(place.bucket()).key(key))
                        .uploadId();
            }
            int number = parts.size() + 1;
            String tag = client.uploadPart(
                            each -> each.bucket(place.bucket())
                                    .key(key)
                                    .uploadId(upload)
                                    .partNumber(number),
                            S3FileIO.body(part, filled))
                    .eTag();
            parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            filled = 0;
        } catch (SdkException failed) {
            throw S3Clients.failure(path, failed);
        }
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        boolean published = false;
        try {
            if (mark.isWhole()) {
                publish();
                published = true;
            }
        } finally {
            part = new byte[0];
            if (!published && upload != null) {
                giveUp(upload);
            }
        }
    }

    private void publish() throws IOException {
        if (upload != null && filled > 0) {
            send();
        }
        try {
            if (upload == null) {
                client.putObject(put -> put.bucket(place.bucket()).key(key), S3FileIO.body(part, filled));
            } else {
                client.completeMultipartUpload(complete -> complete.bucket(place.bucket())
                        .key(key)
                        .uploadId(upload)
                        .multipartUpload(all -> all.parts(parts)));
            }
        } catch (SdkException failed) {
            // An answer that was lost, and a second try that found nothing left to do.
            if (!S3Clients.isMissing(failed) || !isThere()) {
                throw S3Clients.failure(path, failed);
            }
        }
    }

    private boolean isThere() throws IOException {
        return S3FileIO.status(client, place, path).getSize() == position;
    }

    private void giveUp(String abandoned) {
        try {
            client.abortMultipartUpload(
                    abort -> abort.bucket(place.bucket()).key(key).uploadId(abandoned));
        } catch (SdkException later) {
            // S3Folder removes it when it is old.
        }
    }
}
