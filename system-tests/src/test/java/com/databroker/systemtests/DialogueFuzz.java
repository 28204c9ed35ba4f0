package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/// Dialogues of *dbo/1* that nobody would hold: requests of [DialogueRequests] in any order, some of them with other
/// bytes. Whatever is said, each request that could be read is answered or the connection ends, what comes are frames
/// of the protocol, and nothing is an internal error.
///
/// `-Dfuzz.seconds` and `-Dfuzz.seed` as for [Fuzz].
final class DialogueFuzz {
    /// One connection, or what stands for one.
    interface Wire extends AutoCloseable {
        /// @param odd whether it may say it in a way that is none, too
        void say(byte[] frame, boolean odd) throws Exception;

        /// What comes next, null where the broker has ended the connection. Whoever waits too long for it throws.
        @Nullable
        ObjectMessage hear() throws Exception;

        @Override
        void close() throws IOException;
    }

    /// Comes to the broker.
    interface Door {
        Wire open(ObjectMessages form, SplittableRandom random) throws Exception;
    }

    private static final int FRAMES_MAX = 12;

    /// The ids of requests behind all others.
    private static final long LAST = 1_000_000;

    private final SplittableRandom random;
    private final DialogueRequests requests;
    private final ObjectMessages form;
    private final List<String> said = new ArrayList<>();
    private final Set<Long> unanswered = new HashSet<>();
    private long last = LAST;
    private long heard;

    private DialogueFuzz(long seed) {
        random = new SplittableRandom(seed);
        requests = new DialogueRequests(random);
        List<ObjectMessages> forms = List.of(ObjectMessages.values());
        form = forms.get(random.nextInt(forms.size()));
    }

    static void run(String what, Door door) {
        long seed = Long.getLong("fuzz.seed", 20_261_129L);
        SplittableRandom seeds = new SplittableRandom(seed);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger("com.databroker");
        log.start();
        logger.addAppender(log);
        long count = 0;
        long heard = 0;
        try {
            long end = System.nanoTime() + Long.getLong("fuzz.seconds", 2) * 1_000_000_000L;
            for (; count == 0 || System.nanoTime() < end; count++) {
                DialogueFuzz one = new DialogueFuzz(seeds.nextLong());
                try {
                    one.hold(door);
                    assertThat(log.list).noneMatch(event -> event.getLevel() == Level.ERROR);
                } catch (Exception | Error finding) {
                    throw new AssertionError(
                            what + ", seed " + seed + ", dialogue " + count + ", " + one.form + ":\n"
                                    + String.join("\n", one.said),
                            finding);
                }
                heard += one.heard;
                log.list.clear();
            }
        } finally {
            logger.detachAppender(log);
        }
        assertThat(heard).as("frames of " + count + " dialogues").isGreaterThan(count);
        System.out.println("fuzz " + what + ": " + count + " dialogues, " + heard + " answers of seed " + seed);
    }

    private void hold(Door door) throws Exception {
        try (Wire wire = door.open(form, random)) {
            if (random.nextInt(8) > 0) {
                say(
                        wire,
                        form.encode(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null))
                                .toArray(),
                        false);
            }
            for (long id = random.nextInt(FRAMES_MAX) + 1L; id > 0; id--) {
                byte[] frame = encoded(id);
                boolean changed = random.nextInt(3) == 0;
                boolean odd = random.nextInt(20) == 0;
                if (changed || odd) {
                    unanswered.remove(id);
                }
                say(wire, changed ? Fuzz.changed(random, frame) : frame, odd);
            }
            sayLast(wire);
            hear(wire);
        }
    }

    private void say(Wire wire, byte[] frame, boolean odd) throws Exception {
        said.add(HexFormat.of().formatHex(frame) + (odd ? " odd" : ""));
        wire.say(frame, odd);
    }

    private byte[] encoded(long id) {
        while (true) {
            ObjectMessage.Request request = requests.next(id);
            try {
                byte[] frame = form.encode(request).toArray();
                // Who waits for what was not yet committed waits.
                if (request.id() == id && !(request instanceof ObjectMessage.Sync)) {
                    unanswered.add(id);
                }
                return frame;
            } catch (ProblemException tooMuch) {
                // The next one, then.
            }
        }
    }

    private void sayLast(Wire wire) throws Exception {
        unanswered.add(++last);
        wire.say(form.encode(new ObjectMessage.Types(last)).toArray(), false);
    }

    private void hear(Wire wire) throws Exception {
        while (!unanswered.isEmpty()) {
            ObjectMessage message = wire.hear();
            if (message == null) {
                return;
            }
            heard++;
            if (message instanceof ObjectMessage.Failed failed) {
                assertThat(failed.problem()).as(failed.detail()).isNotEqualTo(Problem.INTERNAL);
                if (failed.id() == ObjectMessage.NO_ID) {
                    // What was under way in a conversation that ended so, where it had begun, is not answered.
                    unanswered.clear();
                    sayLast(wire);
                }
            }
            if (message instanceof ObjectMessage.Reply reply) {
                unanswered.remove(reply.id());
            }
        }
    }
}
