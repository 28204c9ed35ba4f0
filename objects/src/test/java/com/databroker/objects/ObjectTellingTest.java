package com.databroker.objects;

import static com.databroker.objects.Asked.commit;
import static com.databroker.objects.Asked.find;
import static com.databroker.objects.Asked.get;
import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a plane tells of changes, and to whom.
class ObjectTellingTest extends ShopPlane {
    @Test
    @Timeout(20)
    void a_canary_is_old_from_its_change_until_that_was_told_and_always_where_it_cannot_be_changed() {
        ObjectRef ref = hired("Ada").ref();
        plane.relay();
        try (Canary canary = canary("Person/1.name");
                Canary ofNobody = canary("Person/99.name");
                Canary ofReference = canary("Person/1.dept")) {
            String first = "Ada";
            while (first.equals("Ada")) {
                first = nameOf(ref);
            }
            double before = canary.status().oldSeconds();
            while (canary.status().oldSeconds() < before + 0.2) {
                Thread.onSpinWait();
            }
            assertThat(nameOf(ref)).isEqualTo(first);
            assertThat(canary.status().delays().seen().count()).isZero();
            // What another changes in between is heard of, and lost is nothing.
            ada.ok(commit(new ObjectMessage.Update(ref, 2, Map.of("name", new ObjectMessage.Edit(first, "Bob")))));
            while (canary.status().delays().seen().count() < 3) {
                plane.relay();
            }
            while (canary.status().oldSeconds() > 0) {
                plane.relay();
            }
            assertThat(Instant.parse(nameOf(ref))).isAfter(Instant.parse(first));
            assertThat(ofNobody.status().oldSeconds()).isPositive();
            assertThat(ofReference.status().oldSeconds()).isPositive();
        }
        assertThatThrownBy(() -> StoreConfig.defaults().watching("Person/1"))
                .hasMessageContaining("\"Person/1\" is not <object>.<field>, as Heartbeat/1.seen");
    }

    private Canary canary(String field) {
        Canary canary = new Canary(plane, CanaryField.parse(field), InstantSource.system(), new SplittableRandom(7));
        canary.start(Duration.ofMillis(5));
        return canary;
    }

    private String nameOf(ObjectRef ref) {
        return String.valueOf(ada.ok(get(ref)).rows().getFirst().fields().get("name"));
    }

    @Test
    void what_was_found_by_a_value_is_forgotten_exactly_when_that_value_comes_or_goes() throws Exception {
        ObjectRef lab = lab();
        ObjectMessage.Row row = hired("Ada");
        String all = ada.ok(find("Person")).tags().getFirst();
        String inLab = ada.ok(find("Person", where("dept", Operator.EQUAL, lab)))
                .tags()
                .getFirst();
        String nowhere =
                ada.ok(find("Person", where("dept", Operator.IS_NULL))).tags().getFirst();
        String byName = ada.ok(find("Person", where("name", Operator.EQUAL, "Ada")))
                .tags()
                .getFirst();
        String ranged =
                ada.ok(find("Person", where("name", Operator.LESS, "Z"))).tags().getFirst();
        assertThat(ranged).isEqualTo(all);
        assertThat(ada.ok(get(lab, "persons")).lists().getFirst().tag()).isEqualTo(inLab);
        plane.relay();
        Heard heard = new Heard();
        try (AutoCloseable _ = plane.listen(heard, null)) {
            ada.ok(commit(new ObjectMessage.Update(row.ref(), 1, Map.of("dept", new ObjectMessage.Edit(null, lab)))));
            assertThat(heard.tags()).isEmpty();
            plane.relay();
            assertThat(heard.has(row.tag(), 2)).isTrue();
            assertThat(heard.has(all) && heard.has(inLab) && heard.has(nowhere)).isTrue();
            assertThat(heard.has(byName)).isFalse();
            plane.relay();
            assertThat(heard.frames()).isEqualTo(1);
        }
        assertThat(told)
                .extracting(ObjectChange::toString)
                .hasSize(3)
                .last()
                .asString()
                .contains("Person/1")
                .contains("ada");
        assertThat(told.getLast().announcement().topic().text()).isEqualTo("objects/shop/Person");
    }

