package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.PoisonException;
import com.databroker.streams.Source;
import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class GithubParserTest {
    private static DataRecord parse(String json) throws PoisonException {
        return new GithubParser().parse(new Collected("key", Bytes.utf8(json)), GithubKept.ARRIVED);
    }

    private static DataRecord event(String type, String payload) throws PoisonException {
        return parse("{\"_source\":\"api\",\"id\":\"12\",\"type\":\"" + type
                + "\",\"actor\":{\"id\":7,\"login\":\"fixer[bot]\","
                + "\"display_login\":\"fixer\"},\"repo\":{\"id\":8,\"name\":\"own/er\"},\"payload\":" + payload
                + ",\"public\":true,\"created_at\":\"2026-01-02T03:04:05Z\",\"org\":{\"id\":9,\"login\":\"own\"}}");
    }

    private static DataRecord struct(DataRecord record, String field) {
        return (DataRecord) Objects.requireNonNull(record.get(field));
    }

    private static long micros(String time) {
        return Instant.parse(time).getEpochSecond() * 1_000_000;
    }

    @Test
    void a_push_of_before_2025_10_counts_its_commits_and_one_of_after_does_not() throws Exception {
        String payload = "{\"push_id\":5,\"size\":2,\"ref\":\"refs/heads/main\",\"head\":\"b1\","
                + "\"before\":\"a0\",\"commits\":["
                + "{\"message\":\"One, see arXiv:2104.12255v1\"},{\"message\":\"Two "
                + "https://example.org/a(b).\"}]}";
        DataRecord full = event("PushEvent", payload);
        assertThat(full.get("commit_count")).isEqualTo(2);
        assertThat(full.text("text")).isEqualTo("One, see arXiv:2104.12255v1\nTwo https://example.org/a(b).");
        assertThat(full.get("arxiv_ids")).isEqualTo(List.of("2104.12255", "2104.12255v1"));
        assertThat(full.get("urls")).isEqualTo(List.of("https://example.org/a(b)"));
        assertThat(full.text("payload")).isEqualTo(payload);
        assertThat(full.get("payload_bytes")).isEqualTo(payload.length());
        assertThat(full.get("push_id")).isEqualTo(5L);
        assertThat(full.get("created_at")).isEqualTo(micros("2026-01-02T03:04:05Z"));

        DataRecord trimmed = event("PushEvent", "{\"ref\":\"refs/heads/main\",\"head\":\"b1\",\"before\":\"a0\"}");
        assertThat(trimmed.get("commit_count")).isNull();
        assertThat(trimmed.text("text")).isNull();
        assertThat(trimmed.text("head")).isEqualTo("b1");
    }

    @Test
    void actor_repository_and_organization_are_records() throws Exception {
        DataRecord record = event("WatchEvent", "{\"action\":\"started\"}");
        assertThat(record.text("id")).isEqualTo("key");
        assertThat(struct(record, "actor").get("bot")).isEqualTo(true);
        assertThat(struct(record, "actor").text("display_login")).isEqualTo("fixer");
        assertThat(struct(record, "repo").text("owner")).isEqualTo("own");
        assertThat(struct(record, "org").get("id")).isEqualTo(9L);
        assertThat(record.get("public")).isEqualTo(true);
        assertThat(record.text("source")).isEqualTo("api");
    }

    @Test
    void a_pull_request_tells_number_state_labels_and_whether_it_was_merged() throws Exception {
        DataRecord record = event(
                "PullRequestEvent",
                "{\"action\":\"closed\",\"number\":3,\"pull_request\":{\"number\":3,\"title\":\"T\","
                        + "\"state\":\"closed\","
                        + "\"merged\":true,\"body\":\"B\",\"html_url\":\"https://github.com/o/r/pull/3\","
                        + "\"labels\":[{\"name\":\"bug\"},{\"name\":\"p1\"}],"
                        + "\"base\":{\"repo\":{\"title\":\"no\"}}}}");
        assertThat(record.get("number")).isEqualTo(3L);
        assertThat(record.get("labels")).isEqualTo(List.of("bug", "p1"));
        assertThat(record.get("merged")).isEqualTo(true);
        assertThat(record.text("state")).isEqualTo("closed");
        assertThat(record.text("text")).isEqualTo("T\nB");
        assertThat(event("PullRequestEvent", "{\"action\":\"merged\",\"number\":3}")
                        .get("merged"))
                .isEqualTo(true);
    }

    @Test
    void a_comment_is_what_its_event_is_about_and_a_review_has_its_own_state() throws Exception {
        DataRecord comment = event(
                "IssueCommentEvent",
                "{\"issue\":{\"number\":4,\"title\":\"I\",\"state\":\"open\",\"html_url\":\"https://g/4\"},"
                        + "\"comment\":{\"body\":\"C\",\"html_url\":\"https://g/4#c\"}}");
        assertThat(comment.text("url")).isEqualTo("https://g/4#c");
        assertThat(comment.text("title")).isEqualTo("I");
        DataRecord review = event(
                "PullRequestReviewEvent",
                "{\"pull_request\":{\"state\":\"open\"},\"review\":{\"state\":\"approved\",\"body\":\"R\"}}");
        assertThat(review.text("state")).isEqualTo("approved");
    }

    @Test
    void releases_forks_and_pages_tell_what_they_are_about() throws Exception {
        DataRecord release =
                event("ReleaseEvent", "{\"release\":{\"tag_name\":\"v1\",\"name\":null,\"body\":\"notes\"}}");
        assertThat(release.text("release_tag")).isEqualTo("v1");
        assertThat(release.text("title")).isEqualTo("v1");
        assertThat(event("ForkEvent", "{\"forkee\":{\"full_name\":\"a/b\"}}").text("forkee"))
                .isEqualTo("a/b");
        assertThat(event("GollumEvent", "{\"pages\":[{\"title\":\"Home\",\"summary\":null}]}")
                        .text("text"))
                .isEqualTo("Home");
    }

    @Test
    void a_webhook_has_the_same_fields_from_other_places() throws Exception {
        DataRecord record = parse(
                "{\"_source\":\"webhook\",\"id\":\"d\",\"type\":\"PushEvent\",\"payload\":{\"ref\":\"refs/heads/x\","
                        + "\"after\":\"b1\",\"before\":\"a0\",\"commits\":[{\"message\":\"m\"}],"
                        + "\"head_commit\":{\"timestamp\":\"2026-01-02T05:04:05+02:00\",\"message\":\"m\"},"
                        + "\"repository\":{\"id\":8,\"full_name\":\"own/er\",\"name\":\"er\",\"private\":false,"
                        + "\"owner\":{\"login\":\"own\"}},\"organization\":{\"id\":1,\"login\":\"own\"},"
                        + "\"sender\":{\"id\":7,\"login\":\"a\",\"type\":\"Bot\"}}}");
        assertThat(record.get("created_at")).isEqualTo(micros("2026-01-02T03:04:05Z"));
        assertThat(struct(record, "repo").text("name")).isEqualTo("own/er");
        assertThat(struct(record, "actor").get("bot")).isEqualTo(true);
        assertThat(struct(record, "org").text("login")).isEqualTo("own");
        assertThat(record.get("public")).isEqualTo(true);
        assertThat(record.text("head")).isEqualTo("b1");
        assertThat(record.get("commit_count")).isEqualTo(1);
        assertThat(record.text("text")).isEqualTo("m");
    }

    @Test
    void events_of_2012_had_another_form() throws Exception {
        DataRecord record = parse("{\"type\":\"WatchEvent\",\"actor\":\"somebody\",\"public\":true,"
                + "\"created_at\":\"2012/05/06 07:08:09 -0700\",\"repository\":{\"id\":3,"
                + "\"name\":\"r\",\"owner\":\"o\"}}");
        assertThat(struct(record, "actor").text("login")).isEqualTo("somebody");
        assertThat(struct(record, "repo").text("name")).isEqualTo("o/r");
        assertThat(record.get("created_at")).isEqualTo(micros("2012-05-06T14:08:09Z"));
    }

    @Test
    void only_the_type_must_be_there() throws Exception {
        DataRecord record =
                parse("{\"type\":\"NewEvent\",\"payload\":[1],\"actor\":3,\"repo\":null,\"unknown\":{\"a\":[{}]}}");
        assertThat(record.get("created_at")).isEqualTo(micros("2026-11-28T12:00:00Z"));
        assertThat(record.get("actor")).isNull();
        for (String broken : List.of("{}", "[]", "{\"type\":\"X\"", "{\"type\":\"X\"} 1", "", "{\"type\":null}")) {
            assertThatThrownBy(() -> parse(broken)).as(broken).isInstanceOf(PoisonException.class);
        }
    }

    @Test
    void a_large_payload_is_left_out_and_a_long_text_is_cut() throws Exception {
        DataRecord record =
                event("IssuesEvent", "{\"issue\":{\"title\":\"t\",\"body\":\"" + "é".repeat(60_000) + "\"}}");
        assertThat(record.text("payload")).isNull();
        assertThat((Integer) record.get("payload_bytes")).isGreaterThan(120_000);
        assertThat(record.text("text")).hasSize(GithubText.CHARS_MAX);
    }

    @Test
    void papers_are_found_in_all_their_forms_and_numbers_alone_are_none() {
        assertThat(ArxivId.find("arXiv:1412.1234 arxiv.org/abs/2104.12255v2, https://arxiv.org/pdf/1501.00001.pdf "
                        + "[arXiv:hep-th/9901001v3] doi.org/10.48550/arXiv.2301.00001 arXiv: math.GT/0309136 "
                        + "https://huggingface.co/papers/2401.00002 export.arxiv.org/abs/quant-ph/0001001"))
                .containsExactly(
                        "1412.1234",
                        "2104.12255",
                        "2104.12255v2",
                        "1501.00001",
                        "hep-th/9901001",
                        "hep-th/9901001v3",
                        "2301.00001",
                        "math/0309136",
                        "2401.00002",
                        "quant-ph/0001001");
        assertThat(ArxivId.find("2104.12255 arXiv:1412.12345 arXiv:2113.00001 arXiv:2104.1225567 arxiv nope/0101001"))
                .isEmpty();
    }

    @Test
    void urls_end_where_people_would_say_so() {
        assertThat(GithubText.urls(
                        "see (https://a.org/x), <http://b.org/?q=1>. https://c.org/a_(b)! ftp://d https:// x"))
                .containsExactly("https://a.org/x", "http://b.org/?q=1", "https://c.org/a_(b)");
    }

    @Test
    void a_source_goes_to_other_machines() throws Exception {
        for (Source source : List.<Source>of(new GithubSource(), new ArxivSource())) {
            try (ObjectOutputStream out = new ObjectOutputStream(new ByteArrayOutputStream())) {
                out.writeObject(source);
                out.writeObject(source.schema());
            }
            assertThat(source.schema().field(0).name()).isEqualTo("id");
            assertThat(source.schema().place(source.timeField())).isPositive();
            assertThat(source.reader()).isNotNull();
            assertThat(source.parser()).isNotNull();
            assertThat(Map.of(source.name(), source.title())).isNotEmpty();
        }
    }
}
