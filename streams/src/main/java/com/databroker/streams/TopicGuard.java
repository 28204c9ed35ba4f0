package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Notices that somebody deleted a topic behind our back, and makes it again.
///
/// Kafka gives a topic that is made again another id, and begins its offsets at 0. A job that went on at its old
/// offsets would pass over what comes first, so it begins at the front; and what the topic held and the job had not
/// made safe is taken again from the bodies that are kept, as a replay. Which topic a stream had is kept with its
/// cursors:
///
/// ```
///   <stream>/topic   {"id": "<of the raw topic>"}
/// ```
final class TopicGuard {
    private static final Logger LOG = LoggerFactory.getLogger(TopicGuard.class);

    private final Admin admin;
    private final List<Source> sources;
    private final Topics.Layout layout;
    private final Cursors cursors;
    private final InstantSource clock;
    private final Recovery recovery;
    private final Map<String, String> told = new ConcurrentHashMap<>();

    /// What is done for a stream whose topic was made again.
    interface Recovery {
        /// Has the job begin at the front of the topic, with nothing in its state, and bodies that were taken in part
        /// at theirs.
        ///
        /// @param topicId of the new topic
        void beginAfresh(Source source, String topicId) throws IOException;

        /// Takes the bodies again that came since.
        void replay(Source source, Instant since);

        /// Keeps a cursor.
        void keep(Source source, Map<String, Bytes> cursors) throws IOException;
    }

    /// @param layout how topics are made
    TopicGuard(
            Admin admin,
            List<Source> sources,
            Topics.Layout layout,
            Cursors cursors,
            InstantSource clock,
            Recovery recovery) {
        this.admin = admin;
        this.layout = layout;
        this.sources = sources;
        this.cursors = cursors;
        this.clock = clock;
        this.recovery = recovery;
    }

    /// What happened to the topic of a stream since the start; empty where nothing did.
    List<String> told(Source source) {
        String sentence = told.get(source.name());
        return sentence == null ? List.of() : List.of(sentence);
    }

    /// Looks, and does what is needed.
    void look() throws IOException {
        boolean cursorsGone = !Topics.get(admin.listTopics().names()).contains(Topics.CURSORS);
        Topics.ensure(admin, sources, layout);
        Map<String, String> ids = Topics.ids(admin, sources);
        for (Source source : sources) {
            String id = ids.getOrDefault(source.topic().name(), "");
            String key = source.name() + "/topic";
            String known = cursors.get(key)
                    .map(kept -> String.valueOf(Json.parseObject(kept).get("id")))
                    .orElse("");
            if (cursorsGone) {
                // They are in memory as they were.
                recovery.keep(source, cursors.entries(source.name() + "/"));
            }
            if (!known.isEmpty() && !known.equals(id)) {
                recover(source, id);
            }
            if (!known.equals(id)) {
                Bytes cursor = Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeStringProperty("id", id);
                    json.writeEndObject();
                });
                recovery.keep(source, Map.of(key, cursor));
            }
        }
    }

    private void recover(Source source, String topicId) throws IOException {
        Instant now = clock.instant();
        told.put(
                source.name(),
                "the topic " + source.topic().name() + " was deleted and made again at " + now
                        + "; what the job had not made safe is taken again from inbox and archive, and what lies in"
                        + " neither is lost");
        LOG.atWarn()
                .addKeyValue("stream", source.name())
                .addKeyValue("topic", source.topic().name())
                .log("a topic was deleted and is made again; what it held is taken again from inbox and archive");
        recovery.beginAfresh(source, topicId);
        recovery.replay(source, now.minus(source.topic().retention()));
    }
}
