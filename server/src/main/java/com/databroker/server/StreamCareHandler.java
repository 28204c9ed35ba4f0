package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.streams.CollectorStatus;
import com.databroker.streams.ReplayStatus;
import com.databroker.streams.Source;
import com.databroker.streams.StreamPlane;
import com.databroker.streams.StreamTest;
import io.vertx.core.http.HttpMethod;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// What people do for a stream over HTTP, beside searching it:
///
/// ```
///   POST   /streams/<name>/test?name=<file>          what would come of the body; nothing is kept
///   POST   /streams/<name>/collectors/<collector>    its next step now, where that is allowed
///   POST   /streams/<name>/replay?from=…&to=…        what is kept of bodies goes through reader and parser again
///   GET    /streams/<name>/replay                    how the last one does
///   POST   /streams/<name>/dead/<offset>             sends it again; with a body (or Content-Type), that instead
///   DELETE /streams/<name>/dead/<offset>             closes it
/// ```
/// Who may put a file into the inbox may test one. The rest is for administrators of the area `streams/<name>`, and
/// audited.
final class StreamCareHandler {
    /// Of a body that is only tested.
    private static final long TEST_BYTES_MAX = 64L << 20;

    /// As much as a record may have.
    private static final long RESENT_BYTES_MAX = 4L << 20;

    private static final int TOLD_MAX = 20;

    private final StreamPlane streams;
    private final long bytesPerSecondMin;
    private final InstantSource clock;

    StreamCareHandler(StreamPlane streams, long bytesPerSecondMin, InstantSource clock) {
        this.streams = streams;
        this.clock = clock;
        this.bytesPerSecondMin = bytesPerSecondMin;
    }

    private static void administer(Exchange exchange, Source source, String what) {
        String area = "streams/" + source.name();
        Principal principal = exchange.require(Action.ADMIN, area);
        exchange.gate().performed(principal, Action.ADMIN, area + "/" + what, exchange.address(), Exchange.DOOR);
    }

