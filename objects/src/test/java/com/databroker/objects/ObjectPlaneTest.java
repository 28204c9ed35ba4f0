package com.databroker.objects;

import static com.databroker.objects.Asked.call;
import static com.databroker.objects.Asked.commit;
import static com.databroker.objects.Asked.find;
import static com.databroker.objects.Asked.get;
import static com.databroker.objects.Wanted.creating;
import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The plane as its callers meet it.
class ObjectPlaneTest extends ShopPlane {
    @Test
    void types_are_those_that_the_principal_may_read_and_their_hash_says_when_they_change() {
        ObjectTypes all = ObjectTypes.of(ada.ok(new ObjectMessage.Types(1)).result());
        assertThat(all.types()).extracting(ObjectTypes.Type::name).containsExactly("Country", "Dept", "Person", "Root");
        assertThat(all.type("Dept"))
                .isNotNull()
                .satisfies(dept -> assertThat(dept.collections())
                        .containsExactly(new ObjectTypes.Collection("persons", "Person", "dept")));
        assertThat(all.type("Country"))
                .isNotNull()
                .satisfies(country -> assertThat(country.collections())
                        .containsExactly(new ObjectTypes.Collection("persons", "Person", "country")));
        assertThat(all.type("Person")).isNotNull().satisfies(person -> {
            assertThat(person.rights()).isEqualTo("rwc");
            assertThat(person.methods()).extracting(ObjectTypes.Method::name).contains("raise");
            assertThat(person.field("secret")).isNull();
        });
        ObjectTypes some = plane.types(eve.caller().principal());
        assertThat(some.types()).extracting(ObjectTypes.Type::name).containsExactly("Person", "Root");
        assertThat(some.hash()).isNotEqualTo(all.hash());
        assertThat(plane.handle(ada.caller(), new ObjectMessage.Hello(1, null, null)))
                .isInstanceOfSatisfying(
                        ObjectMessage.Welcome.class,
                        welcome -> assertThat(welcome.types()).isEqualTo(all.hash()));
        plane.refresh();
        assertThat(plane.types(ada.caller().principal())).isEqualTo(all);
    }

    @Test
    void a_value_of_before_that_the_broker_itself_put_in_may_be_longer_than_a_request() {
        Postgres.run("jdbc:h2:file:" + folder.resolve("shop"), "ALTER TABLE dept ADD COLUMN story CLOB");
        plane.refresh();
        String read = "x".repeat(2 * ObjectMessages.REQUEST_MAX);
        ObjectMessage.Row dept = ada.row(commit(creating(1, "Dept", "id", 17L, "name", "Lab")));
        for (ObjectMessage.Edit edit :
                List.of(new ObjectMessage.Edit(null, read), new ObjectMessage.Edit(read, "short"))) {
            dept = ada.row(commit(new ObjectMessage.Update(dept.ref(), dept.version(), Map.of("story", edit))));
        }
        assertThat(dept.fields()).containsEntry("story", "short");
    }

