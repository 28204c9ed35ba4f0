package com.databroker.sources;

import static com.databroker.sources.GithubSubject.later;
import static com.databroker.sources.GithubSubject.number;
import static com.databroker.sources.GithubSubject.text;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// What is taken from an event or a webhook while it is read, front to back. In both the payload holds the
/// same, but for the webhook's `repository`, `sender` and `organization`, which an event has beside its
/// payload.
final class GithubDraft {
    static final int PAYLOAD_BYTES_MAX = 65_536;

    @Nullable
    String source;

    @Nullable
    String id;

    @Nullable
    String type;

    @Nullable
    String action;

    @Nullable
    Long actorId;

    @Nullable
    String actorLogin;

    @Nullable
    String actorDisplay;

    @Nullable
    String actorType;

    @Nullable
    Long repoId;

    @Nullable
    String repoName;

    @Nullable
    Long orgId;

    @Nullable
    String orgLogin;

    @Nullable
    Boolean isPublic;

    @Nullable
    Long createdAt;

    @Nullable
    Long latest;

    @Nullable
    String ref;

    @Nullable
    String refType;

    @Nullable
    String head;

    @Nullable
    String before;

    @Nullable
    Long pushId;

    @Nullable
    Integer commitCount;

    @Nullable
    Long number;

    @Nullable
    String title;

    @Nullable
    String state;

    @Nullable
    Boolean merged;

    @Nullable
    String releaseTag;

    @Nullable
    String forkee;

    @Nullable
    String url;

    @Nullable
    String payload;

    @Nullable
    Integer payloadBytes;

    List<String> labels = List.of();
    final GithubText text = new GithubText();

    /// Reads the members of an event.
    void read(JsonParser parser, byte[] json) {
        String name;
        while ((name = parser.nextName()) != null) {
            JsonToken token = parser.nextToken();
            switch (name) {
                case "_source" -> source = text(parser);
                case "id" -> id = text(parser);
                case "type" -> type = text(parser);
                case "public" -> isPublic = GithubSubject.bool(parser);
                case "created_at" -> createdAt = GithubText.time(text(parser));
                case "actor" -> actor(parser);
                case "repo", "repository" -> repository(parser);
                case "org" -> organization(parser);
                case "payload" -> {
                    if (token == JsonToken.START_OBJECT) {
                        int begin = (int) parser.currentTokenLocation().getByteOffset();
                        payload(parser);
                        keep(json, begin, (int) parser.currentLocation().getByteOffset());
                    } else {
                        parser.skipChildren();
                    }
                }
                default -> parser.skipChildren();
            }
        }
        if ("merged".equals(action)) {
            merged = true;
        }
    }

    private void keep(byte[] json, int begin, int end) {
        payloadBytes = end - begin;
        if (end - begin <= PAYLOAD_BYTES_MAX) {
            payload = new String(json, begin, end - begin, StandardCharsets.UTF_8);
        }
    }

