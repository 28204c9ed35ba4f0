package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Departments, persons and tasks on a [MapServer], and who looks at them.
final class Shop implements AutoCloseable {
    @Exposed("Person")
    interface Person extends Entity {
        String name();

        Person name(String value);

        BigDecimal salary();

        Person salary(BigDecimal value);

        int age();

        void age(int value);

        Dept dept();

        Person dept(@Nullable Dept value);

        Many<Task> tasks();

        int square(int number);

        String badge(String colour);

        Person mentor();

        Person best();

        List<Person> team();

        default String greeting() {
            return "Hello " + name();
        }
    }

    interface Dept extends Entity {
        String name();

        Dept name(String value);

        Person boss();

        Many<Person> persons();
    }

    interface Task extends Entity {
        String title();

        Task title(String value);

        Person owner();

        Task owner(Person value);
    }

    private static final ObjectTypes TYPES = new ObjectTypes(
            "hash",
            List.of(
                    type(
                            "Dept",
                            List.of(field("name", Kind.TEXT, null), field("boss", Kind.REFERENCE, "Person")),
                            List.of(new ObjectTypes.Collection("persons", "Person", "dept")),
                            List.of()),
                    type(
                            "Person",
                            List.of(
                                    field("name", Kind.TEXT, null),
                                    field("salary", Kind.DECIMAL, null),
                                    field("age", Kind.INTEGER, null),
                                    field("dept", Kind.REFERENCE, "Dept")),
                            List.of(new ObjectTypes.Collection("tasks", "Task", "owner")),
                            List.of(
                                    new ObjectTypes.Method("square", false, List.of("number"), false),
                                    new ObjectTypes.Method("badge", false, List.of("colour"), true),
                                    new ObjectTypes.Method("echo", false, List.of("graph"), false),
                                    new ObjectTypes.Method("mentor", false, List.of(), false),
                                    new ObjectTypes.Method("best", false, List.of(), false),
                                    new ObjectTypes.Method("team", false, List.of(), false),
                                    new ObjectTypes.Method("named", true, List.of("name"), false))),
                    type(
                            "Task",
                            List.of(field("title", Kind.TEXT, null), field("owner", Kind.REFERENCE, "Person")),
                            List.of(),
                            List.of())));

    final MapServer server = new MapServer(TYPES);
    private final List<ObjectSpace> spaces = new ArrayList<>();

    private static ObjectTypes.Field field(String name, Kind kind, @Nullable String target) {
        return new ObjectTypes.Field(name, kind, target, false, false, true, 0);
    }

    private static ObjectTypes.Type type(
            String name,
            List<ObjectTypes.Field> fields,
            List<ObjectTypes.Collection> collections,
            List<ObjectTypes.Method> methods) {
        return new ObjectTypes.Type(name, "shop", List.of("id"), "rwc", true, false, fields, collections, methods);
    }

    static ObjectRef ref(String key) {
        return ObjectRef.of(ObjectKey.parse(key));
    }

    void fill() {
        server.put("Dept/10", "name", "Engines", "boss", ref("Person/1"));
        server.put("Person/1", "name", "Ada", "salary", new BigDecimal("1000"), "age", 36L, "dept", ref("Dept/10"));
        server.put("Person/2", "name", "Bob", "salary", new BigDecimal("900"), "age", 20L, "dept", ref("Dept/10"));
        server.methods.put("Person.square", (on, args) -> (Long) args.get(0) * (Long) args.get(0));
        server.methods.put("Person.echo", (on, args) -> args.get(0));
        server.methods.put("Person.mentor", (on, args) -> ref("Person/2"));
        server.methods.put("Person.best", (on, args) -> List.of(ObjectKey.parse("Person/1")));
        server.methods.put("Person.team", (on, args) -> List.of(ref("Person/1"), ref("Person/2")));
        server.methods.put("Person.named", (on, args) -> List.of(ObjectKey.parse("Person/2")));
        server.methods.put("Person.badge", (on, args) -> {
            Object name = server.store.now(Objects.requireNonNull(on)).fields().get("name");
            return name + "/" + args.get(0);
        });
    }

    /// How far the clocks of clients are ahead.
    volatile Duration ahead = Duration.ZERO;

    /// What they show for ever, null where they go.
    volatile @Nullable Instant stopped;

    private Instant now() {
        Instant still = stopped;
        return still != null ? still : InstantSource.system().instant().plus(ahead);
    }

    ObjectSpace space(String principal) {
        Settings settings = new Settings(
                URI.create("http://127.0.0.1:1"),
                null,
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                1,
                1 << 20,
                new SplittableRandom(spaces.size()),
                this::now);
        ObjectSpace space = new ObjectSpace(settings, server.opener(principal), new Timer());
        spaces.add(space);
        return space;
    }

    /// Waits for what is to come about, looking at it now and then.
    void until(BooleanSupplier condition) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        for (int i = 0; i < 1000 && !condition.getAsBoolean(); i++) {
            if (never.await(10, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("it never opens");
            }
        }
        if (!condition.getAsBoolean()) {
            throw new AssertionError("it did not come about within 10 s");
        }
    }

    @Override
    public void close() {
        spaces.forEach(ObjectSpace::close);
        server.close();
    }
}
