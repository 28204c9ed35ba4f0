package com.databroker.core;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What is under way in this thread, where a process records its work, see [TraceEngine].
///
/// While nobody does, each of these methods looks at one field and is done. A span of a door may pass from thread
/// to thread: it is the current one within [#in]. A step belongs to the thread that begins it, and is closed there.
public final class Trace {
    /// The attribute of events and the header by which a trace goes on elsewhere (W3C Trace Context).
    public static final String PARENT = "traceparent";

    public static final String STATE = "tracestate";

    private static final ThreadLocal<@Nullable Span> CURRENT = new ThreadLocal<>();
    /// Under which [#first] told something last.
    private static final ThreadLocal<@Nullable Span> LATEST = new ThreadLocal<>();

    private static volatile TraceEngine.@Nullable Recorder recorder;

    private Trace() {}

    /// Has everything of this process recorded from now on.
    public static void use(TraceEngine.Recorder by) {
        recorder = by;
    }

    /// Has nothing recorded any more, if it was recorded by this one.
    public static void unuse(TraceEngine.Recorder by) {
        if (by.equals(recorder)) {
            recorder = null;
        }
    }

    public static boolean isOn() {
        return recorder != null;
    }

    /// What is under way; [Span#NONE] where nothing is.
    public static Span current() {
        if (recorder == null) {
            return Span.NONE;
        }
        Span span = CURRENT.get();
        return span == null ? Span.NONE : span;
    }

    /// Work that somebody asked for, or that begins by itself: the first span here. It is nobody's current one until
    /// [#in].
    ///
    /// @param traceParent as it came, null where nothing came
    public static Span door(String name, Span.Kind kind, @Nullable String traceParent, @Nullable String traceState) {
        TraceEngine.Recorder by = recorder;
        return by == null
                ? Span.NONE
                : by.begin(
                        name,
                        kind,
                        Span.NONE,
                        traceParent == null ? "" : traceParent,
                        traceState == null ? "" : traceState);
    }

    /// A part of what is under way in this thread, and what is under way until it is closed.
    public static Span step(String name) {
        return recorder == null ? Span.NONE : begin(name, Span.Kind.INTERNAL);
    }

    /// As [#step], of what may be done any number of times for the same work: only the first is told.
    public static Span first(String name) {
        if (recorder == null) {
            return Span.NONE;
        }
        Span under = current();
        if (under.equals(LATEST.get())) {
            return Span.NONE;
        }
        LATEST.set(under);
        return begin(name, Span.Kind.INTERNAL);
    }

    /// As [#step], of what is asked of another program.
    public static Span call(String name) {
        return recorder == null ? Span.NONE : begin(name, Span.Kind.CLIENT);
    }

    private static Span begin(String name, Span.Kind kind) {
        TraceEngine.Recorder by = recorder;
        Span parent = CURRENT.get();
        if (by == null || parent == null || !parent.isRecording()) {
            return Span.NONE;
        }
        Step step = new Step(by.begin(name, kind, parent, "", ""), parent);
        CURRENT.set(step.of);
        return step;
    }

    /// Does something as a part of `span`, which stays open.
    public static void in(Span span, Runnable work) {
        if (span instanceof Span.Unrecorded) {
            work.run();
        } else {
            ask(span, () -> {
                work.run();
                return span;
            });
        }
    }

    /// As [#in], of what has a result.
    public static <T> T ask(Span span, Supplier<T> work) {
        if (span instanceof Span.Unrecorded) {
            return work.get();
        }
        Span before = CURRENT.get();
        CURRENT.set(span);
        try {
            return work.get();
        } finally {
            restore(before);
        }
    }

    private static void restore(@Nullable Span before) {
        if (before == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(before);
        }
    }

    /// The publication, with the trace that is under way where it names none: so whoever receives it can go on.
    public static Publication marked(Publication publication) {
        String parent = current().traceParent();
        Map<String, String> attributes = publication.attributes();
        if (parent.isEmpty() || attributes.containsKey(PARENT) || attributes.size() >= Publication.ATTRIBUTES_MAX) {
            return publication;
        }
        Map<String, String> more = new TreeMap<>(attributes);
        more.put(PARENT, parent);
        return new Publication(publication.topic(), publication.payload(), publication.contentType(), more);
    }

    /// A span that is the current one of its thread until it ends.
    private record Step(Span of, Span before) implements Span {
        @Override
        public boolean isRecording() {
            return of.isRecording();
        }

        @Override
        public Span put(String key, String value) {
            of.put(key, value);
            return this;
        }

        @Override
        public Span put(String key, long value) {
            of.put(key, value);
            return this;
        }

        @Override
        public Span failed(String type) {
            of.failed(type);
            return this;
        }

        @Override
        public String traceParent() {
            return of.traceParent();
        }

        @Override
        public String traceId() {
            return of.traceId();
        }

        @Override
        public String spanId() {
            return of.spanId();
        }

        @Override
        public void close() {
            CURRENT.set(before);
            of.close();
        }
    }
}
