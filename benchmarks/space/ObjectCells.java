import com.databroker.client.DatabrokerClient;
import com.databroker.client.Entity;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import com.databroker.objects.ObjectPlane;
import com.databroker.objects.ObjectsConfig;
import com.databroker.objects.StoreConfig;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.lettuce.core.RedisClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/// The cells of `benchmarks/objects`, each from a client's side. Arguments: the cell, then `name=value` each. For every
/// contestant of every round it prints one line of JSON.
public final class ObjectCells {
    /// 200 bytes as they come over the wire, give or take a few.
    static final String TEXT = "x".repeat(110);

    private static final int BATCHES = 20;
    private static final int BATCH = 2_000_000;
    private static final MethodDescriptor<byte[], byte[]> UNARY =
            MethodDescriptor.newBuilder(new AsTheyAre(), new AsTheyAre())
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("Objects/Get")
                    .build();

    public interface Dept extends Entity {
        String name();
    }

    public interface Person extends Entity {
        String name();

        Person name(String value);

        BigDecimal salary();

        String text();

        Dept dept();
    }

    interface Contestant {
        /// @param number which call it is
        void call(long number) throws Exception;
    }

    final Map<String, String> options;

    private ObjectCells(Map<String, String> options) {
        this.options = options;
    }

    public static void main(String[] arguments) throws Exception {
        ObjectCells cells = new ObjectCells(Arrays.stream(arguments)
                .skip(1)
                .collect(Collectors.toMap(each -> each.split("=", 2)[0], each -> each.split("=", 2)[1])));
        switch (arguments[0]) {
            case "fill" -> cells.fill();
            case "tables" -> cells.tables();
            case "grpc" -> cells.serve();
            case "get" -> cells.get();
            case "rabbit" -> new RabbitCells(cells).run();
            case "bare" -> RabbitCells.serve(cells.text("rabbit"));
            case "cached" -> cells.cached();
            case "page" -> new PageCells(cells).run();
            case "rows" -> PageCells.serve(cells.text("jdbc"), cells.number("port"));
            case "metadata" -> cells.metadata();
            case "stale" -> new ObjectStaleness(cells).run();
            case "commit" -> new ObjectCommits(cells).run();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        // Libraries of peers leave threads behind.
        System.exit(0);
    }

    String text(String name) {
        String value = options.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + "=… is missing");
        }
        return value;
    }

    int number(String name) {
        return Integer.parseInt(text(name));
    }

    static void say(Map<String, ?> line) {
        System.out.println(line.entrySet().stream()
                .map(each -> "\"" + each.getKey() + "\": "
                        + (each.getValue() instanceof Number ? each.getValue() : "\"" + each.getValue() + "\""))
                .collect(Collectors.joining(", ", "{", "}")));
    }

    static Map<String, Object> line(int round, String contestant) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("round", round);
        line.put("contestant", contestant);
        return line;
    }

    /// @param part of all, 0.99 for the hundredth from above
    static double quantile(long[] sorted, double part) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, sorted.length * part)];
    }

    static double micros(double nanos) {
        return Math.round(nanos / 10) / 100.0;
    }

    /// @param broker the name of the options of its address and token
    DatabrokerClient client(String broker) {
        return DatabrokerClient.builder(URI.create(text(broker)))
                .token(text(broker + ".token"))
                .timeout(Duration.ofSeconds(60))
                .build();
    }

    private void fill() throws SQLException {
        try (Connection connection = DriverManager.getConnection(text("jdbc"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE dept (id bigint PRIMARY KEY, name varchar(80) NOT NULL,"
                    + " version bigint NOT NULL DEFAULT 1)");
            statement.execute("CREATE TABLE person (id bigint PRIMARY KEY, name varchar(80) NOT NULL,"
                    + " salary numeric(12,2), text varchar(200), dept_id bigint REFERENCES dept (id),"
                    + " version bigint NOT NULL DEFAULT 1)");
            boolean h2 = text("jdbc").startsWith("jdbc:h2");
            if (!h2) {
                ObjectCommits.tables(statement);
            }
            String numbers = (h2 ? "system_range" : "generate_series") + "(1, %d) AS s(i)";
            statement.execute(
                    "INSERT INTO dept (id, name) SELECT i, concat('dept ', i) FROM " + numbers.formatted(1000));
            statement.execute("INSERT INTO person (id, name, salary, text, dept_id) SELECT i, concat('person ', i), i,"
                    + " '" + TEXT + "', 1 + mod(i, 1000) FROM " + numbers.formatted(number("rows")));
            statement.execute(h2 ? "ANALYZE" : "VACUUM ANALYZE");
        }
    }

    private void tables() throws SQLException {
        try (Connection connection = DriverManager.getConnection(text("jdbc"));
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < number("tables"); i++) {
                statement.execute("CREATE TABLE table_" + i + " (id bigint PRIMARY KEY, name varchar(80) NOT NULL,"
                        + " salary numeric(12,2), born date, note text, active boolean,"
                        + " version bigint NOT NULL DEFAULT 1"
                        + (i == 0 ? "" : ", other_id bigint REFERENCES table_" + i / 2 + " (id)") + ")");
            }
        }
    }

    /// Bytes that nobody looks into.
    private static final class AsTheyAre implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    private void serve() throws Exception {
        byte[] object = new byte[200];
        Server server = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), number("port")))
                .addService(ServerServiceDefinition.builder("Objects")
                        .addMethod(UNARY, ServerCalls.asyncUnaryCall((request, answer) -> {
                            answer.onNext(object);
                            answer.onCompleted();
                        }))
                        .build())
                .build()
                .start();
        System.out.println("ready");
        server.awaitTermination();
    }

    private void get() throws Exception {
        int rows = number("rows");
        Map<String, Contestant> contestants = new LinkedHashMap<>();
        for (String broker : List.of("h2", "postgres")) {
            ObjectSpace space = client(broker).objects();
            // Its cache holds fewer than there are, so that none of them is found in it.
            contestants.put("databroker-" + broker, number -> space.get(Person.class, 1 + number % rows));
        }
        var redis = RedisClient.create("redis://127.0.0.1:" + text("redis")).connect().sync();
        redis.set("person", "x".repeat(200));
        contestants.put("redis", number -> redis.get("person"));
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", number("grpc"))
                .usePlaintext()
                .build();
        contestants.put(
                "grpc",
                number -> ClientCalls.blockingUnaryCall(
                        channel, UNARY, CallOptions.DEFAULT, ByteBuffer.allocate(8).putLong(number).array()));
        Connection connection = DriverManager.getConnection(text("jdbc"));
        PreparedStatement select = connection.prepareStatement(
                "SELECT id, version, name, salary, text, dept_id FROM person WHERE id = ?");
        contestants.put("jdbc-postgres", number -> {
            select.setLong(1, 1 + number % rows);
            try (ResultSet result = select.executeQuery()) {
                result.next();
                result.getString(3);
            }
        });
        calls(contestants);
    }

    /// One call after the other.
    void calls(Map<String, Contestant> contestants) throws Exception {
        Map<String, Long> numbers = new LinkedHashMap<>();
        measured(contestants, (round, name, contestant) -> {
            long[] nanos = new long[number("calls")];
            long first = numbers.getOrDefault(name, 0L);
            long began = System.nanoTime();
            for (int i = 0; i < nanos.length; i++) {
                long before = System.nanoTime();
                contestant.call(first + i);
                nanos[i] = System.nanoTime() - before;
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            numbers.put(name, first + nanos.length);
            Arrays.sort(nanos);
            Map<String, Object> line = line(round, name);
            line.put("p50_us", micros(quantile(nanos, 0.5)));
            line.put("p99_us", micros(quantile(nanos, 0.99)));
            line.put("calls_per_s", Math.round(nanos.length / seconds));
            return line;
        });
    }

    interface Measuring {
        Map<String, Object> measure(int round, String name, Contestant contestant) throws Exception;
    }

    /// Every contestant once in every round; whoever was first is last in the next. Rounds below 0 warm up.
    void measured(Map<String, Contestant> contestants, Measuring measuring) throws Exception {
        List<Map.Entry<String, Contestant>> all = new ArrayList<>(contestants.entrySet());
        for (int round = -number("warm"); round < number("rounds"); round++) {
            for (int i = 0; i < all.size(); i++) {
                Map.Entry<String, Contestant> one = all.get(Math.floorMod(i + round, all.size()));
                Map<String, Object> line = measuring.measure(round, one.getKey(), one.getValue());
                if (round >= 0) {
                    say(line);
                }
            }
        }
    }

    private void cached() throws Exception {
        ObjectSpace space = client("postgres").objects();
        List<Person> all = space.find(Person.class).limit(1024).with("dept").list();
        Person[] persons = all.toArray(new Person[0]);
        Map<String, Contestant> contestants = new LinkedHashMap<>();
        long[] seen = new long[1];
        contestants.put("field", number -> seen[0] += persons[(int) number & 1023].name().length());
        contestants.put("reference", number -> seen[0] += persons[(int) number & 1023].dept() == null ? 1 : 0);
        contestants.put(
                "reference-and-field",
                number -> seen[0] += persons[(int) number & 1023].dept().name().length());
        contestants.put(
                "get-by-key", number -> seen[0] += space.get(Person.class, 1 + (number & 1023)) == null ? 1 : 0);
        measured(contestants, (round, name, contestant) -> {
            long[] nanos = new long[BATCHES];
            for (int batch = 0; batch < BATCHES; batch++) {
                long before = System.nanoTime();
                for (int i = 0; i < BATCH / BATCHES; i++) {
                    contestant.call(i);
                }
                nanos[batch] = System.nanoTime() - before;
            }
            Arrays.sort(nanos);
            Map<String, Object> line = line(round, name);
            line.put("ns", micros(quantile(nanos, 0.5) * BATCHES / BATCH * 1000));
            line.put("least_ns", micros((double) nanos[0] * BATCHES / BATCH * 1000));
            line.put("seen", seen[0]);
            return line;
        });
    }

    private void metadata() throws Exception {
        ObjectsConfig config = ObjectsConfig.defaults()
                .with(Map.of("shop", StoreConfig.defaults().at(text("jdbc"), null, null)));
        Callable<ObjectPlane> open = () -> ObjectPlane.open(
                config, Path.of(text("folder")), InstantSource.system(), new SplittableRandom(1));
        measured(Map.of("databroker-postgres", number -> {}), (round, name, contestant) -> {
            long before = System.nanoTime();
            try (ObjectPlane plane = open.call()) {
                Map<String, Object> line = line(round, name);
                line.put("ms", micros((System.nanoTime() - before) / 1000.0));
                line.put("types", plane.status().stores().getFirst().types());
                return line;
            }
        });
    }
}
