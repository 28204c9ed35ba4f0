package com.databroker.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Fields of objects are maps as others are.
class FieldValuesTest {
    private static final List<String> NAMES = List.of("name", "salary", "boss");

    private final @Nullable Object[] values = {"Ada", 7L, null};
    private final Map<String, @Nullable Object> fields = ObjectMessage.Row.fields(NAMES, values);

    @Test
    void they_are_equal_to_any_map_of_the_same() {
        Map<String, @Nullable Object> same = new LinkedHashMap<>();
        same.put("boss", null);
        same.put("name", "Ada");
        same.put("salary", 7L);
        assertThat(fields).isEqualTo(same).hasSameHashCodeAs(same);
        assertThat(same).isEqualTo(fields);
        assertThat(fields).hasToString("{name=Ada, salary=7, boss=null}");
    }

    @Test
    void names_and_values_keep_their_order() {
        Map<String, @Nullable Object> walked = new LinkedHashMap<>();
        fields.forEach(walked::put);
        assertThat(List.copyOf(walked.keySet())).isEqualTo(NAMES);
        assertThat(List.copyOf(fields.keySet())).isEqualTo(NAMES);
        assertThat(fields.values().toArray()).isEqualTo(values);
        assertThat(fields.entrySet().stream().map(Map.Entry::getKey)).isEqualTo(NAMES);
    }

    @Test
    void what_is_not_there_is_told_from_what_has_no_value() {
        assertThat(fields.containsKey("boss")).isTrue();
        assertThat(fields.get("boss")).isNull();
        assertThat(fields.containsKey("age")).isFalse();
        assertThat(fields.get("age")).isNull();
        assertThat(fields.keySet().contains("age")).isFalse();
    }

    @Test
    void other_values_leave_those_before_as_they_are() {
        Map<String, @Nullable Object> others = ObjectMessage.Row.fields(fields, String::valueOf);
        assertThat(others.values()).isEqualTo(Arrays.asList("Ada", "7", "null"));
        assertThat(fields.get("salary")).isEqualTo(7L);
        Map<String, @Nullable Object> plain = new LinkedHashMap<>(fields);
        assertThat(ObjectMessage.Row.fields(plain, String::valueOf)).isEqualTo(others);
    }

    @Test
    void nobody_writes_to_them() {
        assertThatThrownBy(() -> fields.put("name", "Bob")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> fields.remove("name")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> fields.values().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> fields.keySet().clear()).isInstanceOf(UnsupportedOperationException.class);
    }
}
