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

/// What happens on GitHub: pushes, issues, pull requests, releases and the rest, from the events API, from
/// hours of GH Archive and from webhooks. docs/reference/streams-github.md describes it.
public record GithubSource() implements Source {
    private static final RawTopic TOPIC = new RawTopic("github_events", 16, 2, Duration.ofDays(7));

    @Override
    public String name() {
        return "github";
    }

    @Override
    public String title() {
        return "GitHub events: pushes, issues, pull requests, releases, from the API, GH Archive and webhooks";
    }

    @Override
    public RawTopic topic() {
        return TOPIC;
    }

    @Override
    public Schema schema() {
        return GithubFields.SCHEMA;
    }

    @Override
    public String timeField() {
        return "created_at";
    }

    @Override
    public List<String> headline() {
        return List.of("type", "action", "repo", "title");
    }

    @Override
    public Granularity granularity() {
        return Granularity.DAY;
    }

    @Override
    public boolean repeats() {
        return true;
    }

    @Override
    public List<View> views() {
        return List.of(View.values("github-repositories", "Events of each repository", "repo.name"));
    }

    @Override
    public BodyReader reader() {
        return new GithubReader();
    }

    @Override
    public RecordParser parser() {
        return new GithubParser();
    }
}
