package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.ProblemException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DefinitionsTest {
    private static final Definitions SOME = new Definitions(
            "<a>\n  <b/>\n\n</a>\n",
            Map.of("one.yaml", "fields:\n  a: {type: text}\n", "odd.yaml", "\ttab \u0001 \r\n", "none.yaml", ""),
            Map.of("files.rules.x.path", "a: b # c", "objects.stores.s.user", "\"quoted\""));

    @Test
    void both_forms_give_back_what_was_written() {
        assertThat(Definitions.parse(SOME.yaml())).isEqualTo(SOME);
        assertThat(Definitions.parse(SOME.json())).isEqualTo(SOME);
        assertThat(SOME.yaml().utf8()).contains("users: |\n  <a>\n    <b/>\n\n  </a>\n");
    }

    @Test
    void everything_that_is_wrong_is_told_with_its_place() {
        assertThatThrownBy(() -> Definitions.parse(Bytes.utf8("definitions: 2\nuser: x\nstreams: [a]\n")))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.detail())
                                .contains(
                                        ":1:",
                                        "is not 1",
                                        ":2:",
                                        "is none of users, streams, settings",
                                        ":3:",
                                        "is no section"));
        assertThatThrownBy(() -> Definitions.parse(Bytes.utf8("users: x\n")))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("definitions: 1");
    }

    @Test
    void a_difference_is_the_lines_that_differ() {
        assertThat(TextDiff.of("a\nb\nc\nd\n", "a\nx\nc\ne\nd\n")).containsExactly("- b", "+ x", "+ e");
        assertThat(TextDiff.of("", "a\n")).isEqualTo(List.of("+ a"));
        assertThat(TextDiff.of("a\n", "a\n")).isEmpty();
    }
}
