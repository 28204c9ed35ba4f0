package com.databroker.server;

import java.util.List;

/// Everything that `/metrics` tells, by name: what docs/reference/metrics.md is written from, and by which alerts and
/// dashboards are checked.
///
/// A name has its unit at its end; that of a counter goes out with `_total` behind it. Values of labels are few: what
/// the configuration names, or words of the broker's own.
enum Metric {
    BUILD_INFO(Kind.INFO, "databroker_build_info", "The version that runs; always 1.", "version"),

    EVENTS_PUBLISHED(Kind.COUNTER, "databroker_events_published", "Events taken.", "door"),
    EVENTS_DELIVERED(Kind.COUNTER, "databroker_events_delivered", "Events written to subscribers.", "door"),
    EVENTS_LOST(
            Kind.COUNTER, "databroker_events_lost", "Offsets that slow subscribers were told to have missed.", "door"),
    EVENT_CONNECTIONS(Kind.GAUGE, "databroker_event_connections", "Connections of publishers and subscribers.", "door"),
    REPLAY_WINDOW_EVENTS(Kind.GAUGE, "databroker_replay_window_events", "Events that the replay window holds."),
    REPLAY_WINDOW_BYTES(Kind.GAUGE, "databroker_replay_window_bytes", "Memory that the replay window holds."),
    REPLAY_WINDOW_MAX_BYTES(
            Kind.GAUGE, "databroker_replay_window_max_bytes", "Memory that it may hold: `events.window`."),
    REPLAY_WINDOW_OLDEST(
            Kind.GAUGE,
            "databroker_replay_window_oldest_timestamp_seconds",
            "When the oldest event that it holds was published, 0 where it holds none."),

    CONNECTIONS(Kind.GAUGE, "databroker_connections", "Open connections of a door.", "door"),
    CONNECTIONS_MAX(Kind.GAUGE, "databroker_connections_max", "How many a door takes: `max-connections`.", "door"),
    CONNECTIONS_REFUSED(Kind.COUNTER, "databroker_connections_refused", "Connections turned away at a limit.", "door"),
    HTTP_REQUESTS(Kind.COUNTER, "databroker_http_requests", "HTTP requests answered.", "route", "code"),
    HTTP_DURATION(
            Kind.HISTOGRAM,
            "databroker_http_request_duration_seconds",
            "From a request's head to the end of its answer; not of connections that stay open for events.",
            "route",
            "class"),
    ACCESS(Kind.COUNTER, "databroker_access", "Decisions of the gate.", "outcome"),
    ACCESS_DENIED(Kind.COUNTER, "databroker_access_denied", "Requests that no grant covered.", "action"),
    SESSIONS(Kind.GAUGE, "databroker_sessions", "Connections that signed in and are open."),
    CERTIFICATE(
            Kind.GAUGE,
            "databroker_tls_certificate_expiry_timestamp_seconds",
            "When the certificate of the HTTP door ends, 0 where it cannot be read; absent without TLS."),

    FILES(Kind.GAUGE, "databroker_files", "Files known."),
    FILES_BYTES(Kind.GAUGE, "databroker_files_bytes", "Bytes of the files known."),
    FILE_CHANGES(Kind.COUNTER, "databroker_file_changes", "Files created, updated and deleted.", "kind"),
    FILES_REFUSED(
            Kind.COUNTER,
            "databroker_files_refused",
            "Files of other programs that a validator refused after they were written."),
    FILE_UPLOADS(Kind.GAUGE, "databroker_file_uploads", "Uploads under way."),
    FILES_JOURNAL(Kind.GAUGE, "databroker_files_journal_bytes", "Size of the journal of files."),
    FILE_COMMITS(
            Kind.HISTOGRAM,
            "databroker_file_commit_duration_seconds",
            "Commits of files, from the last byte until they are safe on the disk and announced."),
    FILES_READ_ONLY(Kind.GAUGE, "databroker_files_read_only", "1 where the disk failed and files cannot be changed."),
    FILES_WATCHED_FOLDERS(Kind.GAUGE, "databroker_files_watched_folders", "Folders watched."),
    FILES_WAITING(Kind.GAUGE, "databroker_files_waiting", "Changed files that are not finished or not looked at yet."),
    FILES_SCANNING(Kind.GAUGE, "databroker_files_scanning", "1 while the folder is compared with the index."),
    FILES_WATCH_OVERFLOWS(Kind.COUNTER, "databroker_files_watch_overflows", "Times that the system lost changes."),
    FILES_SCANS(Kind.COUNTER, "databroker_files_scans", "Comparisons of the folder with the index that ended."),