    @Test
    void what_is_broadcast_holds_no_key_and_no_value() throws Exception {
        Heard heard = new Heard();
        try (AutoCloseable _ = plane.listen(heard, null)) {
            hired("Adalbert", "country", ObjectRef.parse("Country/AT"));
            plane.relay();
        }
        ObjectMessage.Changed changed = new ObjectMessage.Changed(1, heard.at(), 0, List.copyOf(heard.tags()));
        String wire = ObjectMessages.JSON.encode(changed).utf8();
        assertThat(heard.tags()).hasSizeGreaterThan(5).allMatch(tag -> tag.tag().length() == 11);
        assertThat(wire).doesNotContain("Adalbert", "Person", "Country", "name", "/");
    }

    @Test
    void who_comes_back_hears_what_it_missed_or_that_nobody_knows() throws Exception {
        hired("Ada");
        plane.relay();
        ObjectPosition then = plane.position();
        ObjectMessage.Row bob = hired("Bob");
        plane.relay();
        Heard missed = new Heard();
        assertThat(welcomed(missed, then).resumed()).isTrue();
        assertThat(missed.has(bob.tag(), 1)).isTrue();
        assertThat(missed.at()).isEqualTo(plane.position());
        Heard upToDate = new Heard();
        assertThat(welcomed(upToDate, missed.at()).resumed()).isTrue();
        assertThat(upToDate.frames()).isZero();
        Heard lost = new Heard();
        assertThat(welcomed(lost, ObjectPosition.parse("shop:1-1")).resumed()).isFalse();
        assertThat(welcomed(lost, null).resumed()).isFalse();
        assertThat(lost.frames() + lost.resets()).isZero();
    }

    private ObjectMessage.Welcome welcomed(Heard heard, @Nullable ObjectPosition resume) throws Exception {
        ObjectPlane.Greeting greeting = plane.greet(ada.caller(), new ObjectMessage.Hello(1, null, resume), heard);
        greeting.listening().close();
        return (ObjectMessage.Welcome) greeting.reply();
    }

    @Test
    void what_was_missed_is_told_at_once_and_with_it_where_one_stands_then() throws Exception {
        plane.relay();
        ObjectPosition then = plane.position();
        hired("Ada");
        hired("Bob");
        hired("Eve");
        plane.relay();
        List<ObjectPosition> stands = new ArrayList<>();
        ObjectListener listener = new ObjectListener() {
            @Override
            public void changed(ObjectPosition at, Instant committed, List<ObjectMessage.Tagged> tags) {
                stands.add(then.with(at));
            }

            @Override
            public void reset(String why) {
                throw new AssertionError(why);
            }
        };
        plane.listen(listener, then).close();
        assertThat(stands).containsExactly(plane.position());
    }

    @Test
    void a_commit_says_by_which_tags_what_was_found_before_it_is_forgotten() throws Exception {
        ObjectRef lab = lab();
        ObjectMessage.Row row = hired("Ada", "dept", lab);
        String inLab = ada.ok(find("Person", where("dept", Operator.EQUAL, lab)))
                .tags()
                .getFirst();
        String nowhere =
                ada.ok(find("Person", where("dept", Operator.IS_NULL))).tags().getFirst();
        ObjectMessage.Ok moved = ada.ok(commit(new ObjectMessage.Update(
                row.ref(), 1, Collections.singletonMap("dept", new ObjectMessage.Edit(lab, null)))));
        assertThat(moved.tags()).contains(inLab, nowhere);
        assertThat(moved.rows()).hasSize(1);
        assertThat(ada.ok(commit(new ObjectMessage.Delete(row.ref(), 2))).tags())
                .contains(nowhere);
    }
}
