package com.databroker.streams;

import java.io.Serializable;
import java.util.List;

/// Everything that the plane knows of a stream, in one place: topic, index, table, metrics and commands follow.
///
/// ```
///   body ──▶ reader ──▶ raw topic ──▶ parser ──▶ hot and cold store
///            collected   key = id      enriched
/// ```
///
/// It goes to other machines with the job, so it is serializable and holds nothing but its definition.
public interface Source extends Serializable {
    /// Lower case letters, digits and dashes: the name of the stream everywhere.
    String name();

    /// One line for people.
    String title();

    RawTopic topic();

    /// The fields of its records. Their first is `id`, a keyword, never null: the id of [Collected]. One is the time
    /// field, see [#timeField].
    Schema schema();

    /// The field of type TIME that says when it happened; where a record has none, when it arrived.
    String timeField();

    /// The fields that a table of its records shows, after the time.
    default List<String> headline() {
        return List.of("id");
    }

    /// How long a partition of its cold table is.
    Granularity granularity();

    /// Whether the same record may be collected more than once; then the job drops all but the first.
    boolean repeats();

    /// What is counted of its records, day by day.
    default List<View> views() {
        return List.of();
    }

    /// A new reader of its bodies.
    BodyReader reader();

    /// A new parser of its collected records.
    RecordParser parser();
}
