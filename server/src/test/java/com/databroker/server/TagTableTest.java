package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TagTableTest {
    private static String tag(long number) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }

    @Test
    void it_holds_what_a_map_would_hold_whatever_is_put_and_removed() {
        for (int seed = 0; seed < 8; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            TagTable table = new TagTable();
            Map<String, Long> map = new HashMap<>();
            // Numbers that follow one another would meet in a table that takes them as they are.
            long step = seed % 2 == 0 ? 1 : 0x9e3779b97f4a7c15L;
            for (int i = 0; i < 100_000; i++) {
                long number = random.nextInt(3000) * step;
                String tag = random.nextInt(10) == 0 ? "text " + number : tag(number);
                if (random.nextInt(3) == 0) {
                    table.remove(tag);
                    map.remove(tag);
                } else {
                    long version = random.nextInt(100);
                    table.putGreatest(tag, version);
                    map.merge(tag, version, Math::max);
                }
                assertThat(table.size()).isEqualTo(map.size());
                assertThat(table.get(tag)).isEqualTo(map.getOrDefault(tag, TagTable.ABSENT));
            }
            map.forEach((tag, version) -> assertThat(table.get(tag)).isEqualTo(version));
            table.clear();
            assertThat(table.size()).isZero();
            map.keySet().forEach(tag -> assertThat(table.get(tag)).isEqualTo(TagTable.ABSENT));
        }
    }

    @Test
    void what_is_nearly_a_tag_is_another_one() {
        TagTable table = new TagTable();
        List<String> alike =
                List.of(tag(0), tag(1), "AAAAAAAAAAB", "AAAAAAAAAA", "AAAAAAAAAAAA", "AAAAA+AAAAA", "", "é");
        for (int i = 0; i < alike.size(); i++) {
            table.putGreatest(alike.get(i), i);
        }
        for (int i = 0; i < alike.size(); i++) {
            assertThat(table.get(alike.get(i))).as(alike.get(i)).isEqualTo(i);
        }
    }
}
