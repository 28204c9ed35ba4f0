package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ObjectJsonTest {
    private static String written(@Nullable Object value) {
        return Json.bytes(json -> new ObjectJson(false).value(json, value)).utf8();
    }

    private static void assertRefused(ThrowingCallable asked, Problem problem) {
        assertThatThrownBy(asked)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(problem));
    }

    @Test
    void a_value_is_written_whole_however_deep_it_is() {
        Object deep = 1L;
        for (int i = 0; i < 100_000; i++) {
            deep = i % 2 == 0 ? List.of(deep) : Map.of("a", deep);
        }
        String expected = "{\"a\":[".repeat(50_000) + "1" + "]}".repeat(50_000);
        assertThat(written(deep).equals(expected)).isTrue();
    }

    @Test
    void what_is_shared_stands_wherever_it_is_met() {
        List<Object> shared = List.of(1L);
        assertThat(written(Map.of("a", List.of(shared, shared)))).isEqualTo("{\"a\":[[1],[1]]}");
    }

    @Test
    void a_value_that_plain_json_cannot_hold_is_refused_and_no_other_stands_in_its_place() {
        List<Object> self = new ArrayList<>();
        self.add(List.of(self));
        assertRefused(() -> written(self), Problem.VALUE_INVALID);
        List<Object> doubled = List.of();
        for (int i = 0; i < 60; i++) {
            doubled = List.of(doubled, doubled);
        }
        List<Object> vast = doubled;
        assertRefused(() -> written(vast), Problem.VALUE_TOO_LARGE);
    }
}
