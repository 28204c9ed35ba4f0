package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class OddNamesTest {
    private final OddNames names = new OddNames();

    @Test
    void a_name_that_is_none_is_said_once_and_a_hidden_one_never() {
        for (String path :
                List.of("inbox/dns/12:00:00.pcap", "inbox/news/what?.xml", "a\nb", "inbox/end.", "a\u0308")) {
            assertThat(names.tell(path)).as(path).isTrue();
            assertThat(names.tell(path)).as(path).isFalse();
        }
        for (String path : List.of(".hidden", "inbox/.hidden", ".folder:x/file", "inbox/news/feed.xml")) {
            assertThat(names.tell(path)).as(path).isFalse();
        }
    }

    @Test
    void whoever_makes_many_odd_names_fills_neither_log_nor_memory() {
        int said = 0;
        for (int i = 0; i < 3000; i++) {
            said += names.tell("a:" + i) ? 1 : 0;
        }
        assertThat(said).isEqualTo(1000);
    }
}
