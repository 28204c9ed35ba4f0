package com.databroker.sources;

import org.jspecify.annotations.Nullable;

/// What is known of a message beside itself: when and where it was seen, who asked and who answered. Used
/// again for each, so nobody keeps one.
final class DnsFlow {
    static final long NO_TIME = Long.MIN_VALUE;

    /// One end of a conversation.
    static final class End {
        final byte[] address = new byte[DnsAddresses.V6];

        /// 4 or 16; 0 where the address is not known.
        int size;

        /// -1 where it is not known.
        int port = -1;

        void set(byte[] bytes, int offset, int length) {
            System.arraycopy(bytes, offset, address, 0, length);
            size = length;
        }

        void copy(End other) {
            set(other.address, 0, other.size);
            port = other.port;
        }

        void clear() {
            size = 0;
            port = -1;
        }
    }

    final End source = new End();
    final End target = new End();

    /// Nanoseconds since 1970 UTC.
    long nanos = NO_TIME;

    /// Empty where it is not known.
    String transport = "udp";

    /// The bytes that were not captured begin right behind the message.
    boolean cut;

    /// It was told after others of later frames, as something of it never came.
    boolean late;

    // What only dnstap knows.

    @Nullable
    String server;

    @Nullable
    String version;

    /// By the numbers of dnstap; 0 where it was not dnstap.
    int messageType;

    /// When the question was asked that this answers.
    long askedNanos = NO_TIME;

    /// How long the answer took, where a log says it; -1 where nobody does.
    long waitedNanos = -1;

    @Nullable
    String policy;

    /// Something is wrong beside the message itself.
    @Nullable
    String error;

    void clear() {
        source.clear();
        target.clear();
        nanos = NO_TIME;
        transport = "udp";
        cut = false;
        late = false;
        server = null;
        version = null;
        messageType = 0;
        askedNanos = NO_TIME;
        waitedNanos = -1;
        policy = null;
        error = null;
    }

    void copy(DnsFlow other) {
        source.copy(other.source);
        target.copy(other.target);
        nanos = other.nanos;
        transport = other.transport;
        cut = other.cut;
        late = other.late;
        server = other.server;
        version = other.version;
        messageType = other.messageType;
        askedNanos = other.askedNanos;
        waitedNanos = other.waitedNanos;
        policy = other.policy;
        error = other.error;
    }
}
