package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.client.ConflictException;
import com.databroker.client.DatabrokerClient;
import com.databroker.client.Entity;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.systemtests.ObjectsShop.Card;
import com.databroker.systemtests.ObjectsShop.Dept;
import com.databroker.systemtests.ObjectsShop.Person;
import com.databroker.systemtests.ObjectsShop.Task;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Objects as a Java program meets them: the client, the broker and the database are all real.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
abstract class ObjectsClientContract {
    private static final BigDecimal TEN = BigDecimal.TEN;
    private static final int MANY = 200;

    private final List<DatabrokerClient> clients = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private Path folder;

    /// The address of a database with the tables of the shop.
    abstract String database(Path place) throws Exception;

    private String jdbc = "";
    private int port;

    @BeforeAll
    void start(@TempDir Path place) throws Exception {
        folder = place;
        jdbc = database(place);
        broker = broker("one", 0);
        port = broker.httpPort();
    }

    final TestBroker broker(String name, int at) throws Exception {
        Map<String, String> settings = new HashMap<>(
                Map.of("http.port", Integer.toString(at), "objects.beat", "500ms", "objects.stores.shop.jdbc", jdbc));
        settings.putAll(settings());
        TestBroker started = TestBroker.start(folder.resolve(name), settings);
        await(started);
        return started;
    }

    /// Waits until programs can come in.
    void await(TestBroker started) throws Exception {
        assertThat(started.httpPort()).isPositive();
    }

    /// What brokers are set to beside that.
    Map<String, String> settings() {
        return Map.of();
    }

    /// How a program comes to the objects of a broker.
    DatabrokerClient.Builder client(TestBroker at) {
        return DatabrokerClient.builder(at.http(""));
    }

    @AfterAll
    void stop() {
        broker.close();
        ended();
    }

    /// Nobody needs the database any more.
    void ended() {}

    @AfterEach
    void leave() {
        clients.forEach(DatabrokerClient::close);
        clients.clear();
    }

    final ObjectSpace space(TestBroker at, String token, Duration timeout) {
        DatabrokerClient client = client(at).token(token).timeout(timeout).build();
        clients.add(client);
        return client.objects();
    }

    final ObjectSpace space() {
        return space(broker, broker.token(), Duration.ofSeconds(20));
    }

    static <T> T some(@Nullable T value) {
        return Objects.requireNonNull(value);
    }

    private static Problem problem(Runnable task) {
        try {
            task.run();
        } catch (ProblemException refused) {
            return refused.problem();
        }
        throw new AssertionError("it was done");
    }

    /// A department with persons of these names, and where the store stands then.
    record Made(Dept dept, List<Person> persons, ObjectPosition at) {
        long person(int index) {
            return persons.get(index).id();
        }
    }

    static Made make(ObjectSpace space, String dept, String... names) {
        try (ObjectSession session = space.session()) {
            Dept made = session.create(Dept.class).name(dept);
            List<Person> persons = new ArrayList<>();
            for (String name : names) {
                persons.add(session.create(Person.class)
                        .name(name)
                        .salary(new BigDecimal("1000.50"))
                        .born(LocalDate.of(1815, 12, 10))
                        .dept(made));
            }
            ObjectPosition at = session.commit();
            return new Made(
                    space.refresh(made), persons.stream().map(space::refresh).toList(), at);
        }
    }

    static ObjectPosition change(ObjectSpace space, Person person, String name) {
        try (ObjectSession session = space.session()) {
            session.edit(space.refresh(person)).name(name);
            return session.commit();
        }
    }

    /// Requests that reading took.
    private static long missesOf(ObjectSpace space, Runnable task) {
        long before = space.stats().misses();
        task.run();
        return space.stats().misses() - before;
    }

