package com.databroker.streams;

import java.io.Serializable;
import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A prefix of a bucket, and where that bucket is, as one text: a job carries it to other machines.
///
/// ```
///   s3a://bucket/prefix/github?endpoint=http://127.0.0.1:9000&region=eu-central-1
///   └───────── of the table ─┘ └─ both may be missing: then the SDK finds them ─┘
/// ```
///
/// @param prefix without slashes at its ends; empty for the whole bucket
/// @param endpoint of a server that is not Amazon's, null for Amazon's
/// @param region null for the one of the environment
record S3Place(
        String bucket,
        String prefix,
        @Nullable String endpoint,
        @Nullable String region) implements Serializable {
    private static final long serialVersionUID = 1;
    private static final String SCHEME = "s3a://";

    /// Of names only what every reader writes the same way, without percent signs.
    private static final Pattern FORM = Pattern.compile("s3a://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
            + "((?:/[A-Za-z0-9][A-Za-z0-9._=-]*)*)/?(?:\\?endpoint=([^&]*)&region=([^&]*))?");

    static boolean isOne(String location) {
        return location.startsWith(SCHEME);
    }

    /// @throws IllegalArgumentException where it is none
    static S3Place parse(String location) {
        Matcher parts = FORM.matcher(location);
        if (!parts.matches()) {
            throw new IllegalArgumentException("write s3a://bucket or s3a://bucket/prefix; names hold letters, digits,"
                    + " points, hyphens and underscores");
        }
        String prefix = parts.group(2);
        return new S3Place(
                parts.group(1),
                prefix.isEmpty() ? "" : prefix.substring(1),
                some(parts.group(3)),
                some(parts.group(4)));
    }

    private static @Nullable String some(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    /// @throws IllegalArgumentException where it is no address of a server
    static void checkEndpoint(String endpoint) {
        URI address = URI.create(endpoint);
        boolean server = address.getHost() != null
                && ("https".equals(address.getScheme()) || "http".equals(address.getScheme()))
                && address.getRawQuery() == null
                && address.getRawUserInfo() == null
                && address.getRawFragment() == null;
        if (!server || endpoint.indexOf('&') >= 0) {
            throw new IllegalArgumentException("write the address of an S3 server, as https://s3.example.org");
        }
    }

    /// As other programs write it.
    String location() {
        return SCHEME + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
    }

    /// What [#parse] reads.
    String text() {
        boolean usual = endpoint == null && region == null;
        return usual
                ? location()
                : location() + "?endpoint=" + (endpoint == null ? "" : endpoint) + "&region="
                        + (region == null ? "" : region);
    }

    /// The place of that name within it.
    S3Place child(String name) {
        return new S3Place(bucket, prefix.isEmpty() ? name : prefix + "/" + name, endpoint, region);
    }

    /// The key of a path that the kernel names.
    String key(String path) {
        String begin = SCHEME + bucket + "/";
        if (!path.startsWith(begin)) {
            throw new IllegalArgumentException(path + " does not lie in " + location());
        }
        return path.substring(begin.length());
    }

    /// The path of a key, as the kernel names it.
    String path(String key) {
        return SCHEME + bucket + "/" + key;
    }
}
