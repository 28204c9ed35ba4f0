package com.databroker.streams;

import java.io.IOException;
import java.io.Serializable;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How the hot store is kept in a cluster of Elasticsearch. It goes to other machines with the job, with what is
/// needed to sign in, and never says that in its text.
///
/// @param hosts addresses of its machines, without a path
/// @param user who signs in, empty for nobody
/// @param certificates that are believed, in PEM; empty for those that the JDK believes
/// @param prefix of every index, alias and template
/// @param policy of the cluster that deletes old indexes; empty where databroker does
/// @param retention how long a record is found after it arrived
/// @param bytesMax from this size on the oldest day of all streams goes early
/// @param refresh how long it takes at most until what was put is sent, and how often it is made findable
/// @param patience how long one request may take, and how long something is tried before the job is told
record ElasticConfig(
        ArrayList<URI> hosts,
        String user,
        String password,
        String apiKey,
        String certificates,
        String prefix,
        int shards,
        int replicas,
        String policy,
        Duration retention,
        long bytesMax,
        Duration refresh,
        Duration patience)
        implements Serializable {
    private static final long serialVersionUID = 1;
    private static final int PORT = 9200;

    static final Duration REFRESH = Duration.ofMillis(250);
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /// What the settings say.
    ///
    /// @throws IOException where the file of certificates cannot be read
    static ElasticConfig of(StreamsConfig.Hot hot) throws IOException {
        StreamsConfig.Elasticsearch settings = hot.elasticsearch();
        String certificates = "";
        if (settings.caFile() != null) {
            try {
                certificates = Files.readString(settings.caFile(), StandardCharsets.US_ASCII);
            } catch (IOException unreadable) {
                throw new IOException(
                        "streams.hot.elasticsearch.ca-file " + settings.caFile() + " cannot be read", unreadable);
            }
        }
        return new ElasticConfig(
                new ArrayList<>(
                        settings.hosts().stream().map(ElasticConfig::host).toList()),
                text(settings.user()),
                text(settings.password()),
                text(settings.apiKey()),
                certificates,
                settings.indexPrefix(),
                settings.shards(),
                settings.replicas(),
                text(settings.lifecyclePolicy()),
                hot.age(),
                hot.sizeMax().bytes(),
                REFRESH,
                PATIENCE);
    }

    private static String text(@Nullable String setting) {
        return setting == null ? "" : setting;
    }

    /// `search-1`, `search-1:9200` or `https://search-1:9200`.
    ///
    /// @throws IllegalArgumentException where it is none of that; it does not repeat what may hold a password
    static URI host(String text) {
        String whole = text.strip();
        whole = whole.contains("://") ? whole : "http://" + whole;
        whole = whole.endsWith("/") ? whole.substring(0, whole.length() - 1) : whole;
        try {
            URI uri = new URI(whole);
            boolean known = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (uri.getRawUserInfo() != null) {
                throw new IllegalArgumentException(
                        "hosts: an address holds a user; write user and password in their own settings");
            }
            if (known && uri.getHost() != null && uri.getRawPath().isEmpty() && uri.getRawQuery() == null) {
                int port = uri.getPort() < 0 ? PORT : uri.getPort();
                return new URI(uri.getScheme(), null, uri.getHost(), port, null, null, null);
            }
        } catch (URISyntaxException odd) {
            // It is refused as every other is.
        }
        throw new IllegalArgumentException(
                "hosts: write each as search-1, search-1:9200 or https://search-1:9200, without a path");
    }

    /// What signs a request in, null where nothing does.
    @Nullable
    String authorization() {
        if (!apiKey.isEmpty()) {
            return "ApiKey " + apiKey;
        }
        byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
        return user.isEmpty() ? null : "Basic " + Base64.getEncoder().encodeToString(both);
    }

    /// Whether a password would go over a network as it is.
    boolean tellsEverybody() {
        return authorization() != null
                && hosts.stream()
                        .anyMatch(host -> host.getScheme().equals("http")
                                && !List.of("127.0.0.1", "localhost", "[::1]").contains(host.getHost()));
    }

    @Override
    public String toString() {
        return "Elasticsearch " + hosts + " " + prefix + "-*";
    }
}
