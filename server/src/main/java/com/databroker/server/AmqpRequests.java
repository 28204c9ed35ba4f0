package com.databroker.server;

import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectQueues;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.ObjectCaller;
import com.databroker.objects.ObjectListener;
import com.databroker.objects.ObjectPlane;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Answers requests that come over RabbitMQ, each by itself: it carries its token, and whoever takes it from the queue
/// knows all that is needed. So any broker may answer any of them.
final class AmqpRequests {
    static final String DOOR = "amqp";

    private final ObjectPlane plane;
    private final Gate gate;
    private final AmqpNews news;
    private final LongAdder answered = new LongAdder();

    AmqpRequests(ObjectPlane plane, Gate gate, AmqpNews news) {
        this.plane = plane;
        this.gate = gate;
        this.news = news;
    }

    /// A request as it came.
    ///
    /// @param token null where there is none
    /// @param user whom RabbitMQ vouches for, empty where it was not asked to
    /// @param again whether it may have been begun by another broker, or by this one over a connection that is lost
    /// @param body empty where it is larger than a request may be
    /// @param length of the body as it came
    record Asked(
            @Nullable String contentType, @Nullable String token, String user, boolean again, Bytes body, int length) {}

    /// @param frames in the form of the request, in their order
    /// @param ordered whether they belong behind everything that was told of changes until now
    record Answer(ObjectMessages form, List<Bytes> frames, boolean ordered) {}

    long answered() {
        return answered.sum();
    }

    /// Answers, whatever it is. Waits for stores.
    Answer answer(Asked asked) {
        answered.increment();
        ObjectMessages known = ObjectQueues.form(asked.contentType);
        ObjectMessages form = known == null ? ObjectMessages.JSON : known;
        ObjectMessage.Request request = null;
        try {
            if (known == null) {
                throw new ProblemException(
                        Problem.MESSAGE_INVALID,
                        "the content-type is none of a message about objects, as "
                                + ObjectQueues.contentType(ObjectMessages.JSON));
            }
            if (asked.length > ObjectMessages.REQUEST_MAX) {
                throw new ProblemException(
                        Problem.VALUE_TOO_LARGE,
                        "a message of " + asked.length + " bytes, of " + ObjectMessages.REQUEST_MAX + " at most");
            }
            request = form.decodeRequest(asked.body);
            List<Bytes> frames = new ArrayList<>();
            for (ObjectMessage message : replies(asked, request)) {
                frames.add(ObjectReplies.frame(form, request.id(), message));
            }
            return new Answer(form, frames, request instanceof ObjectMessage.Sync);
        } catch (RuntimeException | Error failed) {
            long id = request == null ? ObjectMessage.NO_ID : request.id();
            Bytes frame = form.encode(ObjectReplies.failed(id, ObjectReplies.refusal(failed)));
            return new Answer(form, List.of(frame), false);
        }
    }

    private List<? extends ObjectMessage> replies(Asked asked, ObjectMessage.Request request) {
        ObjectCaller caller = caller(asked, request);
        if (caller instanceof Stranger && !ObjectStranger.isForStrangers(request)) {
            return request instanceof ObjectMessage.Hello hello
                    ? List.of(ObjectStranger.forStrangers(plane.handle(caller, hello)))
                    : List.of(ObjectStranger.notSignedIn(request));
        }
        if (asked.again && request instanceof ObjectMessage.Call call) {
            // Nobody knows whether a broker that is gone now has called it.
            throw new ProblemException(
                    Problem.UNAVAILABLE,
                    "a broker was lost with this request; whether " + call.method() + " was called is not known");
        }
        return switch (request) {
            case ObjectMessage.Hello hello -> greet(caller, hello);
            case ObjectMessage.Beat _ -> List.of(news.pulse());
            default -> List.of(plane.handle(caller, request));
        };
    }

    private ObjectCaller caller(Asked asked, ObjectMessage.Request request) {
        String token =
                asked.token == null && request instanceof ObjectMessage.Hello hello ? hello.token() : asked.token;
        // Who is behind RabbitMQ is known by nothing else.
        String address = asked.user.isEmpty() ? DOOR : DOOR + "/" + asked.user;
        if (token == null && !gate.anonymousAllowed()) {
            return new Stranger(gate, address);
        }
        Credentials credentials = token == null ? new Credentials.Anonymous() : new Credentials.Token(token);
        return new Known(gate, address, gate.authenticate(credentials, address, DOOR));
    }

    /// What is missed is collected for the one who comes; from then on it hears what all do. The number was taken
    /// before, so what both tell is told twice and nothing is left out.
    private List<ObjectMessage> greet(ObjectCaller caller, ObjectMessage.Hello hello) {
        long number = news.number();
        Missed missed = new Missed();
        ObjectPlane.Greeting greeting = plane.greet(caller, hello, missed);
        try (AutoCloseable _ = greeting.listening()) {
            if (!(greeting.reply() instanceof ObjectMessage.Welcome welcome)) {
                return List.of(greeting.reply());
            }
            return missed.frames(welcome, greeting.from(), number);
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// What was changed while somebody was away.
    private static final class Missed implements ObjectListener {
        private final ObjectNews news = new ObjectNews();

        @Override
        public synchronized void changed(ObjectPosition at, Instant when, List<ObjectMessage.Tagged> tags) {
            news.changed(at, when, tags);
        }

        @Override
        public synchronized void reset(String why) {
            news.reset(why);
        }

        synchronized List<ObjectMessage> frames(ObjectMessage.Welcome welcome, ObjectPosition from, long number) {
            List<ObjectMessage> frames = new ArrayList<>();
            frames.add(welcome);
            news.begin(from);
            for (ObjectMessage next = news.next(); next != null; next = news.next()) {
                frames.add(next);
            }
            frames.add(new ObjectMessage.Pulse(number, news.pulse(welcome.now()).at(), welcome.now()));
            return frames;
        }
    }

    /// One whose token was good.
    private record Known(Gate gate, String address, Principal principal) implements ObjectCaller {
        @Override
        public void authenticate(Credentials credentials) {
            // The next request brings it along.
            gate.authenticate(credentials, address, DOOR);
        }
    }

    /// One without a token, until it has shown that it knows a good one.
    private static final class Stranger implements ObjectCaller {
        private final Gate gate;
        private final String address;
        private Principal principal = Principal.stranger();

        Stranger(Gate gate, String address) {
            this.gate = gate;
            this.address = address;
        }

        @Override
        public Principal principal() {
            return principal;
        }

        @Override
        public void authenticate(Credentials credentials) {
            principal = gate.authenticate(credentials, address, DOOR);
        }
    }

    /// The header of a message that holds a text, null where there is none.
    static @Nullable String header(@Nullable Map<String, Object> headers, String name) {
        Object value = headers == null ? null : headers.get(name);
        if (value instanceof byte[] octets) {
            // Of clients in whose language a token that was read from a file is bytes, as Python's.
            return Bytes.wrap(octets).utf8();
        }
        return value == null ? null : value.toString();
    }
}