    private ObjectMessage.Find page(boolean parts, String... with) {
        List<ObjectMessage.Order> order = List.of(new ObjectMessage.Order("id", false));
        return new ObjectMessage.Find(1, "Person", List.of(), order, List.of(with), 1_700, null, true, parts);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "dept",
                "dept,country",
                "boss",
                "boss.boss.dept",
                "boss.country,dept",
                "persons",
                "persons.boss.dept",
                "boss.persons"
            })
    void a_page_in_parts_is_the_page_in_one_piece_whatever_comes_along(String along) {
        Postgres.run(
                "jdbc:h2:file:" + folder.resolve("shop"),
                "INSERT INTO dept SELECT x, 'dept ' || x, 1 FROM system_range(1, 40)",
                "INSERT INTO person SELECT x, 'person ' || x, x, CASE WHEN MOD(x, 7) = 0 THEN NULL ELSE MOD(x, 40) + 1"
                        + " END, CASE WHEN x < 1900 THEN x + MOD(x, 100) ELSE NULL END, CASE WHEN MOD(x, 3) = 0 THEN"
                        + " 'AT' ELSE NULL END, NULL, 1 FROM system_range(1, 2000) ORDER BY x DESC");
        String[] with = along.isEmpty() ? new String[0] : along.split(",", -1);
        ObjectMessage.Ok whole = ada.ok(page(false, with));
        List<ObjectMessage.Row> ahead = new ArrayList<>();
        ObjectMessage.Ok rest =
                (ObjectMessage.Ok) plane.handle(ada.caller(), page(true, with), part -> ahead.addAll(part.rows()));
        assertThat(ahead).hasSizeGreaterThan(1_000);
        assertThat(ahead.size() + rest.asked()).isEqualTo(whole.asked());
        ahead.addAll(rest.rows());
        assertThat(ahead.subList(0, whole.asked())).isEqualTo(whole.rows().subList(0, whole.asked()));
        assertThat(ahead).containsExactlyInAnyOrderElementsOf(whole.rows());
        assertThat(rest.lists()).containsExactlyInAnyOrderElementsOf(whole.lists());
        assertThat(List.of(rest.count(), String.valueOf(rest.next())))
                .isEqualTo(List.of(whole.count(), String.valueOf(whole.next())));
    }

    @Test
    void what_comes_along_comes_in_one_answer_both_ways_and_across_stores() {
        ObjectRef lab = lab();
        ObjectMessage.Row boss = hired("Boss", "country", ObjectRef.parse("Country/AT"));
        hired("Ada", "dept", lab, "boss", boss.ref());
        hired("Bob", "dept", lab);
        ObjectMessage.Ok one = ada.ok(get(lab, "persons.boss.country"));
        assertThat(one.asked()).isEqualTo(1);
        assertThat(one.rows())
                .extracting(row -> row.fields().get("name"))
                .containsExactly("Lab", "Ada", "Bob", "Boss", "Austria");
        assertThat(one.lists()).singleElement().satisfies(list -> {
            assertThat(list.owner()).isEqualTo(lab.key());
            assertThat(list.collection()).isEqualTo("persons");
            assertThat(list.complete()).isTrue();
            assertThat(list.keys()).containsExactly(ObjectKey.of("Person", 2), ObjectKey.of("Person", 3));
        });
        assertThat(ada.refused(get(lab, "cats"))).isEqualTo(Problem.FIELD_UNKNOWN);
        ObjectMessage.Ok found = ada.ok(new ObjectMessage.Find(
                1,
                "Person",
                List.of(),
                List.of(new ObjectMessage.Order("name", true)),
                List.of("dept"),
                2,
                null,
                true));
        assertThat(found.count()).isEqualTo(3);
        assertThat(found.rows()).extracting(row -> row.fields().get("name")).containsExactly("Boss", "Bob", "Lab");
        ObjectMessage.Ok rest = ada.ok(new ObjectMessage.Find(
                1,
                "Person",
                List.of(),
                List.of(new ObjectMessage.Order("name", true)),
                List.of(),
                2,
                found.next(),
                false));
        assertThat(rest.rows()).extracting(row -> row.fields().get("name")).containsExactly("Ada");
        assertThat(rest.next()).isNull();
        // Whoever may not read what comes along does not get it, nor a proof for it.
        ObjectMessage.Ok less = eve.ok(
                new ObjectMessage.Find(1, "Person", List.of(), List.of(), List.of("dept", "boss"), 9, null, false));
        assertThat(less.rows())
                .hasSize(3)
                .allMatch(row -> row.ref().key().type().equals("Person"));
        assertThat(less.rows().get(1).fields().get("dept")).isEqualTo(ObjectRef.of(lab.key()));
    }

    @Test
    void a_capability_is_good_for_whom_it_was_made_and_for_what() {
        ObjectMessage.Row row = hired("Ada");
        ObjectMessage.Row toEve = eve.row(find("Person"));
        assertThat(eve.row(get(toEve.ref())).rights()).isEqualTo("r");
        assertThat(eve.refused(get(row.ref()))).isEqualTo(Problem.CAPABILITY_INVALID);
        assertThat(ada.refused(get(row.ref().key() + "~AAAAAAAAAAAAAAAAAAAAAA")))
                .isEqualTo(Problem.CAPABILITY_INVALID);
        assertThat(ada.refused(
                        get(new ObjectRef(ObjectKey.of("Person", 2), row.ref().capability()))))
                .isEqualTo(Problem.CAPABILITY_INVALID);
        ObjectMessage.Update rename =
                new ObjectMessage.Update(toEve.ref(), 1, Map.of("name", new ObjectMessage.Edit("Ada", "Eve")));
        assertThat(eve.refused(commit(rename))).isEqualTo(Problem.FORBIDDEN);
        assertThat(eve.refused(commit(Wanted.update(row.ref().key(), 1, "name", "Ada", "Eve"))))
                .isEqualTo(Problem.FORBIDDEN);
        assertThat(rex.refused(commit(creating(1, "Person", "name", "Rex")))).isEqualTo(Problem.FORBIDDEN);
        assertThat(eve.refused(find("Dept"))).isEqualTo(Problem.TYPE_UNKNOWN);
        assertThat(eve.refused(find("Dpt"))).isEqualTo(Problem.TYPE_UNKNOWN);
    }

    @Test
    void two_epochs_of_capabilities_are_good_and_the_one_before_is_not() {
        ObjectMessage.Row first = hired("Ada");
        plane.rotate("shop", false);
        ObjectMessage.Row second = ada.row(get(first.ref()));
        assertThat(second.ref()).isNotEqualTo(first.ref());
        plane.rotate("shop", false);
        assertThat(ada.refused(get(first.ref()))).isEqualTo(Problem.CAPABILITY_INVALID);
        ObjectRef third = ada.row(get(second.ref())).ref();
        plane.rotate("shop", true);
        assertThat(ada.refused(get(third))).isEqualTo(Problem.CAPABILITY_INVALID);
    }

    @Test
    void where_the_store_asks_for_capabilities_a_key_alone_opens_nothing() {
        hired("Ada");
        plane.close();
        plane = plane(StoreConfig.Lookup.CAPABILITY);
        as(plane);
        assertThat(ada.refused(get("Person/1"))).isEqualTo(Problem.CAPABILITY_INVALID);
        ObjectRef shown = ada.row(find("Person")).ref();
        assertThat(ada.row(get(shown)).fields()).containsEntry("name", "Ada");
        assertThat(ada.refused(commit(Wanted.delete(shown.key(), 1)))).isEqualTo(Problem.CAPABILITY_INVALID);
        assertThat(ada.refused(commit(creating(1, "Person", "name", "Bob", "boss", ObjectRef.of(shown.key())))))
                .isEqualTo(Problem.CAPABILITY_INVALID);
    }

    @Test
    void a_hidden_field_is_nowhere() {
        ObjectMessage.Row row = hired("Ada");
        assertThat(row.fields()).doesNotContainKey("secret");
        assertThat(ada.refused(find("Person", where("secret", Operator.EQUAL, "x"))))
                .isEqualTo(Problem.FIELD_UNKNOWN);
        assertThat(ada.refused(commit(creating(1, "Person", "name", "x", "secret", "y"))))
                .isEqualTo(Problem.FIELD_UNKNOWN);
    }

    @Test
    void requests_that_make_no_sense_are_refused_by_number() {
        hired("Ada");
        assertThat(ada.refused(find("Person", where("name", Operator.EQUAL)))).isEqualTo(Problem.QUERY_INVALID);
        assertThat(ada.refused(find("Person", where("dept", Operator.LESS, "Dept/1"))))
                .isEqualTo(Problem.QUERY_INVALID);
        assertThat(ada.refused(find("Person", where("salary", Operator.LESS, "much"))))
                .isEqualTo(Problem.VALUE_INVALID);
        assertThat(ada.refused(find("Person", where("dept", Operator.EQUAL, "Person/1"))))
                .isEqualTo(Problem.VALUE_INVALID);
        assertThat(ada.refused(new ObjectMessage.Find(1, "Person", List.of(), List.of(), List.of(), 9, "zz", false)))
                .isEqualTo(Problem.QUERY_INVALID);
        assertThat(ada.refused(
                        new ObjectMessage.Find(1, "Person", List.of(), List.of(), List.of(), 99_999, null, false)))
                .isEqualTo(Problem.QUERY_INVALID);
        assertThat(ada.refused(commit())).isEqualTo(Problem.QUERY_INVALID);
        assertThat(ada.refused(commit(creating(1, "Person", "name", "x"), creating(1, "Dept", "id", 1L, "name", "x"))))
                .isEqualTo(Problem.QUERY_INVALID);
        assertThat(ada.refused(
                        commit(creating(1, "Person", "name", "x"), creating(2, "Country", "code", "x", "name", "x"))))
                .isEqualTo(Problem.QUERY_INVALID);
        assertThat(ada.refused(commit(creating(1, "Person", "name", "x".repeat(81)))))
                .isEqualTo(Problem.VALUE_INVALID);
        assertThat(ada.refused(commit(Wanted.update(ObjectKey.of("Person", 1), 1, "id", 1L, 2L))))
                .isEqualTo(Problem.READ_ONLY);
        assertThat(ada.refused(commit(Wanted.update(ObjectKey.of("Person", 1), 1, "nmae", "a", "b"))))
                .isEqualTo(Problem.FIELD_UNKNOWN);
        assertThat(ada.refused(call(null, "Person", "fire"))).isEqualTo(Problem.METHOD_UNKNOWN);
        assertThat(ada.refused(call(ObjectRef.parse("Person/99"), "Person", "self")))
                .isEqualTo(Problem.OBJECT_NOT_FOUND);
        assertThat(ada.refused(new ObjectMessage.Sync(1, ObjectPosition.parse("shop:1-1"))))
                .isEqualTo(Problem.POSITION_INVALID);
        assertThat(ada.ok(get("Person/99")).rows()).isEmpty();
        assertThat(ada.ok(find("Person", where("salary", Operator.EQUAL, "1.50")))
                        .rows())
                .isEmpty();
    }

    @Test
    void a_commit_answers_with_what_it_made_and_the_same_again_with_the_same() {
        ObjectMessage.Commit both = commit(
                creating(1, "Dept", "id", 1L, "name", "New"),
                creating(2, "Person", "name", "Ada", "dept", ObjectRef.parse("#1")));
        ObjectMessage.Ok made = ada.ok(both);
        assertThat(made.rows()).extracting(row -> row.ref().key().toString()).containsExactly("Dept/1", "Person/1");
        assertThat(made.result())
                .isEqualTo(Map.of(
                        "#1",
                        made.rows().getFirst().ref(),
                        "#2",
                        made.rows().get(1).ref()));
        ObjectMessage.Ok again = ada.ok(both);
        assertThat(again.rows()).isEqualTo(made.rows());
        assertThat(again.tags()).isEqualTo(made.tags());
        ObjectMessage.Commit stolen = new ObjectMessage.Commit(1, both.commit(), both.ops());
        assertThat(rex.plane().handle(Asked.BROKER, stolen))
                .isInstanceOfSatisfying(
                        ObjectMessage.Failed.class,
                        failed -> assertThat(failed.problem()).isEqualTo(Problem.COMMIT_REUSED));
        ObjectMessage.Row person = made.rows().get(1);
        ada.ok(commit(new ObjectMessage.Update(person.ref(), 1, Map.of("name", new ObjectMessage.Edit("Ada", "Eva")))));
        assertThat(plane.handle(
                        ada.caller(),
                        commit(new ObjectMessage.Update(
                                person.ref(), 1, Map.of("name", new ObjectMessage.Edit("Ada", "Ida"))))))
                .isEqualTo(new ObjectMessage.Conflict(
                        1, List.of(new ObjectMessage.FieldConflict(person.ref().key(), "name", "Ada", "Ida", "Eva"))));
        assertThat(plane.status().stores().getFirst().conflicts()).isEqualTo(1);
    }

    @Test
    void declared_methods_can_be_called_and_nothing_else() {
        ObjectMessage.Row rich = hired("Ada", "salary", new BigDecimal("100.00"));
        assertThat(ada.ok(call(rich.ref(), "Person", "raise", new BigDecimal("1.1")))
                        .result())
                .isEqualTo(new BigDecimal("110.000"));
        assertThat(ada.row(get(rich.ref())).version()).isEqualTo(2);
        ObjectMessage.Ok self = ada.ok(call(rich.ref(), "Person", "self"));
        assertThat(self.result()).isEqualTo(rich.ref());
        assertThat(self.rows()).hasSize(1);
        assertThat(ada.ok(call(null, "Person", "wellPaid")).asked()).isEqualTo(1);
        assertThat(ada.refused(call(rich.ref(), "Person", "raise"))).isEqualTo(Problem.VALUE_INVALID);
        assertThat(ada.refused(call(null, "Person", "raise", BigDecimal.ONE))).isEqualTo(Problem.METHOD_UNKNOWN);
        assertThat(ada.refused(call(null, "Person", "fails"))).isEqualTo(Problem.METHOD_FAILED);
        assertThat(eve.refused(call(null, "Person", "wellPaid"))).isEqualTo(Problem.FORBIDDEN);
        List<Object> circle = new ArrayList<>();
        circle.add(circle);
        assertThat(ada.ok(call(null, "Root", "echo", circle)).result()).isSameAs(circle);
    }

    @Test
    void the_root_has_only_auth_until_it_succeeded() {
        People.Caller stranger = people.caller("");
        Asked asked = new Asked(plane, stranger);
        assertThat(plane.types(stranger.principal()).types()).singleElement().satisfies(root -> {
            assertThat(root.name()).isEqualTo("Root");
            assertThat(root.methods()).extracting(ObjectTypes.Method::name).containsExactly("auth");
        });
        assertThat(asked.refused(find("Person"))).isEqualTo(Problem.TYPE_UNKNOWN);
        assertThat(asked.refused(call(null, "Root", "echo", 1L))).isEqualTo(Problem.METHOD_UNKNOWN);
        assertThat(asked.refused(call(null, "Root", "auth", "wrong"))).isEqualTo(Problem.NOT_AUTHENTICATED);
        assertThat(asked.ok(call(null, "Root", "auth", people.token("ada"))).result())
                .isEqualTo("ada");
        assertThat(asked.ok(call(null, "Root", "echo", 1L)).result()).isEqualTo(1L);
    }

    @Test
    void two_stores_with_a_type_of_one_name_are_refused_with_what_to_do() {
        MemoryStore other =
                new MemoryStore("other", InstantSource.system(), Map.of()).records("Country", Country.class, List.of());
        MemoryStore world =
                new MemoryStore("world", InstantSource.system(), Map.of()).records("Country", Country.class, List.of());
        assertThatThrownBy(() -> ObjectPlane.open(
                        ObjectsConfig.defaults(),
                        folder,
                        InstantSource.system(),
                        new SplittableRandom(1),
                        List.of(world, other),
                        List.of()))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("give this one another name");
    }

    @Test
    void answers_can_be_sent() {
        ObjectRef lab = lab();
        hired("Ada", "dept", lab, "salary", new BigDecimal("1.50"));
        for (ObjectMessages codec : ObjectMessages.values()) {
            ObjectMessage.Ok ok = ada.ok(get(lab, "persons"));
            Bytes bytes = codec.encode(ok);
            assertThat(codec.decodeAnswer(bytes)).isEqualTo(ok);
            ObjectMessage.Commit commit = new ObjectMessage.Commit(
                    7, new UUID(1, 2), List.of(Wanted.update(lab.key(), 1, "name", "Lab", Instant.EPOCH.toString())));
            assertThat(codec.decodeRequest(codec.encode(commit))).isEqualTo(commit);
        }
    }
}
