package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.ProblemException;
import com.databroker.streams.Body;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.Intake;
import java.io.IOException;
import java.util.Objects;

/// Reads bodies as a [Definition] says that they are written. Gzip is unpacked, whatever the name.
///
/// What it gives is a JSON object for each record, with all that stands in it: also what no field asks for now, so
/// that a field that is added later can be had from the raw topic.
final class DefinedReader implements BodyReader {
    private static final long UNPACKED_MAX = 32L << 30;
    /// What a regular expression is let loose on.
    private static final int LINE_MAX = 64 << 10;
    private static final int EXCERPT_MAX = 4096;
    private static final int REJECTS_MAX = 1000;

    private final Definition definition;
    private final long unpackedMax;

    DefinedReader(Definition definition) {
        this(definition, UNPACKED_MAX);
    }

    /// With another limit than in production.
    DefinedReader(Definition definition, long unpackedMax) {
        this.definition = definition;
        this.unpackedMax = unpackedMax;
    }

    /// Where the forms of bodies give what they found.
    static final class Found {
        private final DefinedIds ids;
        private final Intake into;
        private long rejects;

        Found(DefinedIds ids, Intake into) {
            this.ids = ids;
            this.into = into;
        }

        /// @param position where it stands, for people
        void record(String position, Bytes json) {
            record(position, json, json, Bytes.EMPTY);
        }

        /// @param excerpt as it stood in the body: what is set aside has to be what the reader can read again
        /// @param head as [Intake#reject] has it
        void record(String position, Bytes json, Bytes excerpt, Bytes head) {
            try {
                into.record(new Collected(ids.of(json), json));
            } catch (IllegalArgumentException noId) {
                reject(position, String.valueOf(noId.getMessage()), excerpt, head);
            } catch (ProblemException notJson) {
                reject(position, notJson.detail(), excerpt, head);
            }
        }

        void reject(String position, String reason, Bytes excerpt) {
            reject(position, reason, excerpt, Bytes.EMPTY);
        }

        void reject(String position, String reason, Bytes excerpt, Bytes head) {
            rejects++;
            if (rejects <= REJECTS_MAX) {
                Bytes cut = excerpt.length() <= EXCERPT_MAX ? excerpt : Bytes.copyOf(excerpt.toArray(), 0, EXCERPT_MAX);
                into.reject(position, reason, cut, head);
            }
        }

        private void end() {
            if (rejects > REJECTS_MAX) {
                into.reject("to the end", (rejects - REJECTS_MAX) + " more parts cannot be read", Bytes.EMPTY);
            }
        }
    }

    @Override
    public void read(Body body, Intake into) throws IOException {
        GithubBytes bytes = new GithubBytes(body.bytes(), unpackedMax);
        Found found = new Found(new DefinedIds(definition), into);
        DefinedFormat format = definition.format();
        switch (Objects.requireNonNull(format.kind())) {
            case JSON_LINES, EVENTS -> DefinedJson.lines(new DefinedLines(bytes, Collected.JSON_BYTES_MAX), found);
            case JSON -> DefinedJson.document(bytes, format.records(), found);
            case CSV -> new DefinedCsv(definition, bytes, found, body.headers().get(Body.PIECE)).read();
            case LINES -> {
                int skip = body.headers().containsKey(Body.PIECE) ? 0 : format.skip();
                new DefinedPattern(format).read(new DefinedLines(bytes, LINE_MAX), skip, found);
            }
        }
        String broken = bytes.broken();
        if (broken != null) {
            found.reject("to the end", broken, Bytes.EMPTY);
        }
        found.end();
    }
}