    private void payload(JsonParser parser) {
        String name;
        while ((name = parser.nextName()) != null) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
                structure(name, parser);
            } else {
                scalar(name, parser);
            }
        }
    }

    private void scalar(String name, JsonParser parser) {
        switch (name) {
            case "action" -> action = text(parser);
            case "ref" -> ref = text(parser);
            case "ref_type" -> refType = text(parser);
            case "head", "after", "sha" -> head = text(parser);
            case "before" -> before = text(parser);
            case "push_id" -> pushId = number(parser);
            case "size" -> {
                Long size = number(parser);
                commitCount = size == null ? commitCount : Integer.valueOf((int) Math.min(size, Integer.MAX_VALUE));
            }
            case "number" -> number = number(parser);
            case "state" -> state = text(parser);
            case "description" -> text.add(text(parser));
            case "updated_at", "starred_at" -> latest = later(latest, GithubText.time(text(parser)));
            default -> {}
        }
    }

    private void structure(String name, JsonParser parser) {
        switch (name) {
            case "commits" -> commits(parser);
            case "pages" -> pages(parser);
            case "issue", "pull_request", "discussion" -> topic(GithubSubject.read(parser));
            case "comment" -> narrow(GithubSubject.read(parser));
            case "review" -> {
                GithubSubject review = GithubSubject.read(parser);
                narrow(review);
                state = review.state;
            }
            case "release" -> release(GithubSubject.read(parser));
            case "forkee" -> {
                GithubSubject fork = GithubSubject.read(parser);
                forkee = fork.fullName;
                url = fork.url;
                text.add(fork.description);
            }
            case "workflow_run", "workflow_job", "check_run", "check_suite", "deployment_status" ->
                run(GithubSubject.read(parser));
            case "head_commit" -> headCommit(parser);
            case "repository" -> repository(parser);
            case "sender" -> actor(parser);
            case "organization" -> organization(parser);
            default -> parser.skipChildren();
        }
    }

    private void topic(GithubSubject subject) {
        number = subject.number == null ? number : subject.number;
        title = subject.title == null ? title : subject.title;
        // The state of a review says more than that of its pull request.
        state = state == null ? subject.state : state;
        merged = subject.merged == null ? merged : subject.merged;
        url = url == null ? subject.url : url;
        labels = subject.labels.isEmpty() ? labels : subject.labels;
        latest = later(latest, subject.latest);
        text.add(subject.title);
        text.add(subject.body);
    }

    private void narrow(GithubSubject subject) {
        url = subject.url == null ? url : subject.url;
        latest = later(latest, subject.latest);
        text.add(subject.body);
    }

    private void release(GithubSubject release) {
        releaseTag = release.tag;
        title = release.name == null ? release.tag : release.name;
        url = release.url;
        latest = later(latest, release.latest);
        text.add(release.name);
        text.add(release.body);
    }

    private void run(GithubSubject run) {
        state = run.conclusion == null ? run.state : run.conclusion;
        title = run.name;
        url = run.url;
        head = run.head == null ? head : run.head;
        latest = later(latest, run.latest);
        text.add(run.name);
    }

    private void commits(JsonParser parser) {
        int count = 0;
        JsonToken token;
        while ((token = parser.nextToken()) != JsonToken.END_ARRAY && token != null) {
            count++;
            if (token != JsonToken.START_OBJECT) {
                parser.skipChildren();
                continue;
            }
            String name;
            while ((name = parser.nextName()) != null) {
                parser.nextToken();
                if (name.equals("message")) {
                    text.add(text(parser));
                } else {
                    parser.skipChildren();
                }
            }
        }
        commitCount = commitCount == null ? Integer.valueOf(count) : commitCount;
    }

    private void pages(JsonParser parser) {
        JsonToken token;
        while ((token = parser.nextToken()) != JsonToken.END_ARRAY && token != null) {
            if (token != JsonToken.START_OBJECT) {
                parser.skipChildren();
                continue;
            }
            String name;
            while ((name = parser.nextName()) != null) {
                parser.nextToken();
                switch (name) {
                    case "title", "summary" -> text.add(text(parser));
                    case "html_url" -> url = text(parser);
                    default -> parser.skipChildren();
                }
            }
        }
    }

    private void headCommit(JsonParser parser) {
        String name;
        while ((name = parser.nextName()) != null) {
            parser.nextToken();
            if (name.equals("timestamp")) {
                latest = later(latest, GithubText.time(text(parser)));
            } else {
                parser.skipChildren();
            }
        }
    }

    private void actor(JsonParser parser) {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            // Until 2014 an actor was its login only.
            actorLogin = parser.getString();
            return;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            return;
        }
        String name;
        while ((name = parser.nextName()) != null) {
            parser.nextToken();
            switch (name) {
                case "id" -> actorId = number(parser);
                case "login" -> actorLogin = text(parser);
                case "display_login" -> actorDisplay = text(parser);
                case "type" -> actorType = text(parser);
                default -> parser.skipChildren();
            }
        }
    }

    /// Of an event `{id, name: "owner/name"}`, of a webhook `{id, full_name, owner: {…}, private}`, until
    /// 2014 `{id, name, owner: "owner", private}`.
    private void repository(JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        String repo = null;
        String owner = null;
        String name;
        while ((name = parser.nextName()) != null) {
            parser.nextToken();
            switch (name) {
                case "id" -> repoId = number(parser);
                case "name" -> repo = repo == null ? text(parser) : repo;
                case "full_name" -> repo = text(parser);
                case "owner" -> owner = text(parser);
                case "private" -> {
                    Boolean isPrivate = GithubSubject.bool(parser);
                    isPublic = isPrivate == null ? isPublic : Boolean.valueOf(!isPrivate);
                }
                default -> parser.skipChildren();
            }
        }
        repoName = repo != null && owner != null && repo.indexOf('/') < 0 ? owner + '/' + repo : repo;
    }

    private void organization(JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        String name;
        while ((name = parser.nextName()) != null) {
            parser.nextToken();
            switch (name) {
                case "id" -> orgId = number(parser);
                case "login" -> orgLogin = text(parser);
                default -> parser.skipChildren();
            }
        }
    }
}
