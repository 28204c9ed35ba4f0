package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Somebody who speaks *dbo/1* over a WebSocket, frame by frame, and keeps every frame that came.
final class ObjectPeer implements WebSocket.Listener, AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final long PATIENCE_SECONDS = 30;

    private final ObjectMessages form;
    private final Map<Long, CompletableFuture<ObjectMessage.Reply>> answers = new ConcurrentHashMap<>();
    private final BlockingQueue<ObjectMessage> unasked = new LinkedBlockingQueue<>();
    private final List<ObjectMessage.Changed> changes = new ArrayList<>();
    private final Queue<String> raw = new ConcurrentLinkedQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final WebSocket socket;
    private long ids;

    private ObjectPeer(URI broker, String token, ObjectMessages form) {
        this.form = form;
        WebSocket.Builder builder = HTTP.newWebSocketBuilder().subprotocols(form.subprotocol());
        if (!token.isEmpty()) {
            builder.header("Authorization", "Bearer " + token);
        }
        URI target = URI.create(broker.toString().replaceFirst("^http", "ws") + "/objects");
        this.socket = builder.buildAsync(target, this).join();
    }

    /// @param token empty for none
    static ObjectPeer open(URI broker, String token, ObjectMessages form) {
        return new ObjectPeer(broker, token, form);
    }

    /// One that has been welcomed.
    static ObjectPeer open(TestBroker broker, String token) throws InterruptedException {
        ObjectPeer peer = open(broker.broker().httpAddress(), token, ObjectMessages.JSON);
        peer.hello(null);
        return peer;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            raw.add(text.toString());
            take(form.decodeAnswer(Bytes.utf8(text.toString())));
            text.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        binary.writeBytes(bytes);
        if (last) {
            take(form.decodeAnswer(Bytes.wrap(binary.toByteArray())));
            binary.reset();
        }
        from.request(1);
        return null;
    }

    private void take(ObjectMessage message) {
        CompletableFuture<ObjectMessage.Reply> waiting =
                message instanceof ObjectMessage.Reply reply ? answers.remove(reply.id()) : null;
        if (waiting != null) {
            waiting.complete((ObjectMessage.Reply) message);
        } else if (message instanceof ObjectMessage.Changed changed) {
            synchronized (changes) {
                changes.add(changed);
                changes.notifyAll();
            }
        } else {
            unasked.add(message);
        }
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        closed.complete(code);
        answers.values().forEach(answer -> answer.completeExceptionally(new IllegalStateException(reason)));
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failed) {
        closed.complete(0);
        answers.values().forEach(answer -> answer.completeExceptionally(failed));
    }

    /// Sends whatever it is.
    void say(String frame) {
        socket.sendText(frame, true).join();
    }

    void say(ObjectMessage.Request request) {
        Bytes bytes = form.encode(request);
        if (form == ObjectMessages.JSON) {
            say(bytes.utf8());
        } else {
            socket.sendBinary(ByteBuffer.wrap(bytes.toArray()), true).join();
        }
    }

    ObjectMessage.Welcome hello(@Nullable ObjectPosition resume) throws InterruptedException {
        say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, resume));
        return (ObjectMessage.Welcome) next(message -> message instanceof ObjectMessage.Welcome);
    }

    /// What came without having been asked for, but for changes.
    ObjectMessage next(Predicate<ObjectMessage> wanted) throws InterruptedException {
        while (true) {
            ObjectMessage message = unasked.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError("nothing of that came: " + raw);
            }
            if (wanted.test(message)) {
                return message;
            }
        }
    }

    ObjectMessage.Reply ask(LongFunction<ObjectMessage.Request> request) {
        long id = ++ids;
        CompletableFuture<ObjectMessage.Reply> answer = new CompletableFuture<>();
        answers.put(id, answer);
        say(request.apply(id));
        return answer.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    ObjectMessage.Ok ok(LongFunction<ObjectMessage.Request> request) {
        ObjectMessage.Reply reply = ask(request);
        if (reply instanceof ObjectMessage.Ok ok) {
            return ok;
        }
        throw new AssertionError("not ok: " + reply);
    }

    Problem refused(LongFunction<ObjectMessage.Request> request) {
        ObjectMessage.Reply reply = ask(request);
        if (reply instanceof ObjectMessage.Failed failed) {
            return failed.problem();
        }
        throw new AssertionError("not refused: " + reply);
    }

    ObjectMessage.Row get(ObjectRef ref) {
        return ok(id -> new ObjectMessage.Get(id, List.of(ref), List.of()))
                .rows()
                .getFirst();
    }

    ObjectMessage.Ok find(String type, String field, Object value) {
        return ok(id -> new ObjectMessage.Find(
                id,
                type,
                List.of(new ObjectMessage.Condition(field, ObjectMessage.Operator.EQUAL, List.of(value))),
                List.of(),
                List.of(),
                100,
                null,
                true));
    }

    ObjectMessage.Reply commit(ObjectMessage.Op... ops) {
        UUID commit = UUID.randomUUID();
        return ask(id -> new ObjectMessage.Commit(id, commit, List.of(ops)));
    }

    ObjectMessage.Row create(String type, Map<String, @Nullable Object> values) {
        ObjectMessage.Reply reply = commit(new ObjectMessage.Create(ObjectKey.temporary(1), type, values));
        if (reply instanceof ObjectMessage.Ok ok) {
            return ok.rows().getFirst();
        }
        throw new AssertionError("not created: " + reply);
    }

    /// A change of fields of an object as it was seen.
    static ObjectMessage.Update update(ObjectMessage.Row seen, Map<String, @Nullable Object> values) {
        Map<String, ObjectMessage.Edit> edits = new HashMap<>();
        values.forEach((name, value) ->
                edits.put(name, new ObjectMessage.Edit(seen.fields().get(name), value)));
        return new ObjectMessage.Update(seen.ref(), seen.version(), edits);
    }

    /// Waits until this connection was told that what carries `tag` changed, to `version` at least.
    void hears(String tag, long version) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        synchronized (changes) {
            while (!heard(tag, version)) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("not told: " + tag + " " + version + " among " + changes);
                }
                changes.wait(left);
            }
        }
    }

    private boolean heard(String tag, long version) {
        return changes.stream()
                .flatMap(changed -> changed.tags().stream())
                .anyMatch(one -> one.tag().equals(tag) && (one.version() >= version || one.version() == 0));
    }

    /// Every change that was told, in order.
    List<ObjectMessage.Changed> changes() {
        synchronized (changes) {
            return List.copyOf(changes);
        }
    }

    /// Every frame that came, as it came.
    String raw() {
        return String.join("\n", raw);
    }

    /// The code with which the broker closed.
    int closeCode() {
        return closed.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        socket.abort();
    }
}
