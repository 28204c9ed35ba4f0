import com.databroker.client.ConflictException;
import com.databroker.client.DatabrokerClient;
import com.databroker.client.Entity;
import com.databroker.client.Exposed;
import com.databroker.client.Many;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import java.math.BigDecimal;
import java.net.URI;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The objects of `serve --demo`, from Java: reading, following, finding, changing, conflicts, calling, watching.
/// Arguments: the broker's address, a token.
public final class Shop {
    @Exposed("Company")
    public interface Company extends Entity {
        String name();

        Many<Person> persons();
    }

    @Exposed("Person")
    public interface Person extends Entity {
        long id();

        String name();

        Person name(String value);

        BigDecimal salary();

        Person salary(BigDecimal value);

        Company company();

        Person boss();

        Many<Task> tasks();

        /// No field has this name: it runs on the broker.
        BigDecimal raise(int percent);

        default String badge() {
            return name() + " of " + company().name();
        }
    }

    @Exposed("Task")
    public interface Task extends Entity {
        String title();

        Task title(String value);

        Person owner();

        Task owner(Person value);

        boolean done();

        Task done(boolean value);
    }

    /// A state of a person that has nothing to do with the broker any more.
    public record Card(String name, BigDecimal salary, Employer company) {
        public record Employer(String name) {}
    }

    public static void main(String[] arguments) throws InterruptedException {
        try (DatabrokerClient broker = DatabrokerClient.builder(URI.create(arguments[0]))
                .token(arguments[1])
                .build()) {
            ObjectSpace space = broker.objects();
            read(space);
            change(space);
            conflict(space);
            call(space);
            watch(space);
        }
    }

    private static void read(ObjectSpace space) {
        Person charles = space.get(Person.class, 2);
        say("read", charles.badge() + ", whose boss is " + charles.boss().name());
        long misses = space.stats().misses();
        say("again", space.get(Person.class, 2) == charles ? "the same object" : "another object");
        say("requests", space.stats().misses() - misses);
        List<Person> found = space.find(Person.class)
                .eq("company", charles.company())
                .lt("salary", 1150)
                .order("-salary")
                .with("tasks")
                .list();
        found.forEach(person -> say("found", person.name() + " with " + person.tasks().count() + " tasks"));
    }

    private static void change(ObjectSpace space) {
        Person ada = space.get(Person.class, 1);
        try (ObjectSession session = space.session()) {
            session.create(Task.class).title("write the second program").owner(ada).done(false);
            session.edit(ada).name("Ada Lovelace");
            session.commit();
        }
        say("in hand", ada.name());
        say("now", space.refresh(ada).name());
        say("tasks", ada.tasks().stream().map(Task::title).toList());
        say("record", space.snapshot(space.refresh(ada), Card.class));
    }

    private static void conflict(ObjectSpace space) {
        Person joseph = space.get(Person.class, 3);
        ObjectSession mine = space.session();
        mine.edit(joseph).name("Joseph Marie").salary(new BigDecimal("960"));
        try (ObjectSession theirs = space.session()) {
            theirs.edit(joseph).name("J. M. Jacquard");
            theirs.commit();
        }
        try (mine) {
            mine.commit();
        } catch (ConflictException conflict) {
            conflict.conflicts()
                    .forEach(one -> say(
                            "conflict", one.key() + "." + one.field() + ": " + one.mine() + " or " + one.theirs()));
            conflict.rebase().keepTheirs("name").commit();
        }
        Person now = space.get(Person.class, 3);
        say("merged", now.name() + " earns " + now.salary());
    }

    private static void call(ObjectSpace space) {
        Person mary = space.get(Person.class, 4);
        say("raised", mary.raise(10));
        say("earns", space.refresh(mary).salary());
        say("open", ((List<?>) space.call("Task", "open")).size() + " tasks");
    }

    private static void watch(ObjectSpace space) throws InterruptedException {
        Person mary = space.get(Person.class, 4);
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (ObjectSpace.Watch watch =
                space.watch(mary, change -> heard.add(change.key() + " " + change.fields().contains("name")))) {
            try (ObjectSession session = space.session()) {
                session.edit(mary).name("Mary Somerville");
                session.commit();
            }
            say("watched", heard.poll(10, TimeUnit.SECONDS));
        }
    }

    private static void say(String what, Object value) {
        System.out.println(what + ": " + value);
    }
}