    OBJECT_LISTENERS(Kind.GAUGE, "databroker_object_listeners", "Connections that hear of changes of objects."),
    OBJECT_ROWS(Kind.COUNTER, "databroker_object_rows", "Objects sent to who asked."),
    OBJECT_TYPES(Kind.GAUGE, "databroker_object_types", "Types of a store.", "store"),
    OBJECT_STORE_UP(Kind.GAUGE, "databroker_object_store_up", "1 where a store answered last.", "store"),
    OBJECT_COMMITS(Kind.COUNTER, "databroker_object_commits", "Commits made here.", "store"),
    OBJECT_CONFLICTS(
            Kind.COUNTER, "databroker_object_conflicts", "Commits refused, as others changed the same.", "store"),
    OBJECT_TOLD(Kind.COUNTER, "databroker_object_commits_told", "Commits told of, whoever made them.", "store"),
    OBJECT_CHANGES(Kind.COUNTER, "databroker_object_changes", "Objects created, updated and deleted.", "store", "kind"),
    OBJECT_DURATION(
            Kind.HISTOGRAM,
            "databroker_object_request_duration_seconds",
            "Answering of a request about objects, by whichever door it came: get, find, commit, call or another.",
            "request"),
    OBJECT_STALENESS(
            Kind.HISTOGRAM,
            "databroker_object_staleness_seconds",
            "Between a commit, by the clock of the database, and its telling to all who hold copies.",
            "store"),
    OBJECT_CANARY_OLD(
            Kind.GAUGE,
            "databroker_object_canary_old_seconds",
            "For how long the copy that the broker holds of a store's canary has been older than the object, 0 where it"
                    + " is not; absent without a canary.",
            "store"),
    OBJECT_CANARY_DELAY(
            Kind.HISTOGRAM,
            "databroker_object_canary_delay_seconds",
            "Between a change of the canary by the broker and the new copy in the hands of who held the old one.",
            "store"),
    OBJECT_RELAY_DELAY(
            Kind.GAUGE,
            "databroker_object_relay_delay_seconds",
            "Between the last change that was told and its telling, by the clock of the database.",
            "store"),
    OBJECT_RELAY_LOOK(
            Kind.GAUGE,
            "databroker_object_relay_timestamp_seconds",
            "When everything in the outbox was told last, 0 before the first time.",
            "store"),
    OBJECT_RESETS(
            Kind.COUNTER,
            "databroker_object_resets",
            "Times that clients were told to look at everything again, since changes were lost.",
            "store"),

    OBJECT_AMQP_UP(
            Kind.GAUGE,
            "databroker_object_amqp_up",
            "1 where the AMQP door has its connection to RabbitMQ, 0 where not."),
    OBJECT_AMQP_CONNECTS(
            Kind.COUNTER, "databroker_object_amqp_connects", "Connections to RabbitMQ made since the start."),
    OBJECT_AMQP_REQUESTS(
            Kind.COUNTER, "databroker_object_amqp_requests", "Requests about objects answered over RabbitMQ."),
    OBJECT_AMQP_DEAD(
            Kind.COUNTER,
            "databroker_object_amqp_dead",
            "Messages over RabbitMQ that had nobody to answer, and were set aside."),

