package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DescriptorsTest {
    private final Descriptors descriptors = new Descriptors();

    @Test
    void a_number_that_is_used_again_is_heard_only_after_the_last_word_about_the_old_folder() {
        descriptors.put(7, "old");
        assertThat(descriptors.heard(7)).isEqualTo("old");
        descriptors.letGo("old");
        assertThat(descriptors.heard(7)).isNull();
        assertThat(descriptors.end(10)).containsExactly(7);

        descriptors.put(7, "new");
        assertThat(descriptors.heard(7)).as("it is still about the old one").isNull();
        assertThat(descriptors.ended(7)).as("asked for").isNull();
        assertThat(descriptors.heard(7)).isEqualTo("new");
        assertThat(descriptors.ended(7)).as("not asked for").isEqualTo("new");
        assertThat(descriptors.size()).isZero();
    }

    @Test
    void a_folder_that_is_added_again_before_the_end_keeps_its_number() {
        descriptors.put(1, "old");
        descriptors.put(2, "old/below");
        assertThat(descriptors.letGo("old")).isEqualTo(2);
        descriptors.put(1, "new");
        assertThat(descriptors.end(10)).containsExactly(2);
        assertThat(descriptors.hasIdle()).isFalse();
        assertThat(descriptors.heard(1)).isEqualTo("new");
        assertThat(descriptors.heard(2)).isNull();
    }

    @Test
    void a_path_with_a_new_folder_lets_the_old_one_go() {
        descriptors.put(1, "a");
        descriptors.put(2, "a");
        assertThat(descriptors.heard(1)).isNull();
        assertThat(descriptors.heard(2)).isEqualTo("a");
        assertThat(descriptors.end(10)).containsExactly(1);
        assertThat(descriptors.size()).isEqualTo(1);
    }

    @Test
    void a_folder_goes_with_what_is_below_it_and_not_with_what_begins_like_it() {
        int number = 0;
        for (String folder : new String[] {"", "a", "a/b", "a/b/c", "a-", "a0", "ab"}) {
            descriptors.put(number++, folder);
        }
        assertThat(descriptors.letGo("a")).isEqualTo(3);
        assertThat(descriptors.size()).isEqualTo(4);
        assertThat(descriptors.letGo("")).isEqualTo(4);
        assertThat(descriptors.end(3)).hasSize(3);
        assertThat(descriptors.end(10)).hasSize(4);
    }

    @Test
    void when_last_words_were_lost_numbers_are_heard_again() {
        descriptors.put(1, "a");
        descriptors.letGo("a");
        descriptors.end(10);
        descriptors.lost();
        descriptors.put(1, "b");
        assertThat(descriptors.heard(1)).isEqualTo("b");
    }
}
