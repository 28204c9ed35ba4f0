package com.databroker.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ObjectKeyTest {
    @Test
    void keys_are_text_and_back() {
        ObjectKey odd = new ObjectKey("Line", List.of("a/b,c%~#\n", "", "\u00e4"));
        assertThat(odd).hasToString("Line/a%2fb%2cc%25%7e%23%0a,,\u00e4");
        assertThat(ObjectKey.parse(odd.toString())).isEqualTo(odd);
        assertThat(ObjectKey.parse("#7").isTemporary()).isTrue();
        assertThat(ObjectKey.parse("Person/%237").isTemporary()).isFalse();
        for (String bad :
                List.of("", "Person", "1x/2", "P/a/b", "P/%", "P/%4", "P/%ff", "#", "#x", "Pe rson/1", "P/#1")) {
            assertThatThrownBy(() -> ObjectKey.parse(bad)).as(bad).isInstanceOf(ProblemException.class);
        }
        assertThat(ObjectKey.of("Person", 42)).hasToString("Person/42");
    }
}
