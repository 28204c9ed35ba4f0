package com.databroker.streams;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Clients of S3 servers, one for each in the process, and what their failures mean.
///
/// Credentials come from the SDK's own chain: system properties, the environment, the shared files, the role
/// of the machine. Nothing waits for ever: a connection for 5 s, silence for 20 s, an attempt for 60 s, a call with
/// all its attempts for 3 minutes.
final class S3Clients {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(20);
    private static final Duration ATTEMPT = Duration.ofSeconds(60);
    private static final Duration CALL = Duration.ofMinutes(3);
    private static final int ATTEMPTS_MAX = 5;

    /// Servers of others look at no region, but a signature has one.
    private static final Region ANY_REGION = Region.US_EAST_1;

    /// They hold no connection that is not in use, and end with the process.
    private static final Map<Server, S3Client> CLIENTS = new ConcurrentHashMap<>();

    private record Server(
            @Nullable String endpoint, @Nullable String region) {}

    private S3Clients() {}

    static S3Client of(S3Place place) {
        return CLIENTS.computeIfAbsent(new Server(place.endpoint(), place.region()), S3Clients::create);
    }

    private static S3Client create(Server server) {
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(SILENCE))
                .overrideConfiguration(calls -> calls.apiCallAttemptTimeout(ATTEMPT)
                        .apiCallTimeout(CALL)
                        .retryStrategy(retries -> retries.maxAttempts(ATTEMPTS_MAX)));
        String endpoint = server.endpoint();
        if (server.region() != null) {
            builder.region(Region.of(server.region()));
        } else if (endpoint != null) {
            builder.region(ANY_REGION);
        }
        if (endpoint != null) {
            // Buckets as names of hosts, checksums behind the body, and bodies in pieces are Amazon's own.
            builder.endpointOverride(URI.create(endpoint))
                    .forcePathStyle(true)
                    .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                    .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                    .serviceConfiguration(service -> service.chunkedEncodingEnabled(false));
        }
        return builder.build();
    }

    static boolean isMissing(SdkException failed) {
        return failed instanceof S3Exception answer && answer.statusCode() == 404;
    }

    /// Somebody else's object is there already.
    static boolean isTaken(SdkException failed) {
        return failed instanceof S3Exception answer && answer.statusCode() == 412;
    }

    /// A part was asked for of an object that has no bytes.
    static boolean isEmpty(SdkException failed) {
        return failed instanceof S3Exception answer && answer.statusCode() == 416;
    }

    /// Somebody else is writing it at this moment.
    static boolean isConflict(SdkException failed) {
        return failed instanceof S3Exception answer && answer.statusCode() == 409;
    }

    /// What a failure is for those who know of files only.
    static IOException failure(String path, SdkException failed) {
        IOException told = isMissing(failed)
                ? new FileNotFoundException(path)
                : failed instanceof AbortedException
                        ? new InterruptedIOException(path + ": interrupted")
                        : new IOException("S3, " + path + ": " + failed.getMessage());
        told.initCause(failed);
        return told;
    }
}
