package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.FileIO;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Object;

/// A prefix of a bucket.
record S3Folder(S3Place place) implements ColdFolder {
    @Override
    public String location() {
        return place.location();
    }

    @Override
    public FileIO io(Map<String, String> settings) {
        return new S3FileIO(place, settings);
    }

    /// Uploads that nobody finished take room and are seen in no listing; they are given up on the way.
    @Override
    public List<Found> old(Instant before) throws IOException {
        S3Client client = S3Clients.of(place);
        String begin = place.prefix().isEmpty() ? "" : place.prefix() + "/";
        List<Found> old = new ArrayList<>();
        try {
            for (S3Object each : client.listObjectsV2Paginator(
                            list -> list.bucket(place.bucket()).prefix(begin))
                    .contents()) {
                String path = each.key().substring(begin.length());
                boolean hidden = path.startsWith(".") || path.startsWith("_");
                if (!hidden && ColdFolder.isData(path) && each.lastModified().isBefore(before)) {
                    old.add(new Found(path, each.size()));
                }
            }
            for (MultipartUpload each : client.listMultipartUploadsPaginator(
                            list -> list.bucket(place.bucket()).prefix(begin))
                    .uploads()) {
                if (each.initiated().isBefore(before)) {
                    client.abortMultipartUpload(abort ->
                            abort.bucket(place.bucket()).key(each.key()).uploadId(each.uploadId()));
                }
            }
        } catch (SdkException failed) {
            throw S3Clients.failure(location(), failed);
        }
        return old;
    }
}