    @Test
    void interfaces_show_a_database_and_what_was_read_once_takes_no_request() {
        Made made = make(space(), "Engines", "Ada", "Grace");
        ObjectSpace space = space();
        Person ada = space.get(Person.class, made.person(0));
        assertThat(ada.name()).isEqualTo("Ada");
        assertThat(ada.salary()).isEqualTo(new BigDecimal("1000.50"));
        assertThat(ada.born()).isEqualTo("1815-12-10");
        assertThat(ada.greeting()).isEqualTo("Hello Ada");
        Dept engines = some(ada.dept());
        assertThat(engines.boss()).isNull();
        assertThat(engines.persons()).extracting(Person::name).containsExactly("Ada", "Grace");
        assertThat(engines.persons().count()).isEqualTo(2);
        assertThat(missesOf(space, () -> {
                    Person grace = engines.persons().get(1);
                    assertThat(some(grace.dept())).isSameAs(engines);
                    assertThat(space.get(Person.class, made.person(0))).isSameAs(ada);
                    assertThat(engines.persons().list()).containsExactly(ada, grace);
                    assertThat(engines.persons().count()).isEqualTo(2);
                }))
                .isZero();
        Entity plain = space.get("Person", made.person(0));
        assertThat(some((Entity) plain.get("dept")).get("name")).isEqualTo("Engines");
        assertThat(space.snapshot(ada, Card.class))
                .isEqualTo(new Card("Ada", new BigDecimal("1000.50"), new Card.Team("Engines")));
        assertThat(problem(() -> space.get(Person.class, 999_999))).isEqualTo(Problem.OBJECT_NOT_FOUND);
        assertThatThrownBy(() -> plain.get("nme")).hasMessageContaining("did you mean name?");
    }

    @Test
    void what_comes_along_is_one_trip() {
        Made made = make(space(), "Sails", "Ann", "Bob", "Cid");
        ObjectSpace space = space();
        List<Person> found = space.find(Person.class)
                .eq("dept", made.dept())
                .order("-name")
                .with("dept", "tasks")
                .list();
        assertThat(missesOf(
                        space,
                        () -> found.forEach(person -> {
                            assertThat(some(person.dept()).name()).isEqualTo("Sails");
                            assertThat(person.tasks().list()).isEmpty();
                        })))
                .isZero();
        assertThat(found).extracting(Person::name).containsExactly("Cid", "Bob", "Ann");
        assertThat(space.find(Person.class)
                        .eq("dept", made.dept())
                        .gt("name", "Ann")
                        .le("salary", new BigDecimal("1000.5"))
                        .count())
                .isEqualTo(2);
    }

    @Test
    void a_change_drops_the_results_it_touches_and_no_other() {
        ObjectSpace other = space();
        Made left = make(other, "Left", "Lea", "Leo");
        Made right = make(other, "Right", "Rob");
        ObjectSpace space = space();
        try (ObjectSession nothing = other.session()) {
            // Heard of before anything is read: late news drop what was read with them, too.
            space.await(nothing.commit());
        }
        Dept leftDept = space.get(Dept.class, left.dept().id());
        Dept rightDept = space.get(Dept.class, right.dept().id());
        assertThat(leftDept.persons().list()).hasSize(2);
        assertThat(rightDept.persons().list()).hasSize(1);
        assertThat(space.find(Person.class).eq("name", "Leo").count()).isEqualTo(1);
        Person rob = rightDept.persons().get(0);
        try (ObjectSession session = other.session()) {
            session.create(Person.class).name("Liz").salary(TEN).dept(left.dept());
            space.await(session.commit());
        }
        assertThat(missesOf(space, () -> {
                    assertThat(rightDept.persons().list()).containsExactly(rob);
                    assertThat(space.find(Person.class).eq("name", "Leo").count())
                            .isEqualTo(1);
                }))
                .isZero();
        assertThat(leftDept.persons()).extracting(Person::name).containsExactly("Lea", "Leo", "Liz");
        try (ObjectSession session = other.session()) {
            session.edit(left.persons().get(1)).dept(right.dept());
            space.await(session.commit());
        }
        assertThat(leftDept.persons()).extracting(Person::name).containsExactly("Lea", "Liz");
        assertThat(rightDept.persons()).extracting(Person::name).containsExactlyInAnyOrder("Rob", "Leo");
    }

    @Test
    void a_program_sees_its_own_commits_at_once() {
        ObjectSpace space = space();
        Made made = make(space, "Own", "Uma");
        for (int i = 0; i < 20; i++) {
            int round = i;
            assertThat(made.dept().persons().list()).hasSize(1 + round);
            Person found = some(space.find(Person.class)
                    .eq("name", "Uma" + (round == 0 ? "" : round))
                    .first());
            assertThat(found.id()).isEqualTo(made.person(0));
            try (ObjectSession session = space.session()) {
                session.create(Person.class).name("new").salary(TEN).dept(made.dept());
                session.edit(found).name("Uma" + (round + 1));
                session.commit();
            }
            assertThat(space.get(Person.class, made.person(0)).name()).isEqualTo("Uma" + (round + 1));
            assertThat(space.find(Person.class)
                            .eq("name", "Uma" + (round == 0 ? "" : round))
                            .first())
                    .isNull();
        }
    }

