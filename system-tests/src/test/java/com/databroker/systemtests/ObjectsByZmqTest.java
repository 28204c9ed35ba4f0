package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Objects over the ZeroMQ port, frame by frame, also as no library would send them. What pyzmq makes of it is in
/// docs/reference/objects.md, whose examples are replayed.
class ObjectsByZmqTest {
    private static final ObjectRef ADA = ObjectRef.parse("Person/1");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start() throws Exception {
        broker = TestBroker.start(folder.resolve("data"), Map.of("objects.demo", "true"));
        Peers.addUsers(broker, "<anonymous><grant action=\"objects-read\" pattern=\"demo/Company\"/></anonymous>");
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    /// A DEALER or REQ that has been admitted.
    private static final class Dealer implements AutoCloseable {
        private final ZmqRaw raw;
        private final boolean delimits;
        private ObjectMessages form = ObjectMessages.JSON;

        Dealer(ZmqRaw raw, boolean delimits) {
            this.raw = raw;
            this.delimits = delimits;
        }

        static Dealer open(String type, String user, String token) throws IOException {
            return new Dealer(ZmqRaw.plain(broker, type, user, token), type.equals("REQ"));
        }

        static Dealer greeted(ObjectMessages form) throws IOException {
            Dealer dealer = open("DEALER", "admin", broker.token());
            dealer.form = form;
            dealer.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null));
            assertThat(dealer.hear()).isInstanceOf(ObjectMessage.Welcome.class);
            return dealer;
        }

        void say(ObjectMessage.Request request) throws IOException {
            say("$" + form.subprotocol(), form.encode(request).toArray());
        }

        void say(String name, byte[] message) throws IOException {
            raw.send(frames(name, message));
        }

        byte[] frames(String name, byte[] message) {
            return ZmqRaw.concat(
                    delimits ? ZmqRaw.frame(1, new byte[0]) : new byte[0],
                    ZmqRaw.frame(1, name.getBytes(StandardCharsets.UTF_8)),
                    ZmqRaw.frame(0, message));
        }

        private byte[] frame() throws IOException {
            String hex = raw.readFrame();
            return HexFormat.of().parseHex(hex.equals(ZmqRaw.PING) ? raw.readFrame() : hex);
        }

        ObjectMessage hear() throws IOException {
            if (delimits) {
                assertThat(frame()).isEmpty();
            }
            assertThat(new String(frame(), StandardCharsets.UTF_8)).isEqualTo("$" + form.subprotocol());
            return form.decodeAnswer(Bytes.wrap(frame()));
        }

        /// What comes before it, beats and changes, is passed over.
        <T extends ObjectMessage> T hear(Class<T> kind, Predicate<T> wanted) throws IOException {
            while (true) {
                ObjectMessage heard = hear();
                if (kind.isInstance(heard) && wanted.test(kind.cast(heard))) {
                    return kind.cast(heard);
                }
            }
        }

        ObjectMessage.Failed failed(long id) throws IOException {
            return hear(ObjectMessage.Failed.class, failed -> failed.id() == id);
        }

