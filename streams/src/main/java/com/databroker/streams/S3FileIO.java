package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.FileIO;
import io.delta.kernel.defaults.engine.fileio.InputFile;
import io.delta.kernel.defaults.engine.fileio.OutputFile;
import io.delta.kernel.defaults.engine.fileio.PositionOutputStream;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.S3Object;

/// The Delta kernel's files in a bucket, without a Hadoop file system.
///
/// What an object is there for is there whole: S3 shows none that is under way. A version of the log is put
/// with `If-None-Match: *`, so that of any number of writers, wherever they are, one gets it.
final class S3FileIO implements FileIO {
    /// Attempts where others write the same object at this moment; S3 asks to be asked again.
    private static final int CONFLICTS_MAX = 10;

    private final S3Client client;
    private final S3Place place;
    private final Map<String, String> settings;

    /// @param settings of Parquet and of the kernel, by their own names
    S3FileIO(S3Place place, Map<String, String> settings) {
        this.client = S3Clients.of(place);
        this.place = place;
        this.settings = Map.copyOf(settings);
    }

    /// Not copied: the bytes stay as they are until the call ends.
    static RequestBody body(byte[] bytes, int length) {
        byte[] exact = bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
        return RequestBody.fromContentProvider(
                ContentStreamProvider.fromByteArrayUnsafe(exact), length, "application/octet-stream");
    }

    static FileStatus status(S3Client client, S3Place place, String path) throws IOException {
        try {
            HeadObjectResponse head =
                    client.headObject(each -> each.bucket(place.bucket()).key(place.key(path)));
            return FileStatus.of(path, head.contentLength(), head.lastModified().toEpochMilli());
        } catch (SdkException failed) {
            throw S3Clients.failure(path, failed);
        }
    }

    @Override
    public CloseableIterator<FileStatus> listFrom(String from) throws IOException {
        String key = place.key(from);
        String folder = key.substring(0, key.lastIndexOf('/') + 1);
        // What S3 is to begin after is not in its answer; shorter by a character, it is before what is wanted.
        ListObjectsV2Request.Builder wanted = ListObjectsV2Request.builder()
                .bucket(place.bucket())
                .prefix(folder)
                .delimiter("/");
        List<FileStatus> found = new ArrayList<>();
        try {
            if (key.length() > folder.length() + 1) {
                wanted.startAfter(key.substring(0, key.length() - 1));
            }
            for (S3Object each : client.listObjectsV2Paginator(wanted.build()).contents()) {
                if (each.key().compareTo(key) >= 0) {
                    found.add(FileStatus.of(
                            place.path(each.key()),
                            each.size(),
                            each.lastModified().toEpochMilli()));
                }
            }
            if (found.isEmpty()
                    && client.listObjectsV2(any ->
                                    any.bucket(place.bucket()).prefix(folder).maxKeys(1))
                            .contents()
                            .isEmpty()) {
                throw new FileNotFoundException(place.path(folder));
            }
        } catch (SdkException failed) {
            throw S3Clients.failure(from, failed);
        }
        return Utils.toCloseableIterator(found.iterator());
    }

    @Override
    public FileStatus getFileStatus(String path) throws IOException {
        return status(client, place, path);
    }

    @Override
    public String resolvePath(String path) {
        return place.path(place.key(path));
    }

    @Override
    public boolean mkdirs(String path) {
        // There are no folders that could be missing.
        return true;
    }

    @Override
    public boolean delete(String path) throws IOException {
        try {
            client.deleteObject(each -> each.bucket(place.bucket()).key(place.key(path)));
            return true;
        } catch (SdkException failed) {
            if (S3Clients.isMissing(failed)) {
                return false;
            }
            throw S3Clients.failure(path, failed);
        }
    }

    @Override
    public Optional<String> getConf(String key) {
        return Optional.ofNullable(settings.get(key));
    }

    @Override
    public void copyFileAtomically(String from, String to, boolean overwrite) throws IOException {
        byte[] bytes = get(from);
        if (!overwrite) {
            try {
                getFileStatus(to);
                throw new FileAlreadyExistsException(to);
            } catch (FileNotFoundException free) {
                // Whoever is faster is noticed when it is put.
            }
        }
        put(to, bytes, overwrite);
    }

    private byte[] get(String path) throws IOException {
        try {
            return client.getObjectAsBytes(each -> each.bucket(place.bucket()).key(place.key(path)))
                    .asByteArrayUnsafe();
        } catch (SdkException failed) {
            throw S3Clients.failure(path, failed);
        }
    }

    /// @throws FileAlreadyExistsException where there is another and it may not be replaced
    private void put(String path, byte[] bytes, boolean overwrite) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                client.putObject(
                        put -> put.bucket(place.bucket()).key(place.key(path)).ifNoneMatch(overwrite ? null : "*"),
                        body(bytes, bytes.length));
                return;
            } catch (SdkException failed) {
                if (!overwrite && S3Clients.isTaken(failed)) {
                    // The one before may have been ours, and its answer lost: each commit has a number of its own in
                    // it, so the same bytes are the same commit.
                    if (Arrays.equals(get(path), bytes)) {
                        return;
                    }
                    throw new FileAlreadyExistsException(path);
                }
                if (overwrite || !S3Clients.isConflict(failed) || attempt == CONFLICTS_MAX) {
                    throw S3Clients.failure(path, failed);
                }
            }
        }
    }

    @Override
    public InputFile newInputFile(String path, long size) {
        return new S3Input(client, place, path, size);
    }

    @Override
    public OutputFile newOutputFile(String path) {
        return new Output(path);
    }

    private final class Output implements OutputFile {
        private final String path;

        Output(String path) {
            this.path = path;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public PositionOutputStream create(boolean atomic) {
            return new S3Output(client, place, path);
        }

        @Override
        public void writeAtomically(CloseableIterator<String> lines, boolean overwrite) throws IOException {
            try (lines) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                while (lines.hasNext()) {
                    bytes.writeBytes((lines.next() + '\n').getBytes(StandardCharsets.UTF_8));
                }
                put(path, bytes.toByteArray(), overwrite);
            }
        }
    }
}