    @Test
    void a_session_is_done_as_a_whole_or_not_at_all() {
        ObjectSpace space = space();
        Made made = make(space, "Whole", "Ada", "Bob");
        ObjectPosition at;
        try (ObjectSession session = space.session()) {
            Person ada = session.edit(made.persons().get(0));
            ada.salary(ada.salary().add(TEN));
            assertThat(made.persons().get(0).salary()).isEqualTo(new BigDecimal("1000.50"));
            session.create(Task.class).title("sell").owner(ada);
            session.edit(made.dept()).boss(ada);
            session.delete(made.persons().get(1));
            at = session.commit();
        }
        ObjectSpace other = space();
        other.await(at);
        Person ada = other.get(Person.class, made.person(0));
        assertThat(ada.salary()).isEqualTo(new BigDecimal("1010.50"));
        assertThat(ada.tasks()).extracting(Task::title).containsExactly("sell");
        assertThat(some(ada.dept()).boss()).isSameAs(ada);
        assertThat(problem(() -> other.get(Person.class, made.person(1)))).isEqualTo(Problem.OBJECT_NOT_FOUND);
        try (ObjectSession session = space.session()) {
            session.edit(space.refresh(made.persons().get(0))).name("nobody");
            session.create(Task.class).title("no owner").set("title", null);
            assertThatThrownBy(session::commit).isInstanceOf(ProblemException.class);
            session.rollback();
        }
        assertThat(space.get(Person.class, made.person(0)).name()).isEqualTo("Ada");
    }

    @Test
    void a_conflict_names_every_field_of_every_object_and_a_rebase_merges() {
        ObjectSpace space = space();
        ObjectSpace other = space();
        Made made = make(space, "Conflict", "Ada", "Bob");
        other.await(made.at());
        ObjectSession session = space.session();
        session.edit(made.persons().get(0)).name("mine").salary(TEN);
        session.edit(made.persons().get(1)).name("mine, too");
        try (ObjectSession theirs = other.session()) {
            theirs.get(Person.class, made.person(0)).name("theirs").born(LocalDate.of(2000, 1, 1));
            theirs.get(Person.class, made.person(1)).name("theirs, too");
            theirs.commit();
        }
        try (session) {
            session.commit();
            throw new AssertionError("nobody was asked");
        } catch (ConflictException conflict) {
            assertThat(conflict.conflicts())
                    .filteredOn(one -> one.field().equals("name"))
                    .extracting(
                            ObjectMessage.FieldConflict::base,
                            ObjectMessage.FieldConflict::mine,
                            ObjectMessage.FieldConflict::theirs)
                    .containsExactlyInAnyOrder(
                            org.assertj.core.groups.Tuple.tuple("Ada", "mine", "theirs"),
                            org.assertj.core.groups.Tuple.tuple("Bob", "mine, too", "theirs, too"));
            assertThat(space.refresh(made.persons().get(1)).name()).isNotEqualTo("mine, too");
            assertThatThrownBy(() -> conflict.rebase().commit()).isInstanceOf(ConflictException.class);
            conflict.rebase().keepMine("name").commit();
        }
        Person ada = space.get(Person.class, made.person(0));
        assertThat(ada.name()).isEqualTo("mine");
        assertThat(ada.salary()).isEqualByComparingTo(TEN);
        assertThat(ada.born()).isEqualTo("2000-01-01");
    }

    @Test
    void a_watch_tells_what_others_do() throws Exception {
        ObjectSpace space = space();
        ObjectSpace other = space();
        Made made = make(other, "Watch", "Ada");
        Person ada = space.get(Person.class, made.person(0));
        BlockingQueue<ObjectSpace.Change> changes = new ArrayBlockingQueue<>(10);
        try (ObjectSpace.Watch watch = space.watch(ada, changes::add)) {
            change(other, made.persons().get(0), "Ada Lovelace");
            ObjectSpace.Change change = some(changes.poll(20, TimeUnit.SECONDS));
            assertThat(change.fields()).contains("name").doesNotContain("salary", "dept");
            assertThat(some((Person) change.entity()).name()).isEqualTo("Ada Lovelace");
            assertThat(ada.name()).isEqualTo("Ada");
            assertThat(ada.obsolete()).isTrue();
            try (ObjectSession session = other.session()) {
                session.delete(other.refresh(made.persons().get(0)));
                session.commit();
            }
            assertThat(some(changes.poll(20, TimeUnit.SECONDS)).entity()).isNull();
            assertThat(watch).isNotNull();
        }
    }

