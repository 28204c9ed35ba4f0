package com.databroker.sources;

import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.PoisonException;
import com.databroker.streams.RecordParser;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/// Makes a record of an event, of any form that it has had since 2011: nothing but its type must be there.
final class GithubParser implements RecordParser {
    private static final int KEYWORD_CHARS_MAX = 1024;

    @Override
    public DataRecord parse(Collected collected, Instant arrived) throws PoisonException {
        byte[] json = collected.json().toArray();
        GithubDraft draft = new GithubDraft();
        try (JsonParser parser = GithubShape.JSON.createParser(ObjectReadContext.empty(), json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new PoisonException("it is not a JSON object");
            }
            draft.read(parser, json);
            if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                throw new PoisonException("it is not one JSON object");
            }
        } catch (JacksonException notJson) {
            throw new PoisonException(GithubShape.reason(notJson), notJson);
        }
        if (draft.type == null) {
            throw new PoisonException("it has no type");
        }
        return record(collected.id(), draft, ChronoUnit.MICROS.between(Instant.EPOCH, arrived));
    }

    private static DataRecord record(String id, GithubDraft draft, long arrived) {
        String text = draft.text.all();
        Long time = draft.createdAt == null ? draft.latest : draft.createdAt;
        return DataRecord.of(GithubFields.SCHEMA)
                .set("id", id)
                .set("event_id", keyword(draft.id))
                .set("type", keyword(draft.type))
                .set("action", keyword(draft.action))
                .set("actor", actor(draft))
                .set("repo", repo(draft))
                .set("org", org(draft))
                .set("public", draft.isPublic)
                .set("created_at", time == null ? Long.valueOf(arrived) : time)
                .set("ref", keyword(draft.ref))
                .set("ref_type", keyword(draft.refType))
                .set("head", keyword(draft.head))
                .set("before", keyword(draft.before))
                .set("push_id", draft.pushId)
                .set("commit_count", draft.commitCount)
                .set("number", draft.number)
                .set("title", draft.title)
                .set("labels", draft.labels.isEmpty() ? null : draft.labels)
                .set("state", keyword(draft.state))
                .set("merged", draft.merged)
                .set("release_tag", keyword(draft.releaseTag))
                .set("forkee", keyword(draft.forkee))
                .set("url", keyword(draft.url))
                .set("text", text)
                .set("urls", text == null ? null : orNull(GithubText.urls(text)))
                .set("arxiv_ids", text == null ? null : orNull(ArxivId.find(text)))
                .set("payload", draft.payload)
                .set("payload_bytes", draft.payloadBytes)
                .set("source", keyword(draft.source))
                .set("fetched_at", arrived)
                .build();
    }

    private static @Nullable List<String> orNull(List<String> list) {
        return list.isEmpty() ? null : list;
    }

    /// What is found as a whole has no use beyond some length, and the hot store cannot hold it.
    private static @Nullable String keyword(@Nullable String value) {
        return value == null || value.length() <= KEYWORD_CHARS_MAX ? value : value.substring(0, KEYWORD_CHARS_MAX);
    }

    private static @Nullable DataRecord actor(GithubDraft draft) {
        String login = draft.actorLogin;
        if (login == null && draft.actorId == null) {
            return null;
        }
        boolean bot = "Bot".equals(draft.actorType) || (login != null && GithubText.isBot(login));
        return DataRecord.of(GithubFields.ACTOR)
                .set(0, draft.actorId)
                .set(1, keyword(login))
                .set(2, keyword(draft.actorDisplay))
                .set(3, bot)
                .build();
    }

    private static @Nullable DataRecord repo(GithubDraft draft) {
        String name = draft.repoName;
        if (name == null && draft.repoId == null) {
            return null;
        }
        int slash = name == null ? -1 : name.indexOf('/');
        return DataRecord.of(GithubFields.REPO)
                .set(0, draft.repoId)
                .set(1, keyword(name))
                .set(2, name == null || slash <= 0 ? null : keyword(name.substring(0, slash)))
                .build();
    }

    private static @Nullable DataRecord org(GithubDraft draft) {
        if (draft.orgLogin == null && draft.orgId == null) {
            return null;
        }
        return DataRecord.of(GithubFields.ORG)
                .set(0, draft.orgId)
                .set(1, keyword(draft.orgLogin))
                .build();
    }
}
