package com.databroker.client;

import static com.databroker.client.ObjectSession.Check.VERIFY_READS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.FieldConflict;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ObjectSessionTest {
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

    private Shop.Person ada() {
        return space.get(Shop.Person.class, 1);
    }

    private @Nullable Object stored(String key, String field) {
        return server.stored(key, field);
    }

    private static ConflictException conflictOf(ObjectSession session) {
        ConflictException conflict = catchThrowableOfType(ConflictException.class, session::commit);
        assertThat(conflict).isNotNull();
        return conflict;
    }

    @Test
    void what_is_written_is_seen_in_the_session_at_once_and_by_others_when_it_is_committed() {
        Shop.Person before = ada();
        try (ObjectSession session = space.session()) {
            Shop.Person mine = session.edit(before);
            assertThat(mine.name("Countess").salary(new BigDecimal("7"))).isSameAs(mine);
            mine.age(37);
            assertThat(mine.name()).isEqualTo("Countess");
            assertThat(mine.age()).isEqualTo(37);
            assertThat(session.edit(before)).isSameAs(mine);
            assertThat(session.get(Shop.Person.class, 1)).isSameAs(mine);
            assertThat(ada().name()).isEqualTo("Ada");
            session.commit();
            assertThat(mine.name()).isEqualTo("Countess");
        }
        assertThat(before.name()).isEqualTo("Ada");
        assertThat(before.obsolete()).isTrue();
        assertThat(ada().name()).isEqualTo("Countess");
        assertThat(stored("Person/1", "age")).isEqualTo(37L);
    }

    @Test
    void only_what_was_changed_is_sent_with_what_it_was() throws Exception {
        try (ObjectSession session = space.session()) {
            Shop.Person mine = session.edit(ada());
            mine.name("Eve");
            mine.age(36);
            session.commit();
        }
        ObjectMessage.Commit sent = null;
        for (ObjectMessage.Request heard : server.heard) {
            sent = heard instanceof ObjectMessage.Commit commit ? commit : sent;
        }
        ObjectMessage.Update update =
                (ObjectMessage.Update) Objects.requireNonNull(sent).ops().get(0);
        assertThat(update.fields()).containsOnlyKeys("name");
        assertThat(update.fields().get("name")).isEqualTo(new ObjectMessage.Edit("Ada", "Eve"));
        assertThat(update.version()).isEqualTo(1);
    }

    @Test
    void a_shared_object_is_written_in_a_session_only() {
        assertThatThrownBy(() -> ada().name("x"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("session.edit");
    }

    @Test
    void creating_changing_and_deleting_are_one_commit_and_new_objects_may_refer_to_each_other() {
        try (ObjectSession session = space.session()) {
            Shop.Person eve = session.create(Shop.Person.class).name("Eve").dept(ada().dept());
            Shop.Task task =
                    session.create(Shop.Task.class).title("sell apples").owner(eve);
            assertThat(task.owner()).isSameAs(eve);
            session.edit(ada()).salary(new BigDecimal("1"));
            session.delete(space.get(Shop.Person.class, 2));
            session.commit();
            assertThat(eve.objectKey().toString()).isEqualTo("Person/100");
            assertThat(space.get(Shop.Task.class, 100).owner()).isEqualTo(eve);
        }
        assertThat(server.stored("Person/2")).isNull();
        assertThatThrownBy(() -> space.get(Shop.Person.class, 2)).isInstanceOf(ProblemException.class);
        assertThat(ada().dept().persons().list()).extracting(Shop.Person::name).containsExactlyInAnyOrder("Ada", "Eve");
    }

    @Test
    void finders_see_a_commit_whose_answer_does_not_say_what_it_touched() {
        server.tagless = true;
        assertThat(space.find(Shop.Person.class).eq("name", "Eve").count()).isZero();
        try (ObjectSession session = space.session()) {
            session.edit(ada()).name("Eve");
            session.commit();
        }
        assertThat(space.find(Shop.Person.class).eq("name", "Eve").count()).isOne();
        assertThat(space.find(Shop.Person.class).eq("name", "Ada").list()).isEmpty();
    }

    @Test
    void a_rollback_forgets_what_was_written() {
        try (ObjectSession session = space.session()) {
            Shop.Person mine = session.edit(ada());
            mine.name("Wrong");
            session.rollback();
            assertThat(mine.name()).isEqualTo("Ada");
            assertThatThrownBy(() -> mine.name("again")).isInstanceOf(IllegalStateException.class);
            session.commit();
        }
        assertThat(stored("Person/1", "name")).isEqualTo("Ada");
    }

    @Test
    void objects_stand_still_in_a_session_while_others_change_them() {
        try (ObjectSession session = space.session()) {
            Shop.Person mine = session.edit(ada());
            Shop.Dept dept = mine.dept();
            server.change("Person/1", "name", "Changed");
            server.change("Dept/10", "name", "Looms");
            assertThat(mine.name()).isEqualTo("Ada");
            assertThat(mine.dept().name()).isEqualTo("Engines");
            assertThat(session.stale()).containsExactlyInAnyOrder(mine, dept);
            assertThat(ada().name()).isEqualTo("Changed");
        }
    }

    @Test
    void on_a_conflict_nothing_is_done_and_every_field_of_every_object_is_told() {
        try (ObjectSession session = space.session()) {
            session.edit(ada()).name("Mine").salary(new BigDecimal("1"));
            session.edit(space.get(Shop.Person.class, 2)).name("Mine too");
            session.edit(space.get(Shop.Dept.class, 10)).name("Untouched");
            server.change("Person/1", "name", "Theirs");
            server.change("Person/1", "salary", new BigDecimal("2"));
            server.change("Person/2", "name", "Theirs too");
            assertThat(conflictOf(session).conflicts())
                    .containsExactlyInAnyOrder(
                            new FieldConflict(ada().objectKey(), "name", "Ada", "Mine", "Theirs"),
                            new FieldConflict(
                                    ada().objectKey(),
                                    "salary",
                                    new BigDecimal("1000"),
                                    new BigDecimal("1"),
                                    new BigDecimal("2")),
                            new FieldConflict(Shop.ref("Person/2").key(), "name", "Bob", "Mine too", "Theirs too"));
        }
        assertThat(stored("Dept/10", "name")).isEqualTo("Engines");
        assertThat(stored("Person/1", "name")).isEqualTo("Theirs");
    }

    @Test
    void a_rebase_keeps_of_each_field_what_was_decided_and_merges_what_only_one_side_changed() {
        try (ObjectSession session = space.session()) {
            Shop.Person mine = session.edit(ada());
            mine.name("Mine").salary(new BigDecimal("1"));
            mine.age(40);
            server.change("Person/1", "name", "Theirs");
            server.change("Person/1", "salary", new BigDecimal("2"));
            server.change("Person/1", "dept", null);
            ConflictException conflict = conflictOf(session);
            assertThatThrownBy(() -> conflict.rebase().keepMine("name").commit())
                    .isInstanceOfSatisfying(
                            ConflictException.class,
                            still -> assertThat(still.conflicts())
                                    .extracting(FieldConflict::field)
                                    .containsExactly("salary"));
            conflict.rebase().keepMine("name").keepTheirs("salary").commit();
        }
        assertThat(Objects.requireNonNull(server.stored("Person/1")).fields())
                .containsEntry("name", "Mine")
                .containsEntry("salary", new BigDecimal("2"))
                .containsEntry("age", 40L)
                .containsEntry("dept", null);
        assertThat(ada().name()).isEqualTo("Mine");
    }

    @Test
    void after_a_conflict_with_a_change_that_nobody_told_of_the_row_is_read_anew() {
        Shop.Person held = ada();
        server.changeUntold("Person/1", "name", "Theirs");
        try (ObjectSession session = space.session()) {
            session.edit(held).name("Mine");
            ConflictException conflict = conflictOf(session);
            assertThat(held.obsolete()).isTrue();
            assertThat(ada().name()).isEqualTo("Theirs");
            conflict.rebase().keepMine().commit();
        }
        assertThat(stored("Person/1", "name")).isEqualTo("Mine");
    }

    @Test
    void where_both_sides_changed_a_row_but_no_field_a_rebase_needs_no_decision() {
        try (ObjectSession session = space.session()) {
            session.edit(ada()).name("Mine");
            server.change("Person/1", "age", 50L);
            conflictOf(session).rebase().commit();
        }
        assertThat(Objects.requireNonNull(server.stored("Person/1")).fields())
                .containsEntry("name", "Mine")
                .containsEntry("age", 50L);
    }

    @Test
    void a_rebase_goes_on_after_the_session_was_closed() {
        try (ObjectSession session = space.session()) {
            session.edit(ada()).name("Mine").salary(new BigDecimal("1"));
            session.create(Shop.Task.class).title("mine").owner(ada());
            server.change("Person/1", "name", "Theirs");
            session.commit();
        } catch (ConflictException conflict) {
            conflict.rebase().keepMine("name").commit();
        }
        assertThat(stored("Person/1", "name")).isEqualTo("Mine");
        assertThat(ada().tasks().list()).extracting(Shop.Task::title).containsExactly("mine");
    }

    @Test
    void what_others_have_deleted_is_let_go_or_stays_a_conflict() {
        try (ObjectSession session = space.session()) {
            session.edit(space.get(Shop.Person.class, 2)).name("Mine");
            session.edit(ada()).age(41);
            server.delete("Person/2");
            ConflictException conflict = conflictOf(session);
            assertThatThrownBy(() -> conflict.rebase().keepMine().commit()).isInstanceOf(ConflictException.class);
            conflict.rebase().keepTheirs().commit();
        }
        assertThat(stored("Person/1", "age")).isEqualTo(41L);
        assertThat(server.stored("Person/2")).isNull();
    }

    @Test
    void what_is_null_in_a_session_and_shown_as_a_primitive_says_so() {
        try (ObjectSession session = space.session()) {
            assertThatThrownBy(() -> session.create(Shop.Person.class).age())
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("#1 has no age before it is committed: let age() return java.lang.Integer");
        }
    }

    @Test
    void reads_are_verified_where_nothing_was_written() {
        try (ObjectSession session = space.session()) {
            session.edit(ada()).name();
            session.commit(VERIFY_READS);
            server.change("Person/1", "name", "Theirs");
            assertThatThrownBy(() -> session.commit(VERIFY_READS))
                    .isInstanceOfSatisfying(
                            ConflictException.class,
                            conflict -> assertThat(conflict.conflicts())
                                    .extracting(FieldConflict::key)
                                    .containsExactly(Shop.ref("Person/1").key()));
        }
    }

    @Test
    void reads_are_verified_where_that_is_asked_for() {
        try (ObjectSession session = space.session()) {
            Shop.Person mine = session.edit(ada());
            mine.dept().name();
            mine.name("Mine");
            server.change("Dept/10", "name", "Looms");
            assertThatThrownBy(() -> session.commit(VERIFY_READS))
                    .isInstanceOfSatisfying(
                            ConflictException.class,
                            conflict -> assertThat(conflict.conflicts())
                                    .extracting(FieldConflict::key)
                                    .containsExactly(Shop.ref("Dept/10").key()));
            assertThat(stored("Person/1", "name")).isEqualTo("Ada");
            session.commit();
        }
        assertThat(stored("Person/1", "name")).isEqualTo("Mine");
    }

    @Test
    void a_commit_whose_answer_is_lost_is_asked_for_again_and_done_once() {
        server.cutInsteadOfAnswering(ObjectMessage.Commit.class);
        try (ObjectSession session = space.session()) {
            Shop.Task task = session.create(Shop.Task.class).title("once").owner(ada());
            session.commit();
            assertThat(task.objectKey().toString()).isEqualTo("Task/100");
        }
        assertThat(space.find(Shop.Task.class).count()).isEqualTo(1);
    }

    @Test
    void a_commit_that_is_in_doubt_is_committed_again_under_its_id() throws Exception {
        server.hold(ObjectMessage.Commit.class);
        try (ObjectSession session = space.session()) {
            session.create(Shop.Task.class).title("once").owner(ada());
            CompletableFuture<ObjectPosition> coming = CompletableFuture.supplyAsync(session::commit);
            server.await(ObjectMessage.Commit.class);
            shop.ahead = Duration.ofSeconds(31);
            assertThatThrownBy(coming::join)
                    .cause()
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            why -> assertThat(why.problem()).isEqualTo(Problem.UNAVAILABLE));
            server.release();
            assertThatThrownBy(() -> session.create(Shop.Task.class)).hasMessageContaining("commit again");
            session.commit();
        }
        assertThat(space.find(Shop.Task.class).count()).isEqualTo(1);
    }

    @Test
    void three_actors_create_find_change_check_refresh_and_delete() {
        ObjectSpace second = shop.space("bert");
        assertThat(space.find(Shop.Person.class).eq("name", "Fred").list()).isEmpty();
        assertThat(second.find(Shop.Person.class).eq("name", "Fred").list()).isEmpty();
        ObjectPosition created;
        Shop.Person mine;
        try (ObjectSession session = space.session()) {
            session.create(Shop.Person.class).name("Fred");
            created = session.commit();
            mine = Objects.requireNonNull(
                    space.find(Shop.Person.class).eq("name", "Fred").first());
        }
        second.await(created);
        Shop.Person theirs = Objects.requireNonNull(
                second.find(Shop.Person.class).eq("name", "Fred").first());
        assertThat(theirs).isEqualTo(mine);
        ObjectPosition changed;
        try (ObjectSession session = second.session()) {
            session.edit(theirs).name("Freddy");
            changed = session.commit();
        }
        assertThat(stored(mine.objectKey().toString(), "name")).isEqualTo("Freddy");
        space.await(changed);
        Shop.Person now = space.refresh(mine);
        assertThat(List.of(mine.name(), now.name())).containsExactly("Fred", "Freddy");
        assertThat(mine.obsolete()).isTrue();
        assertThat(now.obsolete()).isFalse();
        assertThat(space.find(Shop.Person.class).eq("name", "Fred").list()).isEmpty();
        try (ObjectSession session = space.session()) {
            session.delete(now);
            session.commit();
        }
        assertThat(server.stored(mine.objectKey().toString())).isNull();
        assertThat(space.find(Shop.Person.class).eq("name", "Freddy").list()).isEmpty();
    }
}
