package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.streams.Body;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.Intake;
import com.databroker.streams.PoisonException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a document as the plane would, and keeps what was found.
final class NewsFeeds implements Intake {
    static final Instant ARRIVED = Instant.parse("2026-03-01T12:00:00Z");

    final List<Collected> collected = new ArrayList<>();
    final List<String> rejected = new ArrayList<>();
    final List<DataRecord> records = new ArrayList<>();
    private final NewsParser parser = new NewsParser();

    static NewsFeeds read(String document) {
        return read(document.getBytes(StandardCharsets.UTF_8), "https://example.org/feed", Map.of());
    }

    static NewsFeeds read(byte[] document, String name, Map<String, String> headers) {
        NewsFeeds feeds = new NewsFeeds();
        Body body = new Body("body", name, headers, ARRIVED, new ByteArrayInputStream(document));
        try {
            new NewsSource().reader().read(body, feeds);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return feeds;
    }

    /// An RSS feed of one item with these elements.
    static NewsFeeds item(String elements) {
        return read("<rss version='2.0'><channel><title>T</title><link>https://example.org/</link><item>" + elements
                + "</item></channel></rss>");
    }

    @Override
    public void record(Collected record) {
        collected.add(record);
        try {
            records.add(parser.parse(record, ARRIVED));
        } catch (PoisonException notOurs) {
            throw new AssertionError(record.json().utf8(), notOurs);
        }
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt) {
        rejected.add(position + ": " + reason);
    }

    /// The only record.
    DataRecord only() {
        if (records.size() != 1 || !rejected.isEmpty()) {
            throw new AssertionError(records.size() + " records, rejected " + rejected);
        }
        return records.get(0);
    }

    @Nullable
    String text(String field) {
        return only().text(field);
    }

    List<String> all(String field) {
        return records.stream()
                .map(record -> String.valueOf(record.text(field)))
                .toList();
    }

    @Nullable
    Instant time(String field) {
        Object micros = only().get(field);
        return micros == null ? null : Instant.EPOCH.plusSeconds((Long) micros / 1_000_000);
    }

    Map<String, @Nullable Object> json(int place) {
        return Json.parseObject(collected.get(place).json());
    }
}
