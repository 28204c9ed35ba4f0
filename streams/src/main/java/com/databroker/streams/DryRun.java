package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// What reader and parser of a source make of bytes; nothing is written anywhere.
final class DryRun implements Intake {
    private static final int EXCERPT_MAX = 4096;

    private final RecordParser parser;
    private final Instant arrived;
    private final int firstMax;
    private final List<Collected> collected = new ArrayList<>();
    private final List<Bytes> first = new ArrayList<>();
    private final List<StreamTest.Rejection> rejections = new ArrayList<>();
    private long records;
    private long rejected;

    private DryRun(Source source, Instant arrived, int firstMax) {
        this.parser = source.parser();
        this.arrived = arrived;
        this.firstMax = firstMax;
    }

    /// @param firstMax how many records and how many rejections are told
    static StreamTest of(Source source, Body body, int firstMax) throws IOException {
        DryRun run = new DryRun(source, body.received(), firstMax);
        source.reader().read(body, run);
        return new StreamTest(run.records, run.rejected, run.first, run.rejections);
    }

    /// The records of a body all of which can be read.
    ///
    /// @throws PoisonException that says what cannot
    private static List<Collected> strict(Source source, Body body) throws IOException, PoisonException {
        DryRun run = new DryRun(source, body.received(), Integer.MAX_VALUE);
        source.reader().read(body, run);
        if (!run.rejections.isEmpty()) {
            StreamTest.Rejection why = run.rejections.getFirst();
            throw new PoisonException(why.position() + ": " + why.reason());
        }
        if (run.collected.isEmpty()) {
            throw new PoisonException("there is no record in it");
        }
        return run.collected;
    }

    /// What keeps a record from being one.
    ///
    /// @throws PoisonException that says so
    private static void check(Source source, Collected record, Instant arrived) throws PoisonException {
        String refusal = Ingest.refusal(record);
        if (refusal != null) {
            throw new PoisonException(refusal);
        }
        parse(source.parser(), record, arrived);
    }

    /// The records of a letter whose bytes are those now.
    ///
    /// @throws ProblemException [Problem#RECORD_UNREADABLE] where it would be set aside again
    static List<Collected> cured(Source source, DeadLetter letter, Bytes bytes, Instant arrived) throws IOException {
        try {
            if (letter.id() != null) {
                Collected record = new Collected(letter.id(), bytes);
                check(source, record, arrived);
                return List.of(record);
            }
            // Named as the body in which it was found, since readers look at names.
            int end = letter.place().lastIndexOf(" (");
            String name = end < 0 ? letter.place() : letter.place().substring(0, end);
            Bytes head = letter.head();
            InputStream whole = new SequenceInputStream(
                    new ByteArrayInputStream(head.toArray()), new ByteArrayInputStream(bytes.toArray()));
            Map<String, String> piece = Map.of(Body.PIECE, String.valueOf(head.length()));
            return strict(source, new Body("", name, piece, arrived, whole));
        } catch (PoisonException still) {
            throw new ProblemException(Problem.RECORD_UNREADABLE, still.reason(), still);
        }
    }

    private static DataRecord parse(RecordParser parser, Collected record, Instant arrived) throws PoisonException {
        try {
            return parser.parse(record, arrived);
        } catch (RuntimeException unforeseen) {
            throw new PoisonException("the parser failed: " + unforeseen, unforeseen);
        }
    }

    @Override
    public void record(Collected record) {
        String place = "record " + (records + rejected + 1);
        try {
            String refusal = Ingest.refusal(record);
            if (refusal != null) {
                throw new PoisonException(refusal);
            }
            DataRecord parsed = parse(parser, record, arrived);
            records++;
            if (first.size() < firstMax) {
                first.add(RecordJson.write(parsed));
                collected.add(record);
            }
        } catch (PoisonException poison) {
            reject(place + ", " + record.id(), poison.reason(), record.json());
        }
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt) {
        rejected++;
        if (rejections.size() < firstMax) {
            byte[] bytes = excerpt.toArray();
            Bytes kept = bytes.length > EXCERPT_MAX ? Bytes.wrap(Arrays.copyOf(bytes, EXCERPT_MAX)) : excerpt;
            rejections.add(new StreamTest.Rejection(position, reason, kept));
        }
    }
}
