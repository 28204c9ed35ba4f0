package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GivenTagsTest {
    private static ObjectMessage.Ok ok(String tag, long version) {
        ObjectMessage.Row row =
                new ObjectMessage.Row(ObjectRef.of(ObjectKey.of("Person", tag)), "r", version, tag, Map.of());
        return new ObjectMessage.Ok(
                1, 1, List.of(row), null, null, -1, List.of("found-" + tag), List.of(), ObjectPosition.NONE);
    }

    private static List<ObjectMessage.Tagged> changed(String tag, long version) {
        return List.of(new ObjectMessage.Tagged(tag, version));
    }

    @Test
    void only_what_was_given_is_told_and_once() {
        GivenTags tags = new GivenTags(false, new GivenTags.Total());
        assertThat(tags.told(changed("a", 2))).isEmpty();
        assertThat(tags.answered(tags.asked(), ok("a", 2))).isEmpty();
        assertThat(tags.told(changed("b", 2))).isEmpty();
        // It was in the answer already: whoever has it hears of what comes after it.
        assertThat(tags.told(changed("a", 2))).hasSize(1);
        assertThat(tags.told(changed("a", 3))).hasSize(1);
        assertThat(tags.told(changed("a", 4))).isEmpty();
        assertThat(tags.told(changed("found-a", 0))).hasSize(1);
        assertThat(tags.told(changed("found-a", 0))).isEmpty();
    }

    @Test
    void what_was_told_between_reading_and_answering_comes_with_the_answer() {
        GivenTags tags = new GivenTags(false, new GivenTags.Total());
        long first = tags.asked();
        assertThat(tags.told(changed("a", 3))).isEmpty();
        long second = tags.asked();
        assertThat(tags.answered(first, ok("b", 1))).isEmpty();
        long third = tags.asked();
        assertThat(tags.told(changed("c", 0))).isEmpty();
        assertThat(tags.answered(third, ok("c", 9))).contains(new ObjectMessage.Tagged("c", 0));
        assertThat(tags.answered(second, ok("a", 2))).contains(new ObjectMessage.Tagged("a", 3));
    }

    @Test
    void who_is_given_very_much_and_who_holds_something_already_hears_of_everything() {
        GivenTags much = new GivenTags(false, new GivenTags.Total());
        for (int i = 0; i < 100_000; i++) {
            assertThat(much.answered(much.asked(), ok("k" + i, 1))).isEmpty();
        }
        assertThat(much.told(changed("a", 3))).hasSize(1);
        assertThat(new GivenTags(true, new GivenTags.Total()).told(changed("a", 3)))
                .hasSize(1);
    }

    @Test
    void of_many_streams_that_were_given_very_much_the_last_hears_of_everything() {
        GivenTags.Total total = new GivenTags.Total();
        List<GivenTags> streams = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            GivenTags stream = new GivenTags(false, total);
            for (int j = 0; j < 45_000; j++) {
                stream.answered(stream.asked(), ok("k" + j, 1));
            }
            streams.add(stream);
        }
        assertThat(streams.getFirst().told(changed("a", 3))).isEmpty();
        assertThat(streams.getLast().told(changed("a", 3))).hasSize(1);
        streams.forEach(GivenTags::forget);
        GivenTags next = new GivenTags(false, total);
        next.answered(next.asked(), ok("k", 1));
        assertThat(next.told(changed("a", 3))).isEmpty();
    }

    @Test
    void a_part_that_goes_ahead_of_its_answer_takes_along_what_was_told_meanwhile() {
        GivenTags tags = new GivenTags(false, new GivenTags.Total());
        long asked = tags.asked();
        assertThat(tags.told(changed("a", 3))).isEmpty();
        assertThat(tags.ahead(new ObjectMessage.Part(1, ok("a", 2).rows(), ObjectPosition.NONE)))
                .containsExactly(new ObjectMessage.Tagged("a", 3));
        assertThat(tags.told(changed("a", 4))).hasSize(1);
        assertThat(tags.answered(asked, ok("b", 1))).isEmpty();
    }

    /// A request that is under way.
    private record Asked(long turn, String tag, long version) {}

    /// Reads, changes, rounds and answers in any order: in the end nobody holds what is not true any more.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void nothing_stays_stale(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        GivenTags tags = new GivenTags(false, new GivenTags.Total());
        Map<String, Long> store = new HashMap<>();
        Map<String, Long> held = new HashMap<>();
        Map<String, Long> heard = new HashMap<>();
        List<ObjectMessage.Tagged> untold = new ArrayList<>();
        List<Asked> underWay = new ArrayList<>();
        for (int step = 0; step < 200_000 || !underWay.isEmpty() || !untold.isEmpty(); step++) {
            boolean end = step >= 200_000;
            String tag = "k" + random.nextInt(40);
            int what = random.nextInt(10);
            if (what < 3 && !end) {
                long turn = tags.asked();
                // It is read some time after it was asked for: of this the step before is as good as any.
                underWay.add(new Asked(turn, tag, store.getOrDefault(tag, 1L)));
            } else if (what < 5 && !end) {
                untold.add(new ObjectMessage.Tagged(tag, store.merge(tag, 2L, (there, one) -> there + 1)));
            } else if (what < 7) {
                hear(tags.told(untold), held, heard);
                untold.clear();
            } else if (!underWay.isEmpty()) {
                Asked one = underWay.remove(random.nextInt(underWay.size()));
                hear(tags.answered(one.turn, ok(one.tag, one.version)), held, heard);
                if (heard.getOrDefault(one.tag, 0L) <= one.version) {
                    held.merge(one.tag, one.version, Math::max);
                }
            }
        }
        held.forEach((tag, version) -> assertThat(version).as(tag).isEqualTo(store.getOrDefault(tag, 1L)));
    }

    private static void hear(List<ObjectMessage.Tagged> news, Map<String, Long> held, Map<String, Long> heard) {
        for (ObjectMessage.Tagged one : news) {
            heard.merge(one.tag(), one.version(), Math::max);
            held.computeIfPresent(one.tag(), (tag, version) -> version < one.version() ? null : version);
        }
    }
}