    STREAMS_ANSWERING(
            Kind.GAUGE, "databroker_streams_answering", "1 where the engines of the streams said how they do."),
    STREAM_PHASE(
            Kind.GAUGE,
            "databroker_stream_phase",
            "1 for what a stream is doing: starting, running, restarting, failed or stopped.",
            "stream",
            "phase"),
    STREAM_COLLECTED(Kind.COUNTER, "databroker_stream_collected_records", "Records that came in.", "stream"),
    STREAM_DEAD(Kind.GAUGE, "databroker_stream_dead_records", "What was set aside and is open.", "stream"),
    STREAM_LAG(
            Kind.GAUGE,
            "databroker_stream_lag_records",
            "Offsets of the raw topic that the job has not made safe.",
            "stream"),
    STREAM_OLDEST(
            Kind.GAUGE,
            "databroker_stream_oldest_timestamp_seconds",
            "When the oldest of them was collected, 0 for none.",
            "stream"),
    STREAM_INBOX(Kind.GAUGE, "databroker_stream_inbox_files", "Files that wait to be taken in.", "stream"),
    STREAM_DAMAGE(
            Kind.GAUGE, "databroker_stream_damaged_parts", "Parts of the stores that were found broken.", "stream"),
    STREAM_HOT(Kind.GAUGE, "databroker_stream_hot_records", "Records in the hot store.", "stream"),
    STREAM_HOT_BYTES(Kind.GAUGE, "databroker_stream_hot_bytes", "Size of the hot store.", "stream"),
    STREAM_FRESHNESS(
            Kind.HISTOGRAM,
            "databroker_stream_freshness_seconds",
            "Between the arrival of a record and the moment from which a search finds it; the one that waited longest"
                    + " of those that became visible together.",
            "stream"),
    STREAM_SEARCH(
            Kind.HISTOGRAM,
            "databroker_stream_search_duration_seconds",
            "Searches, over the hot and the cold store.",
            "stream"),
    STREAM_COLD(Kind.GAUGE, "databroker_stream_cold_records", "Records in the cold store.", "stream"),
    STREAM_COLD_BYTES(Kind.GAUGE, "databroker_stream_cold_bytes", "Size of the cold store.", "stream"),
    STREAM_CHECKPOINTS(
            Kind.COUNTER, "databroker_stream_checkpoints", "Checkpoints of the job that were completed.", "stream"),
    STREAM_CHECKPOINT_FAILURES(
            Kind.COUNTER, "databroker_stream_checkpoint_failures", "Checkpoints of the job that failed.", "stream"),
    STREAM_CHECKPOINT_TIME(
            Kind.GAUGE,
            "databroker_stream_checkpoint_timestamp_seconds",
            "When the last one was complete, 0 before the first.",
            "stream"),
    STREAM_CHECKPOINT_DURATION(
            Kind.GAUGE, "databroker_stream_checkpoint_duration_seconds", "How long the last one took.", "stream"),
    STREAM_RESTARTS(Kind.COUNTER, "databroker_stream_restarts", "Starts of the job after failures.", "stream"),
    STREAMS_RAW(Kind.GAUGE, "databroker_streams_raw_bytes", "Bytes of the fetched bodies that are kept."),

    COLLECTOR_REQUESTS(
            Kind.COUNTER, "databroker_collector_requests", "Requests that a collector sent.", "stream", "collector"),
    COLLECTOR_NOT_MODIFIED(
            Kind.COUNTER, "databroker_collector_not_modified", "Answers that nothing is new.", "stream", "collector"),
    COLLECTOR_LIMITED(
            Kind.COUNTER,
            "databroker_collector_limited",
            "Steps that the other side asked to put off.",
            "stream",
            "collector"),
    COLLECTOR_FAILURES(Kind.COUNTER, "databroker_collector_failures", "Steps that failed.", "stream", "collector"),
    COLLECTOR_GAPS(
            Kind.COUNTER,
            "databroker_collector_gaps",
            "How often something was probably missed.",
            "stream",
            "collector"),
    COLLECTOR_LAST_POLL(
            Kind.GAUGE,
            "databroker_collector_last_poll_timestamp_seconds",
            "When the last step was done, 0 before the first.",
            "stream",
            "collector"),
    COLLECTOR_NEXT_POLL(
            Kind.GAUGE,
            "databroker_collector_next_poll_timestamp_seconds",
            "When the next step is due, 0 where there is none.",
            "stream",
            "collector"),
    COLLECTOR_RECEIVED(
            Kind.COUNTER, "databroker_collector_received", "Units taken that were pushed.", "stream", "collector"),
    COLLECTOR_DROPPED(
            Kind.COUNTER,
            "databroker_collector_dropped",
            "Units that were pushed and dropped, as there was no room.",
            "stream",
            "collector"),
    COLLECTOR_WAITING(
            Kind.GAUGE,
            "databroker_collector_waiting_bytes",
            "What was pushed and is not in the raw topic yet.",
            "stream",
            "collector"),

