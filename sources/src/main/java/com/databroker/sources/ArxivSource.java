package com.databroker.sources;

import com.databroker.streams.BodyReader;
import com.databroker.streams.Granularity;
import com.databroker.streams.RawTopic;
import com.databroker.streams.RecordParser;
import com.databroker.streams.Schema;
import com.databroker.streams.Source;
import com.databroker.streams.View;
import java.time.Duration;
import java.util.List;

/// The papers of arXiv: metadata of each version, from the query API, from OAI-PMH and from `.abs` files.
/// docs/reference/streams-arxiv.md describes it.
public record ArxivSource() implements Source {
    private static final RawTopic TOPIC = new RawTopic("arxiv_raw", 8, 2, Duration.ofDays(7));

    @Override
    public String name() {
        return "arxiv";
    }

    @Override
    public String title() {
        return "arXiv papers: metadata of each version, from the query API, OAI-PMH and .abs files";
    }

    @Override
    public RawTopic topic() {
        return TOPIC;
    }

    @Override
    public Schema schema() {
        return ArxivFields.SCHEMA;
    }

    @Override
    public String timeField() {
        return "updated";
    }

    @Override
    public List<String> headline() {
        return List.of("id", "title");
    }

    @Override
    public Granularity granularity() {
        return Granularity.YEAR;
    }

    @Override
    public boolean repeats() {
        return true;
    }

    @Override
    public List<View> views() {
        return List.of(
                View.values("arxiv-categories", "Papers of each category of arXiv", "categories"),
                View.terms(
                        "arxiv-trends", "Terms that are more frequent in papers than they were", "title", "abstract"));
    }

    @Override
    public BodyReader reader() {
        return new ArxivReader();
    }

    @Override
    public RecordParser parser() {
        return new ArxivParser();
    }
}
