package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SignalQueueTest {
    private static final Signal OVERFLOW = new Signal.Overflow();

    private final SignalQueue queue = new SignalQueue(SignalQueue.BYTES_MAX);

    private static Signal finished(String path) {
        return new Signal.Finished(path);
    }

    private static Signal touched(String path) {
        return new Signal.Touched(path);
    }

    private static Signal gone(String path) {
        return new Signal.Gone(path, false);
    }

    private static Signal folderGone(String path) {
        return new Signal.Gone(path, true);
    }

    private static Signal came(String path) {
        return new Signal.FolderCame(path);
    }

    private List<Signal> after(Signal... signals) throws InterruptedException {
        for (Signal signal : signals) {
            queue.offer(signal);
        }
        return queue.take(100, Duration.ZERO);
    }

    @Test
    void they_are_taken_in_the_order_in_which_they_came() throws Exception {
        assertThat(after(finished("b"), touched("a"), came("c")))
                .containsExactly(finished("b"), touched("a"), came("c"));
        assertThat(queue.take(100, Duration.ZERO)).isEmpty();
    }

    @Test
    void of_several_about_one_file_the_last_one_is_told() throws Exception {
        assertThat(after(touched("a"), touched("a"), finished("a"))).containsExactly(finished("a"));
        assertThat(after(touched("a"), finished("a"), gone("a"))).containsExactly(gone("a"));
        assertThat(after(gone("a"), touched("a"))).containsExactly(touched("a"));
    }

    @Test
    void a_finished_file_stays_finished_when_it_is_touched() throws Exception {
        assertThat(after(finished("a"), touched("a"))).containsExactly(finished("a"));
    }

    @Test
    void that_a_folder_went_is_told_beside_what_came_instead() throws Exception {
        assertThat(after(folderGone("a"), came("a"))).containsExactly(folderGone("a"), came("a"));
        assertThat(after(folderGone("a"), touched("a"), finished("a"))).containsExactly(folderGone("a"), finished("a"));
        assertThat(after(folderGone("a"), came("a"), folderGone("a"))).containsExactly(folderGone("a"));
    }

    @Test
    void that_a_folder_went_is_told_after_all_that_was_in_it() throws Exception {
        assertThat(after(came("a"), finished("a/b"), folderGone("a")))
                .containsExactly(finished("a/b"), folderGone("a"));
    }

    @Test
    void what_belongs_together_is_taken_together() throws Exception {
        for (Signal signal : List.of(finished("x"), folderGone("a"), came("a"))) {
            queue.offer(signal);
        }
        assertThat(queue.take(2, Duration.ZERO)).containsExactly(finished("x"));
        assertThat(queue.take(2, Duration.ZERO)).containsExactly(folderGone("a"), came("a"));
        assertThatThrownBy(() -> queue.take(1, Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void what_is_in_a_forgotten_folder_is_taken_back() throws Exception {
        for (Signal signal : List.of(came("a"), finished("a/b"), came("a/c"), finished("a/c/d"), finished("ab"))) {
            queue.offer(signal);
        }
        queue.forget("a");
        assertThat(queue.take(100, Duration.ZERO)).containsExactly(came("a"), finished("ab"));
        queue.offer(finished("x"));
        queue.forget("");
        assertThat(queue.take(100, Duration.ZERO)).isEmpty();
    }

    @Test
    void an_overflow_comes_first_and_is_told_once() throws Exception {
        assertThat(after(finished("a"), OVERFLOW, OVERFLOW, finished("b")))
                .containsExactly(OVERFLOW, finished("a"), finished("b"));
        assertThat(queue.overflows()).isEqualTo(1);
        assertThat(after(OVERFLOW)).containsExactly(OVERFLOW);
        assertThat(queue.overflows()).isEqualTo(2);
        assertThat(queue.wasFilled()).isFalse();
    }

    @Test
    void there_is_room_again_for_what_was_taken_or_taken_back() throws Exception {
        SignalQueue small = new SignalQueue(1000);
        for (int i = 0; i < 1000; i++) {
            small.offer(finished("folder/" + i));
            if (i % 2 == 0) {
                assertThat(small.take(100, Duration.ZERO)).endsWith(finished("folder/" + i));
            } else {
                small.forget("folder");
            }
            small.offer(folderGone("folder"));
            small.offer(came("folder"));
        }
        assertThat(small.overflows()).isZero();
        assertThat(small.take(2, Duration.ZERO)).containsExactly(folderGone("folder"), came("folder"));
    }

    @Test
    void too_many_become_an_overflow() throws Exception {
        SignalQueue small = new SignalQueue(1000);
        for (int i = 0; i < 100; i++) {
            small.offer(finished("file-" + i));
        }
        assertThat(small.overflows()).isEqualTo(1);
        assertThat(small.wasFilled()).isTrue();
        assertThat(small.take(100, Duration.ZERO)).startsWith(OVERFLOW).hasSizeLessThan(10);
    }
}
