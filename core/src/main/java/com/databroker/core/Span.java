package com.databroker.core;

/// A piece of work for whoever records where time goes: it begins when it is made and ends when it is closed.
///
/// What is put on it are words of the broker's own, names and sizes: never a payload, a value, a token or who asks.
/// Where nothing is recorded it is [#NONE], on which everything is done by doing nothing.
public interface Span extends AutoCloseable {
    /// Of nothing that is recorded.
    Span NONE = new Unrecorded();

    /// On which side of a boundary the work is.
    enum Kind {
        /// Within the broker.
        INTERNAL,
        /// What somebody asked of it.
        SERVER,
        /// What it asks of somebody.
        CLIENT
    }

    /// Whether anybody will see it; where not, nothing need be put on it.
    boolean isRecording();

    Span put(String key, String value);

    Span put(String key, long value);

    /// It did not end well.
    ///
    /// @param type few words: the name of a class or of a problem
    Span failed(String type);

    /// What the header of that name and the attribute of an event say of it; empty where there is no trace.
    String traceParent();

    /// 32 hexadecimal digits; empty where there is no trace.
    String traceId();

    /// 16 hexadecimal digits; empty where there is no trace.
    String spanId();

    @Override
    void close();

    /// Of nothing.
    final class Unrecorded implements Span {
        private Unrecorded() {}

        @Override
        public boolean isRecording() {
            return false;
        }

        @Override
        public Span put(String key, String value) {
            return this;
        }

        @Override
        public Span put(String key, long value) {
            return this;
        }

        @Override
        public Span failed(String type) {
            return this;
        }

        @Override
        public String traceParent() {
            return "";
        }

        @Override
        public String traceId() {
            return "";
        }

        @Override
        public String spanId() {
            return "";
        }

        @Override
        public void close() {
            // There is nothing to end.
        }
    }
}
