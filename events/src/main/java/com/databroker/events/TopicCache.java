package com.databroker.events;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Topic;
import com.databroker.core.Trace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/// The topics a publisher used lately, each with the gate's answer: a table of fixed size, newest wins its place.
///
/// Decided once per topic and principal, so that authorising every publication costs a comparison of bytes.
final class TopicCache {
    private static final int SLOTS = 1024;

    /// A topic as it came, valid or not, permitted or not.
    static final class Entry {
        final byte[] utf8;
        final @Nullable Topic topic;
        final @Nullable ProblemException refusal;

        Entry(byte[] utf8, @Nullable Topic topic, @Nullable ProblemException refusal) {
            this.utf8 = utf8;
            this.topic = topic;
            this.refusal = refusal;
        }
    }

    private final EventPlane plane;
    private @Nullable Entry[] slots = new Entry[16];
    private @Nullable Principal principal;
    private @Nullable Entry last;
    private @Nullable ByteBuf lastUtf8;

    TopicCache(EventPlane plane) {
        this.plane = plane;
    }

    /// Must be called before [#get] whenever the principal may have changed.
    void use(Principal now) {
        if (principal != now) {
            principal = now;
            slots = new Entry[16];
            last = null;
        }
    }

    Entry get(ByteBuf in, int at, int length) {
        Entry recent = last;
        ByteBuf recentUtf8 = lastUtf8;
        if (recent != null
                && recentUtf8 != null
                && recent.utf8.length == length
                && ByteBufUtil.equals(in, at, recentUtf8, 0, length)) {
            return recent;
        }
        int hash = hash(in, at, length);
        Entry found = slots[hash & (slots.length - 1)];
        if (found == null || !equal(found.utf8, in, at, length)) {
            if (found != null && slots.length < SLOTS) {
                // A publisher of few topics pays for few.
                slots = new Entry[SLOTS];
            }
            found = decide(in, at, length);
            slots[hash & (slots.length - 1)] = found;
        }
        last = found;
        lastUtf8 = Unpooled.wrappedBuffer(found.utf8);
        return found;
    }

    private Entry decide(ByteBuf in, int at, int length) {
        byte[] utf8 = new byte[length];
        in.getBytes(at, utf8);
        try (Span _ = Trace.first("gate.decide").put("databroker.action", Action.PUBLISH.word())) {
            Topic topic = Topic.ofUtf8(utf8, 0, length);
            Principal who = principal;
            if (who == null || !who.may(Action.PUBLISH, topic)) {
                return new Entry(
                        utf8,
                        topic,
                        new ProblemException(
                                com.databroker.core.Problem.FORBIDDEN, "no grant lets you publish to " + topic));
            }
            plane.check(who, topic, 0);
            return new Entry(utf8, topic, null);
        } catch (ProblemException refusal) {
            return new Entry(utf8, null, refusal);
        }
    }

    private static boolean equal(byte[] utf8, ByteBuf in, int at, int length) {
        if (utf8.length != length) {
            return false;
        }
        for (int i = length - 1; i >= 0; i--) {
            if (in.getByte(at + i) != utf8[i]) {
                return false;
            }
        }
        return true;
    }

    private static int hash(ByteBuf in, int at, int length) {
        int hash = 0;
        for (int i = 0; i < length; i++) {
            hash = hash * 31 + in.getByte(at + i);
        }
        return hash ^ (hash >>> 15);
    }
}