        @Override
        public void close() throws IOException {
            raw.close();
        }
    }

    private static ObjectMessage.Get get(long id, ObjectRef ref) {
        return new ObjectMessage.Get(id, List.of(ref), List.of());
    }

    @ParameterizedTest
    @EnumSource
    void a_dealer_reads_commits_and_is_told(ObjectMessages form) throws Exception {
        try (Dealer one = Dealer.greeted(form);
                Dealer other = Dealer.greeted(form)) {
            other.say(get(1, ADA));
            ObjectMessage.Row seen =
                    other.hear(ObjectMessage.Ok.class, ok -> true).rows().getFirst();
            ObjectMessage.Update update = ObjectPeer.update(seen, Map.of("name", "Ada in " + form));
            one.say(new ObjectMessage.Commit(2, UUID.randomUUID(), List.of(update)));
            assertThat(one.hear(ObjectMessage.Ok.class, ok -> ok.id() == 2)
                            .rows()
                            .getFirst()
                            .version())
                    .isEqualTo(seen.version() + 1);
            ObjectMessage.Tagged told = new ObjectMessage.Tagged(seen.tag(), seen.version() + 1);
            other.hear(ObjectMessage.Changed.class, changed -> changed.tags().contains(told));
            other.say(new ObjectMessage.Commit(3, UUID.randomUUID(), List.of(update)));
            assertThat(other.hear(ObjectMessage.Conflict.class, conflict -> conflict.id() == 3)
                            .conflicts()
                            .getFirst()
                            .theirs())
                    .isEqualTo("Ada in " + form);
        }
    }

    @Test
    void what_is_wrong_is_refused_by_number_and_the_connection_goes_on() throws Exception {
        try (Dealer dealer = Dealer.open("DEALER", "admin", broker.token())) {
            dealer.say(get(7, ADA));
            assertThat(dealer.failed(7).detail()).contains("hello");
            dealer.say("$dbo.json", Bytes.utf8("{").toArray());
            assertThat(dealer.failed(0).problem()).isEqualTo(Problem.MESSAGE_INVALID);
            dealer.say(new ObjectMessage.Hello(2, null, null));
            assertThat(dealer.failed(0).detail()).contains("protocol 2");
            dealer.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null));
            dealer.hear(ObjectMessage.Welcome.class, welcome -> true);
            dealer.say("$dbo.json", Bytes.utf8("{\"t\":\"get\"").toArray());
            assertThat(dealer.failed(0).problem()).isEqualTo(Problem.MESSAGE_INVALID);
            dealer.say(get(8, ObjectRef.parse("Person/1~AAAAAAAAAAAAAAAAAAAAAA")));
            assertThat(dealer.failed(8).problem().number()).isEqualTo(7003);
            dealer.say("$dbo.cbor", ObjectMessages.CBOR.encode(get(9, ADA)).toArray());
            assertThat(dealer.failed(0).detail()).contains("$dbo.json");
            // That has ended the conversation, and not the connection, over which events go as ever.
            dealer.say("builds/objects", new byte[0]);
            assertThat(new String(dealer.frame(), StandardCharsets.UTF_8)).isEqualTo("ack");
            dealer.frame();
            dealer.say("$dbo.xml", new byte[0]);
            assertThat(new String(dealer.frame(), StandardCharsets.UTF_8)).isEqualTo("error");
            dealer.frame();
            dealer.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null));
            dealer.hear(ObjectMessage.Welcome.class, welcome -> true);
        }
    }

    @Test
    void a_message_that_is_too_large_is_refused_before_it_has_come() throws Exception {
        try (Dealer dealer = Dealer.greeted(ObjectMessages.CBOR)) {
            dealer.raw.send(ZmqRaw.frame(1, "$dbo.cbor".getBytes(StandardCharsets.UTF_8)));
            dealer.raw.send(ZmqRaw.header(2, ObjectMessages.REQUEST_MAX + 1));
            assertThat(dealer.failed(0).problem()).isEqualTo(Problem.PAYLOAD_TOO_LARGE);
            dealer.raw.awaitClosed();
        }
        try (Dealer half = Dealer.greeted(ObjectMessages.JSON)) {
            half.raw.send(ZmqRaw.frame(1, "$dbo.json".getBytes(StandardCharsets.UTF_8)));
        }
    }

    @Test
    void many_questions_at_once_are_all_answered_though_nobody_reads_meanwhile() throws Exception {
        int count = 3000;
        try (Dealer dealer = Dealer.greeted(ObjectMessages.JSON)) {
            byte[][] questions = new byte[count][];
            for (int i = 0; i < count; i++) {
                ObjectMessage.Find find = new ObjectMessage.Find(
                        i + 1, "Person", List.of(), List.of(), List.of("company", "tasks"), 100, null, true);
                questions[i] = dealer.frames(
                        "$dbo.json", ObjectMessages.JSON.encode(find).toArray());
            }
            Thread asking = Thread.ofVirtual().start(() -> dealer.raw.sendTo(ZmqRaw.concat(questions)));
            boolean[] answered = new boolean[count + 1];
            for (int i = 0; i < count; i++) {
                ObjectMessage.Ok ok = dealer.hear(ObjectMessage.Ok.class, any -> true);
                assertThat(answered[(int) ok.id()]).isFalse();
                answered[(int) ok.id()] = true;
            }
            asking.join();
        }
    }

    @Test
    void a_req_asks_and_is_answered_and_hears_of_nothing_else() throws Exception {
        try (Dealer req = Dealer.open("REQ", "admin", broker.token());
                Dealer dealer = Dealer.greeted(ObjectMessages.JSON)) {
            dealer.say(get(1, ADA));
            ObjectMessage.Row ada =
                    dealer.hear(ObjectMessage.Ok.class, ok -> true).rows().getFirst();
            for (int i = 1; i < 5; i++) {
                req.say(get(i, ADA));
                assertThat(((ObjectMessage.Ok) req.hear()).id()).isEqualTo(i);
                dealer.say(new ObjectMessage.Commit(
                        2, UUID.randomUUID(), List.of(new ObjectMessage.Update(ada.ref(), 0, Map.of()))));
                dealer.hear(ObjectMessage.Reply.class, reply -> reply.id() == 2);
            }
            req.say(new ObjectMessage.Call(9, null, "Root", "auth", List.of(broker.token())));
            assertThat(((ObjectMessage.Failed) req.hear()).id()).isEqualTo(9);
            req.say("$dbo.json", new byte[] {1});
            assertThat(((ObjectMessage.Failed) req.hear()).problem()).isEqualTo(Problem.MESSAGE_INVALID);
        }
    }

    private static Dealer anonymous() throws IOException {
        ZmqRaw raw = new ZmqRaw(broker);
        raw.send(ZmqRaw.greeting(3, "NULL"));
        raw.readBytes(64);
        raw.send(ZmqRaw.command("READY", ZmqRaw.socketType("DEALER")));
        raw.readFrame();
        return new Dealer(raw, false);
    }

    @Test
    void without_a_handshake_that_names_anybody_it_is_the_token_or_what_is_anybodys() throws Exception {
        try (Dealer anybody = anonymous();
                Dealer named = anonymous()) {
            anybody.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null));
            anybody.hear(ObjectMessage.Welcome.class, welcome -> true);
            anybody.say(get(1, ObjectRef.parse("Company/1")));
            assertThat(anybody.hear(ObjectMessage.Ok.class, ok -> ok.id() == 1).asked())
                    .isOne();
            anybody.say(get(2, ADA));
            assertThat(anybody.failed(2).problem()).isEqualTo(Problem.TYPE_UNKNOWN);
            named.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, "not a token", null));
            assertThat(named.failed(0).problem()).isEqualTo(Problem.NOT_AUTHENTICATED);
            named.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, broker.token(), null));
            named.hear(ObjectMessage.Welcome.class, welcome -> true);
            named.say(get(3, ADA));
            named.hear(ObjectMessage.Ok.class, ok -> ok.id() == 3);
        }
    }

    @Test
    void whose_user_is_gone_hears_why_and_is_cut_off() throws Exception {
        String token = broker.user("rob", "objects-read:demo/**");
        try (Dealer dealer = Dealer.open("DEALER", "rob", token)) {
            dealer.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null));
            dealer.hear(ObjectMessage.Welcome.class, welcome -> true);
            assertThat(broker.request("DELETE", "/access/users/rob", "").statusCode())
                    .isEqualTo(204);
            assertThat(dealer.failed(0).problem().status()).isIn(401, 403);
            dealer.raw.awaitClosed();
        }
    }

    private static List<String> connected(String user) throws Exception {
        String list =
                broker.request("GET", "/connections?door=zmq&find=" + user, "").body();
        return Pattern.compile("\"id\":\"([^\"]+)\",[^}]*?\"protocol\":\"([^\"]+)\"")
                .matcher(list)
                .results()
                .map(match -> match.group(1) + " " + match.group(2))
                .toList();
    }

    @Test
    void a_dealer_is_one_connection_whatever_is_said_over_it_and_an_administrator_ends_all_of_it() throws Exception {
        String token = broker.user("ida", "objects-read:demo/**");
        try (Dealer dealer = Dealer.open("DEALER", "ida", token)) {
            dealer.say(get(1, ADA));
            dealer.failed(1);
            assertThat(connected("ida")).singleElement().asString().endsWith(" ZMTP DEALER");
            dealer.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null));
            dealer.hear(ObjectMessage.Welcome.class, welcome -> true);
            assertThat(connected("ida")).singleElement().asString().endsWith(" dbo.json");
            String id = connected("ida").getFirst().split(" ", 2)[0];
            assertThat(broker.request("DELETE", "/connections/" + id, "").statusCode())
                    .isEqualTo(204);
            assertThat(dealer.failed(0).problem()).isEqualTo(Problem.CONNECTION_ENDED);
            dealer.raw.awaitClosed();
        }
        Peers.until("nobody is left", () -> connected("ida").isEmpty());
    }

    @Test
    void a_broker_that_stops_says_so(@TempDir Path other) throws Exception {
        TestBroker stopping = TestBroker.start(other, Map.of("objects.demo", "true"));
        Dealer dealer = new Dealer(ZmqRaw.plain(stopping, "DEALER", "admin", stopping.token()), false);
        try (dealer) {
            dealer.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null));
            dealer.hear(ObjectMessage.Welcome.class, welcome -> true);
            stopping.close();
            assertThat(dealer.failed(0).problem()).isEqualTo(Problem.SHUTTING_DOWN);
        } finally {
            stopping.close();
        }
    }

    @Test
    void what_is_nested_deeply_is_answered_and_the_socket_goes_on() throws Exception {
        String deep = "{\"a\":".repeat(90_000) + "1" + "}".repeat(90_000);
        byte[] login = ("{\"t\":\"call\",\"i\":5,\"type\":\"Root\",\"method\":\"auth\",\"args\":[" + deep + "]}")
                .getBytes(StandardCharsets.UTF_8);
        String name = "$" + ObjectMessages.JSON.subprotocol();
        try (Dealer dealer = Dealer.open("DEALER", "admin", broker.token());
                Dealer req = Dealer.open("REQ", "admin", broker.token())) {
            dealer.say(name, login);
            assertThat(dealer.failed(5).problem()).isEqualTo(Problem.MESSAGE_INVALID);
            dealer.say(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null));
            assertThat(dealer.hear()).isInstanceOf(ObjectMessage.Welcome.class);
            dealer.say(name, login);
            assertThat(dealer.failed(5).problem()).isEqualTo(Problem.VALUE_INVALID);
            req.say(name, login);
            assertThat(req.failed(5).problem()).isEqualTo(Problem.VALUE_INVALID);
        }
    }
}
