package com.databroker.objects;

import static com.databroker.objects.Wanted.commit;
import static com.databroker.objects.Wanted.conflicts;
import static com.databroker.objects.Wanted.creating;
import static com.databroker.objects.Wanted.delete;
import static com.databroker.objects.Wanted.done;
import static com.databroker.objects.Wanted.keys;
import static com.databroker.objects.Wanted.load;
import static com.databroker.objects.Wanted.person;
import static com.databroker.objects.Wanted.there;
import static com.databroker.objects.Wanted.update;
import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreChanges;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOutcome;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every back-end promises. Its types are `Dept` (id, name) and `Person` (id, name, salary, dept,
/// born, active, secret), with versions; `secret` is hidden, `born` is not tagged; persons are numbered
/// by the store.
public abstract class StoreContract {
    protected static final Map<String, StoreOverlay> OVERLAYS = Map.of(
            "Person",
            new StoreOverlay(
                    null, List.of("secret"), List.of("born"), null, StoreOverlay.Policy.STRICT, false, List.of()));

    private ObjectStore store;

    /// A store with these types and nothing in it.
    protected abstract ObjectStore open();

    /// What it says of itself: kind, durable, shared, watches others, has rows at hand.
    protected abstract List<Object> traits();

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private StoreRow hired(String name, @Nullable Object... more) {
        List<@Nullable Object> values = new ArrayList<>(List.of("name", name));
        values.addAll(java.util.Arrays.asList(more));
        return done(store, creating(1, "Person", values.toArray())).rows().getFirst();
    }

    private ObjectKey dept(long id, String name) {
        done(store, creating(1, "Dept", "id", id, "name", name));
        return ObjectKey.of("Dept", id);
    }

    private List<StoreChange> since(Position from) {
        StoreChanges changes = store.changes(from);
        if (changes == null) {
            throw new AssertionError("forgotten");
        }
        return changes.changes();
    }

    @Test
    void it_says_what_it_can_and_what_it_cannot() {
        assertThat(List.of(
                        store.traits().kind(),
                        store.traits().durable(),
                        store.traits().shared(),
                        store.traits().watchesOthers(),
                        store.traits().atHand()))
                .isEqualTo(traits());
        if (store.traits().watchesOthers()) {
            assertThat(store.watchOthers(true)).contains("Person", "Dept");
            assertThat(store.watchOthers(false)).isEmpty();
        } else {
            assertThatThrownBy(() -> store.watchOthers(true)).isInstanceOf(ProblemException.class);
        }
    }

    @Test
    void types_have_fields_and_references_and_nothing_that_is_hidden() {
        ObjectTypes.Type person = store.types().stream()
                .filter(type -> type.name().equals("Person"))
                .findFirst()
                .orElseThrow();
        assertThat(person.key()).containsExactly("id");
        assertThat(person.versioned()).isTrue();
        assertThat(person.fields())
                .extracting(ObjectTypes.Field::name)
                .contains("id", "name", "dept")
                .doesNotContain("secret", "version");
        ObjectTypes.Field dept = person.field("dept");
        assertThat(dept).isNotNull().satisfies(field -> {
            assertThat(field.kind()).isEqualTo(ObjectTypes.Kind.REFERENCE);
            assertThat(field.target()).isEqualTo("Dept");
            assertThat(field.tagged()).isTrue();
        });
        assertThat(person.field("born"))
                .isNotNull()
                .satisfies(field -> assertThat(field.tagged()).isFalse());
        assertThat(person.field("name"))
                .isNotNull()
                .satisfies(field -> assertThat(field.required()).isTrue());
    }

    @Test
    void what_is_created_is_there_with_its_key_and_version() {
        ObjectKey lab = dept(17, "Lab");
        StoreRow ada = hired(
                "Ada",
                "salary",
                new BigDecimal("10.50"),
                "dept",
                lab,
                "born",
                LocalDate.parse("1815-12-10"),
                "active",
                true);
        assertThat(ada.version()).isEqualTo(1);
        assertThat(there(store, ada.key())).isEqualTo(ada);
        assertThat(ada.fields())
                .containsEntry("name", "Ada")
                .containsEntry("dept", lab)
                .containsEntry("born", LocalDate.parse("1815-12-10"))
                .containsEntry("active", true)
                .doesNotContainKey("secret");
        assertThat((BigDecimal) ada.fields().get("salary")).isEqualByComparingTo("10.50");
        assertThat(load(store, person(999_999))).isNull();
        assertThat(store.load("Person", List.of())).isEmpty();
    }

    @Test
    void who_must_not_wait_is_given_the_same_rows_or_none_at_all() {
        StoreRow ada = hired("Ada");
        List<ObjectKey> keys = List.of(ada.key(), person(999_999));
        assertThat(store.load("Person", keys)).containsExactly(ada);
        assertThat(store.loadAtOnce("Person", keys)).isEqualTo(store.traits().atHand() ? List.of(ada) : null);
    }

    @Test
    void objects_of_one_commit_refer_to_one_another_in_any_order() {
        StoreOutcome.Done done = done(
                store,
                creating(1, "Person", "name", "Ada", "dept", ObjectKey.temporary(2)),
                creating(2, "Dept", "id", 9L, "name", "New"));
        assertThat(done.rows()).hasSize(2);
        assertThat(done.rows().getFirst().fields()).containsEntry("dept", ObjectKey.of("Dept", 9));
    }

    @Test
    void it_finds_by_every_operator_and_null_is_the_greatest() {
        ObjectKey lab = dept(1, "Lab");
        ObjectKey ada = hired("Ada", "salary", new BigDecimal("10"), "dept", lab, "active", true)
                .key();
        ObjectKey bob =
                hired("Bob", "salary", new BigDecimal("20"), "active", false).key();
        ObjectKey ben = hired("Ben", "dept", lab).key();
        String a = ada.parts().getFirst();
        String b = bob.parts().getFirst();
        String c = ben.parts().getFirst();
        BigDecimal ten = new BigDecimal("10.00");
        assertThat(keys(store)).containsExactly(a, b, c);
        assertThat(keys(store, where("name", Operator.EQUAL, "Ada"))).containsExactly(a);
        assertThat(keys(store, where("dept", Operator.EQUAL, lab))).containsExactly(a, c);
        assertThat(keys(store, where("dept", Operator.EQUAL, (Object) null))).containsExactly(b);
        assertThat(keys(store, where("dept", Operator.NOT_EQUAL, lab))).containsExactly(b);
        assertThat(keys(store, where("salary", Operator.EQUAL, ten))).containsExactly(a);
        assertThat(keys(store, where("salary", Operator.NOT_EQUAL, ten))).containsExactly(b, c);
        assertThat(keys(store, where("salary", Operator.GREATER, ten))).containsExactly(b);
        assertThat(keys(store, where("salary", Operator.GREATER_OR_EQUAL, ten))).containsExactly(a, b);
        assertThat(keys(store, where("salary", Operator.LESS, new BigDecimal("20"))))
                .containsExactly(a);
        assertThat(keys(store, where("salary", Operator.LESS_OR_EQUAL, ten))).containsExactly(a);
        assertThat(keys(store, where("salary", Operator.IS_NULL))).containsExactly(c);
        assertThat(keys(store, where("salary", Operator.IN, ten, null))).containsExactly(a, c);
        assertThat(keys(store, where("name", Operator.IN))).isEmpty();
        assertThat(keys(store, where("name", Operator.PREFIX, "B"))).containsExactly(b, c);
        assertThat(keys(store, where("name", Operator.PREFIX, "%"))).isEmpty();
        assertThat(keys(store, where("active", Operator.EQUAL, false))).containsExactly(b);
        assertThat(keys(store, where("dept", Operator.EQUAL, lab), where("salary", Operator.EQUAL, ten)))
                .containsExactly(a);
        assertThat(keys(store, where("born", Operator.LESS, LocalDate.EPOCH))).isEmpty();
    }

    @Test
    void pages_in_any_order_give_every_row_once() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 23; i++) {
            BigDecimal salary = random.nextInt(4) == 0 ? null : new BigDecimal(random.nextInt(4));
            hired("n" + random.nextInt(5), "salary", salary, "active", random.nextBoolean());
        }
        List<ObjectMessage.Order> salary = List.of(new ObjectMessage.Order("salary", false));
        List<ObjectMessage.Order> down =
                List.of(new ObjectMessage.Order("salary", true), new ObjectMessage.Order("name", false));
        for (List<ObjectMessage.Order> order : List.of(List.<ObjectMessage.Order>of(), salary, down)) {
            StorePage all = store.find(new StoreQuery("Person", List.of(), order, 100, null, true));
            assertThat(all.rows()).hasSize(23);
            assertThat(all.count()).isEqualTo(23);
            assertThat(all.more()).isFalse();
            List<StoreRow> paged = new ArrayList<>();
            List<@Nullable Object> after = null;
            StorePage page;
            do {
                page = store.find(new StoreQuery("Person", List.of(), order, 5, after, false));
                paged.addAll(page.rows());
                StoreRow last = page.rows().getLast();
                after = new ArrayList<>();
                for (ObjectMessage.Order one : order) {
                    after.add(last.fields().get(one.field()));
                }
                after.addAll(last.key().parts());
            } while (page.more());
            assertThat(paged).as(order.toString()).isEqualTo(all.rows());
        }
        List<StoreRow> rows = store.find(new StoreQuery("Person", List.of(), down, 100, null, false))
                .rows();
        assertThat(rows.getFirst().fields().get("salary")).isNull();
        assertThat(store.find(new StoreQuery("Person", List.of(), List.of(), 0, null, true))
                        .count())
                .isEqualTo(23);
    }

    @Test
    void every_conflict_comes_back_and_nothing_was_changed() {
        StoreRow ada = hired("Ada");
        StoreRow bob = hired("Bob", "active", true);
        StoreRow eve = hired("Eve");
        StoreRow gone = hired("Gone");
        done(store, update(ada.key(), 1, "name", "Ada", "Ada L."));
        done(store, update(bob.key(), 1, "active", true, false));
        done(store, delete(gone.key(), 1));
        assertThat(conflicts(
                        store,
                        update(eve.key(), 1, "name", "Eve", "Eva"),
                        update(ada.key(), 1, "name", "Ada", "Aida", "active", null, true),
                        update(bob.key(), 1, "name", "Bob", "Rob"),
                        update(gone.key(), 1, "name", "Gone", "Here"),
                        delete(ada.key(), 1)))
                .containsExactlyInAnyOrder(
                        new ObjectMessage.FieldConflict(ada.key(), "name", "Ada", "Aida", "Ada L."),
                        new ObjectMessage.FieldConflict(bob.key(), "", 1L, null, 2L),
                        new ObjectMessage.FieldConflict(gone.key(), "", 1L, null, null),
                        new ObjectMessage.FieldConflict(ada.key(), "", 1L, null, 2L));
        assertThat(there(store, eve.key())).isEqualTo(eve);
        assertThat(there(store, bob.key()).fields()).containsEntry("name", "Bob");
    }

    @Test
    void an_update_of_nothing_only_compares_the_version() {
        StoreRow ada = hired("Ada");
        assertThat(done(store, update(ada.key(), 1)).rows()).containsExactly(ada);
        done(store, update(ada.key(), 1, "name", "Ada", "Eva"));
        assertThat(conflicts(store, update(ada.key(), 1)))
                .containsExactly(new ObjectMessage.FieldConflict(ada.key(), "", 1L, null, 2L));
    }

    @Test
    void values_before_that_are_not_true_are_a_conflict_whatever_the_version_says() {
        StoreRow ada = hired("Ada");
        assertThat(conflicts(store, update(ada.key(), 1, "name", "Eva", "Ida")))
                .containsExactly(new ObjectMessage.FieldConflict(ada.key(), "name", "Eva", "Ida", "Ada"));
    }

    @Test
    void the_same_commit_again_gives_the_same_answer_and_changes_nothing() {
        StoreCommit hire = commit(creating(1, "Person", "name", "Ada"));
        StoreOutcome.Done first = done(store, hire);
        assertThat(done(store, hire)).isEqualTo(first);
        StoreCommit rename = commit(update(first.rows().getFirst().key(), 1, "name", "Ada", "Eva"));
        StoreOutcome.Done renamed = done(store, rename);
        assertThat(done(store, rename)).isEqualTo(renamed);
        assertThat(keys(store)).hasSize(1);
        StoreCommit fire = commit(delete(first.rows().getFirst().key(), 2));
        StoreOutcome.Done fired = done(store, fire);
        assertThat(done(store, fire)).isEqualTo(fired);
        assertThatThrownBy(() -> store.commit(new StoreCommit(
                        hire.id(), Bytes.utf8("other"), "ada", List.of(creating(1, "Person", "name", "Eve")))))
                .hasMessageContaining("was used for another commit");
        assertThat(keys(store)).isEmpty();
    }

    @Test
    void what_a_constraint_forbids_changes_nothing_and_is_not_told() {
        Position before = store.position();
        assertThatThrownBy(() -> store.commit(
                        commit(creating(1, "Person", "name", "Ada"), creating(2, "Person", "salary", BigDecimal.ONE))))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem().number()).isEqualTo(7011));
        assertThat(keys(store)).isEmpty();
        assertThat(since(before)).isEmpty();
    }

    @Test
    void every_commit_is_in_the_changes_with_values_before_and_after_of_what_is_tagged() {
        ObjectKey lab = dept(17, "Lab");
        Position start = store.position();
        StoreRow ada = hired("Ada", "born", LocalDate.EPOCH);
        Position hired = store.position();
        done(store, update(ada.key(), 1, "dept", null, lab, "born", LocalDate.EPOCH, null));
        done(store, delete(ada.key(), 2));
        List<StoreChange> all = since(start);
        assertThat(all)
                .hasSize(3)
                .allSatisfy(change -> assertThat(change.principal()).isEqualTo("ada"));
        StoreChange.Entry created = all.getFirst().entries().getFirst();
        assertThat(created.kind()).isEqualTo(StoreChange.Kind.CREATED);
        assertThat(created.fields())
                .containsEntry("name", new ObjectMessage.Edit(null, "Ada"))
                .containsEntry("dept", new ObjectMessage.Edit(null, null))
                .doesNotContainKey("born");
        assertThat(all.get(1).entries())
                .containsExactly(new StoreChange.Entry(
                        StoreChange.Kind.UPDATED, ada.key(), 2, Map.of("dept", new ObjectMessage.Edit(null, lab))));
        StoreChange.Entry deleted = all.get(2).entries().getFirst();
        assertThat(deleted.kind()).isEqualTo(StoreChange.Kind.DELETED);
        assertThat(deleted.version()).isEqualTo(3);
        assertThat(deleted.fields()).containsEntry("dept", new ObjectMessage.Edit(lab, null));
        assertThat(since(hired)).hasSizeBetween(2, 3);
        assertThat(since(store.position())).isEmpty();
        assertThat(store.changes(new Position(start.epoch() + 1, start.offset())))
                .isNull();
    }

    @Test
    void who_is_to_be_woken_is_woken_by_a_commit() {
        AtomicInteger woken = new AtomicInteger();
        store.listen(woken::incrementAndGet);
        hired("Ada");
        assertThat(woken.get()).isPositive();
    }

    @Test
    void a_secret_is_made_once() {
        Bytes first = store.secret("tags", () -> Bytes.utf8("one"));
        assertThat(store.secret("tags", () -> Bytes.utf8("two"))).isEqualTo(first);
        store.replaceSecret("tags", Bytes.utf8("three"));
        assertThat(store.secret("tags", () -> Bytes.utf8("four"))).isEqualTo(Bytes.utf8("three"));
    }

    @Test
    void of_many_who_count_at_once_nobody_is_lost_and_all_are_told() throws Exception {
        StoreRow ada = hired("Ada", "salary", BigDecimal.ZERO);
        Position start = store.position();
        int threads = 4;
        int each = 12;
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(executor.submit(counting(ada.key(), each)));
            }
            for (Future<Integer> one : all) {
                one.get();
            }
        }
        StoreRow after = there(store, ada.key());
        assertThat((BigDecimal) after.fields().get("salary")).isEqualByComparingTo("48");
        assertThat(after.version()).isEqualTo(1 + threads * each);
        Set<Long> versions = new HashSet<>();
        since(start).forEach(change -> change.entries().forEach(entry -> versions.add(entry.version())));
        assertThat(versions).hasSize(threads * each);
    }

    private Callable<Integer> counting(ObjectKey key, int times) {
        return () -> {
            int conflicts = 0;
            for (int done = 0; done < times; ) {
                StoreRow row = there(store, key);
                BigDecimal salary =
                        (BigDecimal) Objects.requireNonNull(row.fields().get("salary"));
                StoreOutcome outcome =
                        store.commit(commit(update(key, row.version(), "salary", salary, salary.add(BigDecimal.ONE))));
                if (outcome instanceof StoreOutcome.Done) {
                    done++;
                } else {
                    conflicts++;
                }
            }
            return conflicts;
        };
    }
}
