package com.databroker.sources;

import com.databroker.streams.Body;
import com.databroker.streams.Collector;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Polling;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Asks an address for a document every so often, only for what has changed.
///
/// ```
///   {"etag": "W/\"…\"", "modified": "…",    byte for byte, of the last answer with a document
///    "hash": "…"}                           of that document
/// ```
public final class DefinedCollector implements Collector {
    private final String stream;
    private final String lease;
    private final URI url;
    private final Duration interval;
    private final Map<String, String> headers;

    private DefinedCollector(String stream, String lease, URI url, Duration interval, Map<String, String> headers) {
        this.stream = stream;
        this.lease = lease;
        this.url = url;
        this.interval = interval;
        this.headers = headers;
    }

    /// The collector of a stream, null where its definition has none.
    ///
    /// @param environment gives the value of a variable, null where there is none
    /// @throws IllegalArgumentException where a variable is missing, in a sentence that begins with the key
    public static @Nullable DefinedCollector of(
            String stream,
            Definition definition,
            PoliteHttp.Manners manners,
            Function<String, @Nullable String> environment) {
        Definition.Collect collect = definition.collect();
        if (collect.url() == null) {
            return null;
        }
        Map<String, String> headers = new LinkedHashMap<>();
        collect.headers().forEach((name, header) -> headers.put(name, value(name, header, environment)));
        URI url = URI.create(collect.url());
        return new DefinedCollector(stream, manners.lease(url), url, collect.interval(), headers);
    }

    private static String value(String name, Definition.Header header, Function<String, @Nullable String> environment) {
        if (header.value() != null) {
            return header.value();
        }
        String variable = Objects.requireNonNull(header.variable());
        String value = environment.apply(variable);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException("collect: the header " + name + " is the value of the variable "
                    + variable + ", which is not set where the broker runs; set it, or leave the header out");
        }
        return value.strip();
    }

    static boolean isAddress(String text) {
        try {
            URI uri = URI.create(text);
            String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
            return uri.getHost() != null
                    && uri.getUserInfo() == null
                    && (scheme.equals("http") || scheme.equals("https"));
        } catch (IllegalArgumentException odd) {
            return false;
        }
    }

    @Override
    public String name() {
        return stream + ".url";
    }

    @Override
    public String stream() {
        return stream;
    }

    @Override
    public String lease() {
        return lease;
    }

    @Override
    public String configured() {
        return url.toString();
    }

    @Override
    public Polled poll(Polling polling) throws IOException {
        PoliteHttp.Query query = PoliteHttp.Query.of(url);
        for (Map.Entry<String, String> header : headers.entrySet()) {
            query = query.with(header.getKey(), header.getValue());
        }
        PoliteHttp.Answer answer = polling.get(
                query.with("If-None-Match", polling.text("etag")).with("If-Modified-Since", polling.text("modified")));
        Map<String, @Nullable Object> cursor = new LinkedHashMap<>(polling.cursor());
        if (answer.status() == PoliteHttp.NOT_MODIFIED) {
            polling.note("nothing new");
            return Polled.of(List.of(), cursor, polling.now().plus(interval));
        }
        if (answer.status() != PoliteHttp.OK) {
            throw answer.unexpected();
        }
        cursor.put("etag", answer.header("etag"));
        cursor.put("modified", answer.header("last-modified"));
        boolean same = answer.sha256().equals(polling.text("hash"));
        cursor.put("hash", answer.sha256());
        polling.note(
                same
                        ? "the same document again"
                        : "a document of " + answer.bytes().length() + " bytes");
        List<Body> bodies = same ? List.of() : List.of(answer.body(url.toString(), polling.now()));
        return Polled.of(bodies, cursor, polling.now().plus(interval));
    }
}