    VIEW_ROWS(Kind.GAUGE, "databroker_view_rows", "Rows of the view's table.", "view"),
    VIEW_RUNS(Kind.COUNTER, "databroker_view_runs", "Runs that ended, well or not.", "view"),
    VIEW_FAILED(Kind.GAUGE, "databroker_view_failed", "1 where the last run failed.", "view"),
    VIEW_TIME(
            Kind.GAUGE,
            "databroker_view_run_timestamp_seconds",
            "When the last good run was committed, 0 before the first.",
            "view"),
    VIEW_DURATION(
            Kind.GAUGE,
            "databroker_view_run_duration_seconds",
            "How long that took, 0 where it was before the start of the broker.",
            "view"),

    TRACE_SPANS(
            Kind.COUNTER,
            "databroker_trace_spans",
            "Spans that were sent, dropped as the queue was full, or failed to be sent; absent without traces.",
            "outcome"),

    DISK_FREE(Kind.GAUGE, "databroker_disk_free_bytes", "Free room of the disk on which a folder lies.", "folder"),
    DISK_SIZE(Kind.GAUGE, "databroker_disk_size_bytes", "Size of that disk.", "folder"),
    HEAP_USED(Kind.GAUGE, "databroker_heap_used_bytes", "Java heap in use."),
    HEAP_MAX(Kind.GAUGE, "databroker_heap_max_bytes", "Java heap that may be used."),
    BUFFER_POOLS(Kind.GAUGE, "databroker_buffer_pool_bytes", "Memory beside the heap, as the JDK counts it.", "pool"),
    GC_COLLECTIONS(Kind.COUNTER, "databroker_gc_collections", "Garbage collections.", "collector"),
    GC_SECONDS(Kind.COUNTER, "databroker_gc_duration_seconds", "Time of garbage collections.", "collector"),
    THREADS(Kind.GAUGE, "databroker_threads", "Platform threads."),
    START_TIME(Kind.GAUGE, "process_start_time_seconds", "When the process started."),
    OPEN_FDS(Kind.GAUGE, "process_open_fds", "Open file descriptors."),
    MAX_FDS(Kind.GAUGE, "process_max_fds", "File descriptors the process may open."),
    CPU(Kind.COUNTER, "process_cpu_seconds", "CPU time of the process.");

    /// How a value behaves.
    enum Kind {
        /// Only grows, and begins at 0 with each start of the broker.
        COUNTER,
        /// Goes up and down.
        GAUGE,
        /// How often a value lay within which bounds, with their sum.
        HISTOGRAM,
        /// Always 1; its labels are what it tells.
        INFO
    }

    private final Kind kind;
    private final String title;
    private final String help;
    /// With commas between: a list is nothing that nobody can change.
    private final String labels;

    Metric(Kind kind, String title, String help, String... labels) {
        this.kind = kind;
        this.title = title;
        this.help = help;
        this.labels = String.join(",", labels);
    }

    Kind kind() {
        return kind;
    }

    /// Without the `_total` of counters.
    String title() {
        return title;
    }

    /// As it stands on the page and in queries.
    String shown() {
        return kind == Kind.COUNTER ? title + "_total" : title;
    }

    String help() {
        return help;
    }

    List<String> labels() {
        return labels.isEmpty() ? List.of() : List.of(labels.split(",", -1));
    }

    /// `seconds` or `bytes`; empty for what is counted.
    String unit() {
        return title.endsWith("_seconds") ? "seconds" : title.endsWith("_bytes") ? "bytes" : "";
    }
}
