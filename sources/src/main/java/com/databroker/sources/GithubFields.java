package com.databroker.sources;

import static com.databroker.streams.FieldType.BOOL;
import static com.databroker.streams.FieldType.INT;
import static com.databroker.streams.FieldType.JSON;
import static com.databroker.streams.FieldType.KEYWORD;
import static com.databroker.streams.FieldType.LONG;
import static com.databroker.streams.FieldType.TEXT;
import static com.databroker.streams.FieldType.TIME;

import com.databroker.streams.FieldType;
import com.databroker.streams.Schema;

/// The fields of an event.
final class GithubFields {
    static final Schema ACTOR = Schema.named("github.actor.v1")
            .add("id", LONG, "number of the user, for good")
            .add("login", KEYWORD, "name of the user at that time")
            .add("display_login", KEYWORD, "name as shown: of a bot, without its ending")
            .add(
                    "bot",
                    BOOL,
                    "whether it is a program: its login ends in [bot], GitHub says so, or " + "it is known as one")
            .build();
    static final Schema REPO = Schema.named("github.repo.v1")
            .add("id", LONG, "number of the repository, for good; its name may change")
            .add("name", KEYWORD, "owner/name at that time")
            .add("owner", KEYWORD, "what stands before the slash")
            .build();
    static final Schema ORG = Schema.named("github.org.v1")
            .add("id", LONG, "number of the organization")
            .add("login", KEYWORD, "name of the organization")
            .build();

    static final Schema SCHEMA = Schema.named("github.event.v1")
            .add("id", KEYWORD, "type:id:created_at of an event; the delivery of a webhook")
            .add("event_id", KEYWORD, "the id that GitHub gave; not unique, and not growing")
            .add("type", KEYWORD, "as the API calls it: PushEvent")
            .add("action", KEYWORD, "what was done, where the type has several: opened")
            .add("actor", FieldType.structOf(ACTOR), "who did it")
            .add("repo", FieldType.structOf(REPO), "where")
            .add("org", FieldType.structOf(ORG), "the organization of the repository")
            .add("public", BOOL, "whether everybody may see it")
            .add("created_at", TIME, "when it happened; of a webhook, the latest time that it names, or its arrival")
            .add("ref", KEYWORD, "branch or tag: refs/heads/main of a push, main of a creation")
            .add("ref_type", KEYWORD, "branch, tag or repository")
            .add("head", KEYWORD, "commit after a push")
            .add("before", KEYWORD, "commit before a push")
            .add("push_id", LONG, "number of the push")
            .add("commit_count", INT, "commits of a push; null since 2025-10, when the API left it out")
            .add("number", LONG, "of the issue, pull request or discussion")
            .add("title", TEXT, "of the issue, pull request, discussion or release")
            .add("labels", FieldType.listOf(KEYWORD), "of the issue or pull request")
            .add("state", KEYWORD, "open, closed; of a review: approved; of a run: success")
            .add("merged", BOOL, "whether the pull request was merged")
            .add("release_tag", KEYWORD, "tag of the release")
            .add("forkee", KEYWORD, "owner/name of the fork")
            .add("url", KEYWORD, "page of what it is about, the narrowest: the comment, else the issue")
            .add("text", TEXT, "messages of commits, titles, bodies, comments, up to 32,768 characters")
            .add("urls", FieldType.listOf(KEYWORD), "addresses in text, up to 100, in their order")
            .add(
                    "arxiv_ids",
                    FieldType.listOf(KEYWORD),
                    "papers of arXiv named in text; with and without version where one is given")
            .add("payload", JSON, "what depends on the type, as it came; null where larger than 65,536 bytes")
            .add("payload_bytes", INT, "size of the payload in bytes")
            .add("source", KEYWORD, "api, gharchive or webhook: where it was first seen")
            .add("fetched_at", TIME, "when it was collected")
            .build();

    private GithubFields() {}
}
