package com.databroker.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ObjectPositionTest {
    @Test
    void a_position_covers_another_of_the_same_epochs_only() {
        ObjectPosition one = ObjectPosition.parse("shop:7-8812");
        ObjectPosition two = ObjectPosition.parse("crm:2-1,shop:7-8812");
        assertThat(two).hasToString("crm:2-1,shop:7-8812");
        assertThat(two.covers(one)).isTrue();
        assertThat(one.covers(two)).isFalse();
        assertThat(one.covers(ObjectPosition.parse("shop:7-8813"))).isFalse();
        assertThat(one.covers(ObjectPosition.parse("shop:6-1"))).isFalse();
        assertThat(one.covers(ObjectPosition.NONE)).isTrue();
        ObjectPosition three = ObjectPosition.parse("shop:7-8812,art:1-4,crm:2-1");
        assertThat(three)
                .hasToString("art:1-4,crm:2-1,shop:7-8812")
                .isEqualTo(two.with(ObjectPosition.parse("art:1-4")));
        assertThat(three.covers(two)).isTrue();
        assertThat(two.covers(three)).isFalse();
        assertThat(three.covers(ObjectPosition.parse("crm:2-1,zoo:1-0"))).isFalse();
    }
}
