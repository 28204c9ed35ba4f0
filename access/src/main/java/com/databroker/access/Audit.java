package com.databroker.access;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The audit trail, one line of JSON each:
///
/// ```
/// {"time":"2026-11-21T10:00:00Z","outcome":"denied","action":"publish","principal":"alice","what":"secret/x",
///  "address":"192.0.2.7","door":"http","problem":2002}
/// ```
///
/// `suppressed` counts lines that were the same but for `what`, of which one a second is written; `lost` counts lines
/// for which the disk was too slow. No line ever holds a token.
final class Audit implements AutoCloseable {
    private static final int FIELD_MAX = 256;
    private static final int REPEATING_MAX = 4096;
    private static final long REPEAT_MILLIS = 1000;
    private static final Pattern TOKEN = Pattern.compile("dbk_[0-9A-Za-z_]{9,}");

    /// @param action empty where there is none, as the other texts
    record Line(Outcome outcome, String action, String principal, String what, String address, String door) {
        /// What makes two lines a repetition.
        Line withoutWhat() {
            return new Line(outcome, action, principal, "", address, door);
        }
    }

    private static final class Repeated {
        private Line last;
        private long writtenAt;
        private long suppressed;

        Repeated(Line last, long writtenAt) {
            this.last = last;
            this.writtenAt = writtenAt;
        }
    }

    private final AuditFile file;
    private final Map<Line, Repeated> repeating = new LinkedHashMap<>();
    private final AtomicLong untold = new AtomicLong();
    private final LongAdder lost = new LongAdder();

    Audit(AuditFile file) {
        this.file = file;
    }

    /// Writes the line, unless one like it was written less than a second ago: then it is counted. What an
    /// administrator did is always written.
    void note(Line line, Instant now) {
        if (line.outcome() == Outcome.PERFORMED) {
            write(line, 0, now);
            return;
        }
        Line key = line.withoutWhat();
        long millis = now.toEpochMilli();
        long suppressed = 0;
        synchronized (repeating) {
            Repeated repeated = repeating.get(key);
            if (repeated == null) {
                if (repeating.size() >= REPEATING_MAX) {
                    miss();
                    return;
                }
                repeating.put(key, new Repeated(line, millis));
            } else if (millis - repeated.writtenAt < REPEAT_MILLIS && millis >= repeated.writtenAt) {
                repeated.suppressed++;
                repeated.last = line;
                return;
            } else {
                suppressed = repeated.suppressed;
                repeated.suppressed = 0;
                repeated.writtenAt = millis;
            }
        }
        write(line, suppressed, now);
    }

    /// Writes what was suppressed and had no successor for a second.
    void sweep(Instant now) {
        long millis = now.toEpochMilli();
        synchronized (repeating) {
            Iterator<Repeated> all = repeating.values().iterator();
            while (all.hasNext()) {
                Repeated repeated = all.next();
                boolean recent = millis >= repeated.writtenAt && millis - repeated.writtenAt < REPEAT_MILLIS;
                if (!recent && repeated.suppressed == 0) {
                    all.remove();
                } else if (!recent) {
                    write(repeated.last, repeated.suppressed - 1, now);
                    repeated.suppressed = 0;
                    repeated.writtenAt = millis;
                }
            }
        }
    }

    /// Lines that did not reach the file.
    long lost() {
        return lost.sum() + file.lost();
    }

    private void miss() {
        lost.increment();
        untold.incrementAndGet();
    }

    private void write(Line line, long suppressed, Instant now) {
        long missed = untold.getAndSet(0);
        if (!file.offer(encode(line, suppressed, missed, now))) {
            untold.addAndGet(missed);
            miss();
        }
    }

    private static byte[] encode(Line line, long suppressed, long missed, Instant now) {
        Bytes json = Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringProperty("time", now.toString());
            out.writeStringProperty("outcome", line.outcome.word());
            out.writeStringProperty("action", line.action);
            out.writeStringProperty("principal", harmless(line.principal));
            out.writeStringProperty("what", harmless(line.what));
            out.writeStringProperty("address", harmless(line.address));
            out.writeStringProperty("door", line.door);
            Problem problem = problem(line.outcome);
            if (problem != null) {
                out.writeNumberProperty("problem", problem.number());
            }
            if (suppressed > 0) {
                out.writeNumberProperty("suppressed", suppressed);
            }
            if (missed > 0) {
                out.writeNumberProperty("lost", missed);
            }
            out.writeEndObject();
        });
        byte[] ended = Arrays.copyOf(json.toArray(), json.length() + 1);
        ended[json.length()] = '\n';
        return ended;
    }

    private static @Nullable Problem problem(Outcome outcome) {
        return switch (outcome) {
            case REFUSED -> Problem.NOT_AUTHENTICATED;
            case THROTTLED -> Problem.TOO_MANY_FAILURES;
            case DENIED -> Problem.FORBIDDEN;
            case REVOKED -> Problem.ACCESS_REVOKED;
            case RELOAD_FAILED -> Problem.USERS_FILE_INVALID;
            case AUTHENTICATED, PERFORMED, RELOADED, AUDIT_LOST -> null;
        };
    }

    /// Bounded, whole characters only, and without a token that someone pasted into the wrong field. Line ends are
    /// escaped by JSON.
    private static String harmless(String foreign) {
        String cut = foreign.length() <= FIELD_MAX ? foreign : foreign.substring(0, FIELD_MAX) + "…";
        String whole = new String(cut.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        return TOKEN.matcher(whole).replaceAll("dbk_…");
    }

    @Override
    public void close() {
        file.close();
    }
}
