import com.databroker.client.DatabrokerClient;
import com.databroker.client.ObjectSpace;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectQueues;
import com.databroker.core.ObjectRef;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/// A get over RabbitMQ beside what a call over RabbitMQ costs at least: a queue of requests, a queue of answers,
/// messages of the same sizes, and at the other end nothing but the answer.
final class RabbitCells {
    private static final String BARE = "bare";

    private final ObjectCells cells;

    RabbitCells(ObjectCells cells) {
        this.cells = cells;
    }

    /// Answers with as many bytes as the request asks for.
    static void serve(String uri) throws Exception {
        Channel channel = connect(uri).createChannel();
        channel.queueDeclare(BARE, false, false, true, null);
        channel.basicConsume(
                BARE,
                true,
                (tag, delivery) -> channel.basicPublish(
                        "",
                        delivery.getProperties().getReplyTo(),
                        new AMQP.BasicProperties.Builder()
                                .correlationId(delivery.getProperties().getCorrelationId())
                                .build(),
                        new byte[ByteBuffer.wrap(delivery.getBody()).getInt()]),
                tag -> {});
        System.out.println("ready");
        Thread.currentThread().join();
    }

    private static Connection connect(String uri) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(uri);
        return factory.newConnection();
    }

    /// Calls over one reused queue of answers.
    private static final class Caller {
        private final Channel channel;
        private final String queue;
        private final BlockingQueue<byte[]> answers = new ArrayBlockingQueue<>(8);

        Caller(String uri) throws Exception {
            channel = connect(uri).createChannel();
            queue = channel.queueDeclare("", false, true, true, null).getQueue();
            channel.basicConsume(queue, true, (tag, delivery) -> answers.add(delivery.getBody()), tag -> {});
        }

        byte[] call(String exchange, String key, AMQP.BasicProperties.Builder properties, byte[] body)
                throws Exception {
            channel.basicPublish(
                    exchange, key, properties.replyTo(queue).correlationId("1").build(), body);
            byte[] answer = answers.poll(30, TimeUnit.SECONDS);
            if (answer == null) {
                throw new IllegalStateException("no answer from " + key);
            }
            return answer;
        }
    }

    void run() throws Exception {
        String uri = cells.text("rabbit");
        int rows = cells.number("rows");
        ObjectSpace space = DatabrokerClient.builder(URI.create(cells.text("h2")))
                .token(cells.text("h2.token"))
                .timeout(Duration.ofSeconds(60))
                .objectsOver(URI.create(uri))
                .build()
                .objects();
        space.get(ObjectCells.Person.class, 1);
        Caller caller = new Caller(uri);
        ObjectQueues queues = new ObjectQueues(ObjectQueues.NAME);
        byte[] request = ObjectMessages.CBOR
                .encode(new ObjectMessage.Get(1, List.of(ObjectRef.of(ObjectKey.of("Person", rows))), List.of()))
                .toArray();
        int bytes = caller.call(
                        queues.requests(),
                        ObjectQueues.ANY,
                        new AMQP.BasicProperties.Builder()
                                .contentType(ObjectQueues.contentType(ObjectMessages.CBOR))
                                .headers(Map.of(ObjectQueues.TOKEN, cells.text("h2.token"))),
                        request)
                .length;
        byte[] bare = ByteBuffer.allocate(Math.max(4, request.length)).putInt(0, bytes).array();
        Map<String, ObjectCells.Contestant> contestants = new LinkedHashMap<>();
        // Its cache holds fewer than there are, so that none of them is found in it.
        contestants.put("databroker-h2", number -> space.get(ObjectCells.Person.class, 1 + number % rows));
        contestants.put(
                "rabbitmq", number -> caller.call("", BARE, new AMQP.BasicProperties.Builder(), bare));
        cells.calls(contestants);
    }
}
