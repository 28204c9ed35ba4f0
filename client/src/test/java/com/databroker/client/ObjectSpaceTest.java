package com.databroker.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ObjectSpaceTest {
    private final Shop shop = new Shop();
    private final MapServer server = shop.server;
    private final ObjectSpace space = shop.space("anna");

    @BeforeEach
    void fill() {
        shop.fill();
    }

    @AfterEach
    void close() {
        shop.close();
    }

    private static <T> T some(@Nullable T value) {
        return Objects.requireNonNull(value);
    }

    private int requestsOf(Runnable task) {
        int before = server.requests.get();
        task.run();
        return server.requests.get() - before;
    }

    @Test
    void fields_are_read_by_methods_and_by_names_in_the_types_that_are_asked_for() {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        assertThat(ada.name()).isEqualTo("Ada");
        assertThat(ada.salary()).isEqualByComparingTo("1000");
        assertThat(ada.age()).isEqualTo(36);
        assertThat(ada.greeting()).isEqualTo("Hello Ada");
        assertThat(ada.objectKey()).isEqualTo(ObjectKey.parse("Person/1"));
        assertThat(ada).hasToString("Person/1");
        Entity dynamic = space.get("Person", 1);
        assertThat(dynamic.get("name")).isEqualTo("Ada");
        assertThat(some((Entity) dynamic.get("dept")).get("name")).isEqualTo("Engines");
        assertThat(dynamic).isEqualTo(ada).hasSameHashCodeAs(ada);
        assertThatThrownBy(() -> dynamic.get("nme")).hasMessageContaining("did you mean name?");
        assertThatThrownBy(() -> space.get(Shop.Person.class, 99))
                .isInstanceOfSatisfying(
                        ProblemException.class, why -> assertThat(why.problem()).isEqualTo(Problem.OBJECT_NOT_FOUND));
        assertThatThrownBy(() -> space.get(Shop.Person.class, noId()))
                .hasMessageContaining("a part of the key of a Person is null")
                .isInstanceOfSatisfying(
                        ProblemException.class, why -> assertThat(why.problem()).isEqualTo(Problem.OBJECT_KEY_INVALID));
    }

    /// As a program has it that forgot to look.
    @SuppressWarnings("NullAway")
    private static Object noId() {
        return null;
    }

    @Test
    void a_second_read_takes_no_request_and_is_the_same_object() {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        Shop.Dept engines = ada.dept();
        assertThat(requestsOf(() -> {
                    assertThat(space.get(Shop.Person.class, 1)).isSameAs(ada);
                    assertThat(ada.dept()).isSameAs(engines);
                    assertThat(ada.dept().boss()).isSameAs(ada);
                }))
                .isZero();
        assertThat(space.stats().hits()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void after_a_change_the_object_in_hand_is_as_it_was_and_the_next_is_new() {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        server.change("Person/1", "name", "Ada Lovelace");
        server.change("Person/1", "name", "Countess");
        server.change("Dept/10", "name", "Looms");
        assertThat(ada.name()).isEqualTo("Ada");
        assertThat(ada.obsolete()).isTrue();
        Shop.Person now = space.refresh(ada);
        assertThat(now.name()).isEqualTo("Countess");
        assertThat(now).isNotSameAs(ada).isEqualTo(ada);
        assertThat(now.obsolete()).isFalse();
        assertThat(requestsOf(() -> assertThat(space.get(Shop.Person.class, 1)).isSameAs(now)))
                .isZero();
        assertThat(ada.dept().name()).as("references lead to what is there now").isEqualTo("Looms");
    }

    @Test
    void finders_take_no_request_twice_and_are_right_after_a_change() {
        Shop.Person ada = space.find(Shop.Person.class).eq("name", "Ada").first();
        assertThat(space.find(Shop.Person.class).eq("name", "Nobody").list()).isEmpty();
        assertThat(space.find(Shop.Person.class).eq("name", "Ada").limit(2).list())
                .singleElement()
                .isSameAs(ada);
        assertThat(requestsOf(() -> {
                    assertThat(space.find(Shop.Person.class)
                                    .eq("name", "Ada")
                                    .limit(2)
                                    .list())
                            .singleElement()
                            .isSameAs(ada);
                    assertThat(space.find(Shop.Person.class)
                                    .eq("name", "Nobody")
                                    .list())
                            .isEmpty();
                    assertThat(space.find(Shop.Person.class).eq("name", "Ada").count())
                            .isOne();
                }))
                .isZero();
        server.change("Person/1", "name", "Nobody");
        assertThat(space.find(Shop.Person.class).eq("name", "Ada").list()).isEmpty();
        assertThat(space.find(Shop.Person.class).eq("name", "Nobody").list())
                .singleElement()
                .isEqualTo(ada)
                .isNotSameAs(ada);
    }

    @Test
    void a_change_of_what_a_finder_does_not_ask_for_leaves_it() {
        space.find(Shop.Person.class).eq("name", "Ada").list();
        server.change("Person/2", "name", "Somebody");
        assertThat(requestsOf(
                        () -> space.find(Shop.Person.class).eq("name", "Ada").list()))
                .isZero();
    }

    @Test
    void counts_are_kept_and_forgotten_with_what_is_created() {
        assertThat(space.find(Shop.Task.class).count()).isZero();
        assertThat(requestsOf(() -> space.find(Shop.Task.class).count())).isZero();
        Shop.Person ada = space.get(Shop.Person.class, 1);
        try (ObjectSession session = space.session()) {
            session.create(Shop.Task.class).title("one").owner(ada);
            session.create(Shop.Task.class).title("two").owner(ada);
            session.commit();
        }
        assertThat(space.find(Shop.Task.class).count()).isEqualTo(2);
        assertThat(ada.tasks().count()).isEqualTo(2);
        assertThat(ada.tasks().list()).extracting(Shop.Task::title).containsExactly("one", "two");
        assertThat(ada.tasks().get(1).owner()).isEqualTo(ada);
        assertThatThrownBy(() -> ada.tasks().get(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void pages_orders_and_what_comes_along() {
        for (int i = 10; i < 260; i++) {
            server.put(
                    "Person/" + i, "name", "P" + i, "salary", BigDecimal.ONE, "age", 1L, "dept", Shop.ref("Dept/10"));
        }
        assertThat(requestsOf(() -> assertThat(
                                space.find(Shop.Person.class).prefix("name", "P").order("-name").limit(250).stream()
                                        .map(Shop.Person::name))
                        .hasSize(250)
                        .startsWith("P99", "P98")))
                .isEqualTo(3);
        assertThat(requestsOf(() -> {
                    List<Shop.Person> all = space.find(Shop.Person.class)
                            .eq("name", "Bob")
                            .with("dept.boss")
                            .list();
                    assertThat(all.get(0).dept().boss().name()).isEqualTo("Ada");
                }))
                .as("one trip")
                .isEqualTo(1);
    }

    @Test
    void whoever_asks_for_a_shorter_page_of_what_is_here_goes_on_behind_it() {
        for (int i = 10; i < 460; i++) {
            server.put(
                    "Person/" + i, "name", "P" + i, "salary", BigDecimal.ONE, "age", 1L, "dept", Shop.ref("Dept/10"));
        }
        List<String> names =
                IntStream.range(10, 460).mapToObj(i -> "P" + i).sorted().toList();
        Supplier<Finder<Shop.Person>> all =
                () -> space.find(Shop.Person.class).prefix("name", "P").order("name");
        assertThat(all.get().limit(300).list()).hasSize(300);
        assertThat(all.get().limit(120).stream().map(Shop.Person::name))
                .containsExactlyElementsOf(names.subList(0, 120));
        assertThat(all.get().stream().map(Shop.Person::name)).containsExactlyElementsOf(names);
        assertThat(all.get().list()).hasSize(450);
        assertThat(all.get().stream().skip(440).map(Shop.Person::name))
                .containsExactlyElementsOf(names.subList(440, 450));
        assertThat(all.get().limit(1).list()).hasSize(1);
        assertThat(some(all.get().first()).name()).isEqualTo("P10");
    }

    @Test
    void a_space_that_is_closed_reads_nothing_any_more() {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        space.close();
        assertThat(ada.name()).isEqualTo("Ada");
        assertThatThrownBy(() -> space.get(Shop.Person.class, 1))
                .isInstanceOfSatisfying(
                        ProblemException.class, why -> assertThat(why.problem()).isEqualTo(Problem.UNAVAILABLE));
    }

    @Test
    void a_collection_that_came_along_takes_no_request_until_something_enters_or_leaves_it() {
        assertThat(requestsOf(() -> {
                    Shop.Dept dept = some(space.find(Shop.Dept.class)
                            .eq("name", "Engines")
                            .with("persons")
                            .first());
                    space.call("Person", "named", "Bob");
                    assertThat(dept.persons().list())
                            .extracting(Shop.Person::name)
                            .containsExactly("Ada", "Bob");
                    assertThat(dept.persons().count()).isEqualTo(2);
                }))
                .as("the find, the types, the call and what it has changed")
                .isEqualTo(4);
        Shop.Dept dept = space.get(Shop.Dept.class, 10);
        server.change("Person/2", "age", 21L);
        assertThat(requestsOf(() -> assertThat(dept.persons().get(1).age()).isEqualTo(21)))
                .as("the person alone")
                .isOne();
        server.change("Person/2", "dept", null);
        assertThat(dept.persons().list()).extracting(Shop.Person::name).containsExactly("Ada");
    }

    @Test
    void methods_run_on_the_broker_and_what_is_declared_so_is_kept_until_the_object_changes() {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        assertThat(ada.square(3)).isEqualTo(9);
        assertThat(requestsOf(() -> ada.square(3)))
                .as("the call, and what it has changed")
                .isEqualTo(2);
        assertThat(ada.badge("blue")).isEqualTo("Ada/blue");
        assertThat(requestsOf(() -> assertThat(ada.badge("blue")).isEqualTo("Ada/blue")))
                .isZero();
        assertThat(requestsOf(() -> ada.badge("red"))).isOne();
        server.change("Person/1", "name", "Eve");
        assertThat(requestsOf(() -> ada.badge("blue")))
                .as("of an obsolete object")
                .isOne();
        assertThat(requestsOf(() -> ada.badge("blue"))).isOne();
        Shop.Person now = space.refresh(ada);
        assertThat(now.badge("blue")).isEqualTo("Eve/blue");
        assertThat(requestsOf(() -> now.badge("blue"))).isZero();
        assertThat(space.call("Person", "named", "Bob")).isEqualTo(space.get(Shop.Person.class, 2));
        assertThat(ada.mentor()).isEqualTo(space.get(Shop.Person.class, 2));
        assertThat(ada.best()).isSameAs(space.get(Shop.Person.class, 1));
        assertThat(ada.team()).extracting(Shop.Person::name).containsExactly("Eve", "Bob");
        assertThatThrownBy(() -> ada.call("nothing")).isInstanceOf(ProblemException.class);
    }

    @Test
    void parallel_calls_each_get_their_own_answer() throws Exception {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            answers.add(CompletableFuture.supplyAsync(() -> ada.square(number)));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(answers.get(i).get(10, TimeUnit.SECONDS)).isEqualTo(i * i);
        }
    }

    @Test
    @SuppressWarnings("unchecked")
    void a_graph_comes_back_with_what_is_shared_in_it_shared() {
        List<Object> self = new ArrayList<>(List.of("f", "oo"));
        self.add(self);
        Map<String, Object> shared = new HashMap<>(Map.of("Hi", "there"));
        Map<String, Object> graph = new HashMap<>();
        graph.put("self", self);
        graph.put("one", shared);
        graph.put("two", shared);
        graph.put("ada", space.get(Shop.Person.class, 1));
        Map<String, Object> back =
                (Map<String, Object>) some(space.get("Person", 1).call("echo", graph));
        List<Object> selfBack = (List<Object>) some(back.get("self"));
        assertThat(selfBack.get(2)).isSameAs(selfBack);
        assertThat(System.identityHashCode(selfBack)).isNotEqualTo(System.identityHashCode(self));
        assertThat(back.get("one")).isSameAs(back.get("two"));
        assertThat(back.get("ada")).isEqualTo(space.get(Shop.Person.class, 1));
    }

    @Test
    void a_load_that_a_change_overtook_is_not_kept() throws Exception {
        server.hold(ObjectMessage.Get.class);
        CompletableFuture<Shop.Person> coming = CompletableFuture.supplyAsync(() -> space.get(Shop.Person.class, 2));
        assertThat(server.heard.poll(10, TimeUnit.SECONDS)).isInstanceOf(ObjectMessage.Get.class);
        server.change("Person/2", "name", "Bob the Second");
        server.release();
        assertThat(coming.get(10, TimeUnit.SECONDS).name()).isEqualTo("Bob the Second");
        assertThat(space.get(Shop.Person.class, 2).name()).isEqualTo("Bob the Second");
        assertThat(space.stats().refusedLoads()).isOne();
    }

    @Test
    void after_a_lost_connection_the_next_goes_on_where_it_ended() throws Exception {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        Shop.Person bob = space.get(Shop.Person.class, 2);
        server.down = true;
        server.cut();
        server.change("Person/1", "name", "Changed meanwhile");
        server.down = false;
        shop.until(ada::obsolete);
        assertThat(space.refresh(ada).name()).isEqualTo("Changed meanwhile");
        assertThat(requestsOf(() -> assertThat(space.refresh(bob)).isSameAs(bob)))
                .isZero();
        assertThat(space.stats().resumes()).isOne();
        assertThat(space.stats().resets()).isZero();
    }

    @Test
    void after_a_reset_everything_is_verified_in_one_trip_and_nothing_is_thrown_away() throws Exception {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        Shop.Person bob = space.get(Shop.Person.class, 2);
        server.down = true;
        server.cut();
        server.change("Person/1", "name", "Changed meanwhile");
        server.forgetOutbox();
        server.down = false;
        shop.until(() -> space.stats().resets() == 1);
        assertThat(requestsOf(() -> {
                    assertThat(space.refresh(bob)).isSameAs(bob);
                    assertThat(space.refresh(ada).name()).isEqualTo("Changed meanwhile");
                }))
                .isOne();
        assertThat(ada.name()).as("held all the while").isEqualTo("Ada");
    }

    @Test
    void a_store_that_was_replaced_is_read_anew() throws Exception {
        Shop.Person ada = space.get(Shop.Person.class, 1);
        server.change("Person/1", "name", "Before");
        server.put("Person/1", "name", "Restored", "salary", BigDecimal.ONE, "age", 1L, "dept", null);
        server.replaceStore();
        shop.until(() -> space.stats().resets() == 1);
        assertThat(space.get(Shop.Person.class, 1).name()).isEqualTo("Restored");
        server.change("Person/2", "name", "After");
        shop.until(() -> space.get(Shop.Person.class, 2).name().equals("After"));
        assertThat(ada.obsolete()).isTrue();
    }

    @Test
    void what_another_committed_is_seen_after_waiting_for_its_position() {
        ObjectSpace other = shop.space("bert");
        Shop.Person there = other.get(Shop.Person.class, 1);
        ObjectPosition at;
        try (ObjectSession session = space.session()) {
            session.edit(space.get(Shop.Person.class, 1)).name("From Anna");
            at = session.commit();
        }
        other.await(at);
        assertThat(other.get(Shop.Person.class, 1).name()).isEqualTo("From Anna");
        assertThat(there.name()).isEqualTo("Ada");
    }

    @Test
    void principals_share_nothing() {
        ObjectSpace other = shop.space("bert");
        Shop.Person anna = space.get(Shop.Person.class, 1);
        Shop.Person bert = other.get(Shop.Person.class, 1);
        assertThat(bert).isNotSameAs(anna).isEqualTo(anna);
        assertThat(Shown.refOf(bert).capability())
                .isNotEqualTo(Shown.refOf(anna).capability());
    }

    record Card(String name, int age, Place dept) {}

    record Place(ObjectKey objectKey, String name, ObjectKey boss) {}

    @Test
    void a_snapshot_is_a_record_that_has_nothing_to_do_with_the_broker() {
        Card card = space.snapshot(space.get(Shop.Person.class, 1), Card.class);
        assertThat(card)
                .isEqualTo(new Card(
                        "Ada", 36, new Place(ObjectKey.parse("Dept/10"), "Engines", ObjectKey.parse("Person/1"))));
    }

    @Test
    void a_watch_tells_the_fields_that_changed_and_the_end() throws Exception {
        BlockingQueue<ObjectSpace.Change> told = new LinkedBlockingQueue<>();
        Shop.Person bob = space.get(Shop.Person.class, 2);
        ObjectSpace.Watch watch = space.watch(bob, told::add);
        try (watch) {
            server.change("Person/2", "name", "Robert");
            ObjectSpace.Change first = some(told.poll(10, TimeUnit.SECONDS));
            assertThat(first.fields()).containsExactly("name");
            assertThat(some((Shop.Person) first.entity()).name()).isEqualTo("Robert");
            assertThat(first.version()).isEqualTo(2);
            // What this program does itself is told as well, once.
            try (ObjectSession session = space.session()) {
                session.edit(space.refresh(bob)).name("Bob again");
                session.commit();
            }
            ObjectSpace.Change own = some(told.poll(10, TimeUnit.SECONDS));
            assertThat(some((Shop.Person) own.entity()).name()).isEqualTo("Bob again");
            server.delete("Person/2");
            assertThat(some(told.poll(10, TimeUnit.SECONDS)).entity()).isNull();
        }
    }

    @Test
    void following_references_one_by_one_is_noticed_with_its_cure() {
        for (int i = 0; i < 30; i++) {
            server.put("Dept/" + (100 + i), "name", "D" + i, "boss", null);
            server.put(
                    "Person/" + (100 + i),
                    "name",
                    "Lonely",
                    "salary",
                    BigDecimal.ONE,
                    "age",
                    1L,
                    "dept",
                    Shop.ref("Dept/" + (100 + i)));
        }
        space.find(Shop.Person.class)
                .eq("name", "Lonely")
                .list()
                .forEach(one -> one.dept().name());
        assertThat(space.stats().nPlusOne())
                .singleElement()
                .asString()
                .contains("30 single loads of Dept through Person.dept", "add with(\"dept\")");
    }

    @Test
    void an_answer_that_does_not_come_fails_within_the_timeout() throws Exception {
        space.get(Shop.Person.class, 1);
        server.hold(ObjectMessage.Get.class);
        CompletableFuture<Shop.Person> coming = CompletableFuture.supplyAsync(() -> space.get(Shop.Person.class, 2));
        server.await(ObjectMessage.Get.class);
        shop.ahead = Duration.ofSeconds(31);
        assertThatThrownBy(coming::join)
                .cause()
                .isInstanceOfSatisfying(
                        ProblemException.class, why -> assertThat(why.problem()).isEqualTo(Problem.UNAVAILABLE));
        server.release();
        assertThat(space.get(Shop.Person.class, 2).name()).isEqualTo("Bob");
    }

    @Test
    void many_threads_see_one_object_for_each_key() throws ExecutionException, InterruptedException {
        List<CompletableFuture<Shop.Person>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            all.add(CompletableFuture.supplyAsync(
                    () -> space.get(Shop.Person.class, 1).dept().boss()));
        }
        Shop.Person first = all.get(0).get();
        for (CompletableFuture<Shop.Person> each : all) {
            assertThat(each.get()).isSameAs(first);
        }
    }
}
