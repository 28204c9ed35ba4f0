package com.databroker.objects;

import static com.databroker.objects.Asked.commit;
import static com.databroker.objects.Asked.find;
import static com.databroker.objects.Asked.get;
import static com.databroker.objects.People.may;
import static com.databroker.objects.Wanted.creating;
import static com.databroker.objects.Wanted.update;
import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.Action;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Several planes over one PostgreSQL: any of them is as good as another.
class ObjectServersTest {
    @TempDir
    Path folder;

    private final List<ObjectPlane> open = new ArrayList<>();
    private People people;
    private ObjectsConfig config;
    private String url;

    @BeforeEach
    void start() throws Exception {
        people = new People(folder).with("ada", may(Action.OBJECTS_READ, "**"), may(Action.OBJECTS_WRITE, "**"));
        url = Postgres.database();
        Postgres.run(url, Shop.tables());
        config = ObjectsConfig.defaults()
                .with(Map.of("shop", StoreConfig.defaults().at(url, null, null).with(StoreContract.OVERLAYS)));
    }

    @AfterEach
    void end() {
        open.forEach(ObjectPlane::close);
        people.close();
    }

    private ObjectPlane plane(Path of, long seed) {
        ObjectPlane plane = ObjectPlane.open(config, of, InstantSource.system(), new SplittableRandom(seed));
        open.add(plane);
        return plane;
    }

    private Asked server(long seed) {
        ObjectPlane plane = plane(folder.resolve("server" + seed), seed);
        plane.start();
        return new Asked(plane, people.caller("ada"));
    }

    /// A server that commits, and dies before it tells anybody.
    private Asked mute(long seed) {
        ObjectPlane plane = plane(folder.resolve("mute" + seed), seed);
        return new Asked(plane, people.caller("ada"));
    }

    @Test
    void commits_of_one_are_heard_at_the_other_and_its_references_are_good_there() throws Exception {
        Asked one = server(1);
        Asked other = server(2);
        Heard heard = new Heard();
        try (AutoCloseable _ = other.plane().listen(heard, null)) {
            ObjectMessage.Row row = one.row(commit(creating(1, "Person", "name", "Ada")));
            heard.await(() -> heard.has(row.tag(), 1));
            assertThat(other.row(get(row.ref()))).isEqualTo(row);
            one.ok(commit(
                    new ObjectMessage.Update(row.ref(), 1, Map.of("name", new ObjectMessage.Edit("Ada", "Eva")))));
            heard.await(() -> heard.has(row.tag(), 2));
        }
    }

    @Test
    void after_a_sync_everything_that_was_acknowledged_anywhere_was_told() throws Exception {
        Asked one = mute(1);
        Asked other = mute(2);
        Heard heard = new Heard();
        try (AutoCloseable _ = other.plane().listen(heard, null)) {
            for (int i = 0; i < 20; i++) {
                ObjectMessage.Ok made = one.ok(commit(creating(1, "Person", "name", "n" + i)));
                other.ok(new ObjectMessage.Sync(1, made.at()));
                assertThat(heard.has(made.rows().getFirst().tag(), 1)).isTrue();
            }
            assertThat(heard.frames()).isEqualTo(20);
        }
    }

    @Test
    void what_a_server_committed_before_it_died_is_told_by_those_that_live_and_those_that_come() throws Exception {
        Asked living = server(1);
        Heard heard = new Heard();
        try (AutoCloseable _ = living.plane().listen(heard, null)) {
            ObjectPosition before = living.plane().position();
            Asked dying = mute(2);
            ObjectMessage.Row row = dying.row(commit(creating(1, "Person", "name", "Ada")));
            heard.await(() -> heard.has(row.tag(), 1));
            living.plane().close();
            Asked coming = server(3);
            Heard late = new Heard();
            coming.plane().listen(late, before).close();
            assertThat(late.has(row.tag(), 1)).isTrue();
        }
    }

    @Test
    void what_a_server_committed_and_did_not_tell_is_told_by_its_next_start() throws Exception {
        Asked dying = mute(1);
        ObjectMessage.Row row = dying.row(commit(creating(1, "Person", "name", "Ada")));
        dying.plane().close();
        BlockingQueue<ObjectChange> told = new LinkedBlockingQueue<>();
        for (int start = 0; start < 2; start++) {
            ObjectPlane next = plane(folder.resolve("mute1"), 2);
            next.changes(told::addAll);
            next.start();
            if (start == 0) {
                assertThat(Objects.requireNonNull(told.poll(20, TimeUnit.SECONDS))
                                .key())
                        .isEqualTo(row.ref().key());
            }
            // Everything before a commit of now was told when that is told.
            ObjectMessage.Row last =
                    new Asked(next, people.caller("ada")).row(commit(creating(2, "Person", "name", "Eva")));
            assertThat(Objects.requireNonNull(told.poll(20, TimeUnit.SECONDS)).key())
                    .isEqualTo(last.ref().key());
            next.close();
        }
        assertThat(told).isEmpty();
    }

    @Test
    void an_answer_that_was_lost_is_given_by_another_server() {
        Asked one = server(1);
        Asked other = server(2);
        ObjectMessage.Commit hire = new ObjectMessage.Commit(
                1,
                UUID.fromString("0192e0c5-0000-7000-8000-000000000001"),
                List.of(creating(1, "Person", "name", "Ada")));
        assertThat(other.ok(hire).rows()).isEqualTo(one.ok(hire).rows());
        assertThat(one.ok(find("Person")).rows()).hasSize(1);
    }

    @Test
    void the_same_commit_at_two_servers_at_once_is_made_once() throws Exception {
        Asked one = server(1);
        Asked other = server(2);
        for (int i = 0; i < 10; i++) {
            ObjectMessage.Commit hire = commit(creating(1, "Person", "name", "n" + i));
            CompletableFuture<ObjectMessage.Ok> there = CompletableFuture.supplyAsync(() -> other.ok(hire));
            assertThat(one.ok(hire).rows()).isEqualTo(there.get().rows());
            assertThat(one.ok(find("Person")).rows()).hasSize(i + 1);
        }
    }

    @Test
    void what_psql_changes_is_heard_everywhere_once_triggers_are_there() throws Exception {
        Asked one = server(1);
        Asked other = server(2);
        assertThat(one.plane().watchOthers("shop", true)).containsExactly("Dept", "Person");
        ObjectMessage.Row row = one.row(commit(creating(1, "Person", "name", "Ada")));
        Heard heard = new Heard();
        try (AutoCloseable _ = other.plane().listen(heard, null)) {
            Postgres.run(url, "UPDATE person SET name = 'Eva', version = 2");
            heard.await(() -> heard.has(row.tag(), 2));
        }
    }

    @Test
    void a_database_that_was_away_is_used_again() throws Exception {
        Asked one = server(1);
        ObjectMessage.Row row = one.row(commit(creating(1, "Person", "name", "Ada")));
        Heard heard = new Heard();
        try (AutoCloseable _ = one.plane().listen(heard, null)) {
            Postgres.run(
                    url,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND pid <> pg_backend_pid()");
            assertThat(one.row(get(row.ref())).version()).isEqualTo(1);
            Postgres.run(
                    url,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND pid <> pg_backend_pid()");
            one.ok(commit(update(row.ref().key(), 1, "name", "Ada", "Eva")));
            heard.await(() -> heard.has(row.tag(), 2));
        }
    }

    @Test
    void without_grants_nothing_is_there() {
        Asked stranger = new Asked(server(1).plane(), people.caller(""));
        assertThat(stranger.refused(find("Person"))).isEqualTo(Problem.TYPE_UNKNOWN);
    }
}
