package com.databroker.objects;

import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// By what a find is to be forgotten where the value that it asks for is not quite the one that it finds.
class FoundByTest {
    @TempDir
    Path folder;

    private static ObjectTypes.Field field(String name, Kind kind) {
        return new ObjectTypes.Field(name, kind, null, false, false, true, 0);
    }

    private ObjectPlane plane() {
        MemoryStore store = new MemoryStore("log", InstantSource.system(), Map.of())
                .type(
                        "Entry",
                        field("id", Kind.INTEGER),
                        field("at", Kind.INSTANT),
                        field("local", Kind.DATETIME),
                        field("daily", Kind.TIME),
                        field("level", Kind.DOUBLE));
        return ObjectPlane.open(
                ObjectsConfig.defaults(),
                folder,
                InstantSource.system(),
                new SplittableRandom(1),
                List.of(store),
                List.of());
    }

    private static List<String> tags(Asked asked, ObjectMessage.Condition... where) {
        return asked.ok(new ObjectMessage.Find(1, "Entry", List.of(where), List.of(), List.of(), 10, null, false))
                .tags();
    }

    @Test
    void a_time_that_a_database_rounds_is_not_what_a_find_is_forgotten_by() {
        // PostgreSQL finds 05.123457 by 05.123456789, and then tells changes of 05.123457.
        try (ObjectPlane plane = plane()) {
            Asked asked = new Asked(plane, Asked.BROKER);
            List<String> all = tags(asked);
            String finer = "2026-01-02T03:04:05.123456789";
            assertThat(tags(asked, where("at", Operator.EQUAL, Instant.parse(finer + "Z"))))
                    .isEqualTo(all);
            assertThat(tags(asked, where("local", Operator.IN, LocalDateTime.MIN, LocalDateTime.parse(finer))))
                    .isEqualTo(all);
            assertThat(tags(asked, where("daily", Operator.EQUAL, LocalTime.MAX)))
                    .isEqualTo(all);
            assertThat(tags(asked, where("at", Operator.EQUAL, Instant.parse("2026-01-02T03:04:05.123456Z"))))
                    .isNotEqualTo(all);
        }
    }

    @Test
    void zero_is_zero_whatever_its_sign() {
        try (ObjectPlane plane = plane()) {
            Asked asked = new Asked(plane, Asked.BROKER);
            assertThat(tags(asked, where("level", Operator.EQUAL, -0.0)))
                    .isEqualTo(tags(asked, where("level", Operator.EQUAL, 0.0)))
                    .isNotEqualTo(tags(asked, where("level", Operator.EQUAL, 1.0)));
        }
    }
}