    void test(Exchange exchange, Source source) {
        exchange.allow(HttpMethod.POST);
        exchange.target().allow("name");
        String given = exchange.target().parameter("name");
        String name = given == null ? "test" : given;
        exchange.require(Action.WRITE, "inbox/" + source.name() + "/" + name);
        exchange.announcedLength(TEST_BYTES_MAX, "of a test");
        InputStream body = UploadHandler.onDemand(exchange, new BodyStream(exchange.request(), bytesPerSecondMin));
        exchange.blocking(() -> {
            InputStream bytes = new Bounded(body);
            StreamTest result = streams.test(source.name(), name, bytes, TOLD_MAX);
            try {
                bytes.transferTo(OutputStream.nullOutputStream());
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
            exchange.onLoop(() -> exchange.json(200, json -> write(json, result)));
        });
    }

    /// A body that is not longer than a test may be.
    private static final class Bounded extends FilterInputStream {
        private long left = TEST_BYTES_MAX;

        Bounded(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int one = super.read();
            counted(one < 0 ? -1 : 1);
            return one;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return counted(super.read(into, offset, length));
        }

        private int counted(int count) {
            left -= Math.max(0, count);
            if (left < 0) {
                throw new ProblemException(
                        Problem.PAYLOAD_TOO_LARGE,
                        "a test is of up to " + TEST_BYTES_MAX + " bytes; put larger files into the inbox");
            }
            return count;
        }
    }

    private static void write(JsonGenerator json, StreamTest result) {
        json.writeStartObject();
        json.writeNumberProperty("records", result.records());
        json.writeNumberProperty("rejected", result.rejected());
        json.writeName("first");
        json.writeStartArray();
        result.first().forEach(record -> json.writeRawValue(record.utf8()));
        json.writeEndArray();
        json.writeName("rejections");
        json.writeStartArray();
        for (StreamTest.Rejection rejection : result.rejections()) {
            json.writeStartObject();
            json.writeStringProperty("position", rejection.position());
            json.writeStringProperty("reason", rejection.reason());
            json.writeStringProperty(
                    "base64",
                    Base64.getEncoder().encodeToString(rejection.excerpt().toArray()));
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    void collect(Exchange exchange, Source source, String collector) {
        exchange.allow(HttpMethod.POST);
        exchange.target().allow();
        administer(exchange, source, "collectors/" + collector);
        exchange.blocking(() -> {
            CollectorStatus status = streams.collectOnce(source.name(), collector);
            Instant next = status.nextPoll();
            boolean due = next != null && !next.isAfter(clock.instant());
            exchange.onLoop(() -> exchange.json(due ? 202 : 200, json -> {
                json.writeStartObject();
                json.writeBooleanProperty("due", due);
                json.writeName("collector");
                StreamsHandler.write(json, status);
                json.writeEndObject();
            }));
        });
    }

    /// @param time reads one of the parameters
    void replay(Exchange exchange, Source source, Times time) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST);
        if (!exchange.isMethod(HttpMethod.POST)) {
            exchange.target().allow();
            exchange.blocking(() -> answer(exchange, 200, streams.replayed(source.name())));
            return;
        }
        exchange.target().allow("from", "to");
        Instant from = time.of("from");
        Instant to = time.of("to");
        administer(exchange, source, "replay");
        exchange.blocking(() -> answer(exchange, 202, streams.replay(source.name(), from, to)));
    }

    /// Reads a time of the request.
    interface Times {
        @Nullable
        Instant of(String parameter);
    }

    private static void answer(Exchange exchange, int code, ReplayStatus status) {
        exchange.onLoop(() -> exchange.json(code, json -> {
            json.writeStartObject();
            json.writeStringProperty("phase", status.phase().name().toLowerCase(Locale.ROOT));
            if (!status.detail().isEmpty()) {
                json.writeStringProperty("detail", status.detail());
            }
            json.writeNumberProperty("bodies", status.bodies());
            json.writeNumberProperty("done", status.done());
            json.writeNumberProperty("missing", status.missing());
            json.writeNumberProperty("records", status.records());
            json.writeNumberProperty("rejected", status.rejected());
            if (status.began() != null) {
                json.writeStringProperty("began", status.began().toString());
            }
            if (status.ended() != null) {
                json.writeStringProperty("ended", status.ended().toString());
            }
            json.writeEndObject();
        }));
    }

    void dead(Exchange exchange, Source source, String which) {
        exchange.allow(HttpMethod.POST, HttpMethod.DELETE);
        exchange.target().allow();
        long offset = offset(which);
        boolean drops = exchange.isMethod(HttpMethod.DELETE);
        administer(exchange, source, "dead/" + offset + (drops ? " dropped" : " sent again"));
        if (drops) {
            exchange.blocking(() -> {
                streams.drop(source.name(), offset);
                exchange.onLoop(() -> exchange.empty(204));
            });
            return;
        }
        exchange.body(
                RESENT_BYTES_MAX,
                "of a record",
                body -> exchange.blocking(() -> {
                    if (body.length() == 0 && exchange.request().getHeader("Content-Type") != null) {
                        // Somebody meant to correct it; sent as it was, it would be closed with what is wrong in it.
                        throw new ProblemException(
                                Problem.RECORD_UNREADABLE,
                                "the body is empty, so there is no record in it; without Content-Type it is sent as it"
                                        + " was, and DELETE closes it");
                    }
                    Bytes corrected = body.length() == 0 ? null : body;
                    int records = streams.resend(source.name(), offset, corrected);
                    exchange.onLoop(() -> exchange.json(200, json -> {
                        json.writeStartObject();
                        json.writeNumberProperty("records", records);
                        json.writeEndObject();
                    }));
                }));
    }

    private static long offset(String text) {
        if (text.matches("[0-9]{1,18}")) {
            return Long.parseLong(text);
        }
        throw new ProblemException(Problem.NOT_FOUND, "what was set aside is named by its offset, a number");
    }
}