    @Test
    void many_threads_share_a_space_and_lose_no_change() throws Exception {
        ObjectSpace space = space();
        Made made = make(space, "Threads", "Ada");
        ObjectSpace reader = space();
        Set<Person> seen = ConcurrentHashMap.newKeySet();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                all.add(threads.submit(() -> seen.add(reader.get(Person.class, made.person(0)))));
                if (i % 10 == 0) {
                    all.add(threads.submit(() -> raise(space, made.person(0))));
                }
            }
            for (Future<?> one : all) {
                one.get(40, TimeUnit.SECONDS);
            }
        }
        assertThat(space.get(Person.class, made.person(0)).salary())
                .isEqualByComparingTo(new BigDecimal("1000.50").add(TEN.multiply(new BigDecimal(MANY / 10))));
        assertThat(reader.stats().misses()).isLessThan(MANY / 2);
        assertThat(seen).hasSize(1);
    }

    /// Until nobody was faster.
    private static void raise(ObjectSpace space, long id) {
        while (true) {
            try (ObjectSession session = space.session()) {
                Person person = session.get(Person.class, id);
                person.salary(person.salary().add(TEN));
                session.commit();
                return;
            } catch (ConflictException tooLate) {
                assertThat(tooLate.conflicts()).isNotEmpty();
            }
        }
    }

    @Test
    void each_user_has_what_its_grants_allow_and_nothing_of_others() throws Exception {
        ObjectSpace admin = space();
        Made made = make(admin, "Grants", "Ada");
        String name = getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
        String token = broker.user(name, "objects-read:shop/Person", "objects-read:shop/Dept");
        ObjectSpace reader = space(broker, token, Duration.ofSeconds(20));
        Person ada = reader.get(Person.class, made.person(0));
        assertThat(ada)
                .isEqualTo(admin.get(Person.class, made.person(0)))
                .isNotSameAs(admin.get(Person.class, made.person(0)));
        assertThat(problem(() -> reader.find(Task.class).list())).isEqualTo(Problem.TYPE_UNKNOWN);
        assertThatThrownBy(ada::tasks).isInstanceOf(ProblemException.class);
        try (ObjectSession session = reader.session()) {
            session.edit(ada).name("Eve");
            assertThat(problem(session::commit).status()).isEqualTo(403);
        }
        assertThat(admin.refresh(made.persons().get(0)).name()).isEqualTo("Ada");
        ObjectSpace stranger = space(broker, "dbk_wrong", Duration.ofSeconds(5));
        assertThat(problem(() -> stranger.get(Person.class, made.person(0)))).isEqualTo(Problem.NOT_AUTHENTICATED);
    }

    @Test
    void while_the_broker_is_away_the_cache_shows_and_afterwards_the_client_goes_on_where_it_was() throws Exception {
        ObjectSpace space = space();
        ObjectSpace brief = space(broker, broker.token(), Duration.ofMillis(400));
        String[] names = IntStream.range(0, 50).mapToObj(i -> "p" + i).toArray(String[]::new);
        Made made = make(space, "Restart", names);
        Map<Long, Person> before = new HashMap<>();
        made.persons().forEach(person -> before.put(person.id(), space.get(Person.class, person.id())));
        brief.get(Person.class, made.person(0));
        broker.close();
        assertThat(missesOf(
                        space,
                        () -> before.forEach((id, person) ->
                                assertThat(space.get(Person.class, id)).isSameAs(person))))
                .isZero();
        long began = System.nanoTime();
        assertThat(problem(() -> brief.get(Person.class, made.person(1)))).isEqualTo(Problem.UNAVAILABLE);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
        whileAway(made);
        broker = broker("one", port);
        Peers.until("the client is back", () -> space.stats().resumes() == 1);
        ObjectSpace other = space();
        space.await(change(other, made.persons().get(7), "renamed"));
        assertThat(missesOf(space, () -> {
                    for (int i = 10; i < 50; i++) {
                        long id = made.person(i);
                        assertThat(space.get(Person.class, id)).isSameAs(before.get(id));
                    }
                }))
                .isZero();
        assertThat(space.get(Person.class, made.person(7)).name()).isEqualTo("renamed");
        assertThat(space.stats().resets()).isZero();
        afterwards(space, made);
    }

    /// What happens to the first of these persons while the broker is away.
    void whileAway(Made made) throws Exception {
        assertThat(made.persons()).isNotEmpty();
    }

    /// What is seen of it.
    void afterwards(ObjectSpace space, Made made) {
        assertThat(space.get(Person.class, made.person(0)).name()).isEqualTo("p0");
    }
}
