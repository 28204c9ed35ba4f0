package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreRow;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MemoryStoreTest extends StoreContract {
    private static ObjectTypes.Field field(
            String name, Kind kind, @Nullable String target, boolean required, boolean generated) {
        return new ObjectTypes.Field(name, kind, target, required, generated, true, 0);
    }

    @Override
    protected ObjectStore open() {
        return new MemoryStore("shop", InstantSource.system(), OVERLAYS)
                .type("Dept", field("id", Kind.INTEGER, null, true, false), field("name", Kind.TEXT, null, true, false))
                .type(
                        "Person",
                        field("id", Kind.INTEGER, null, false, true),
                        field("name", Kind.TEXT, null, true, false),
                        field("salary", Kind.DECIMAL, null, false, false),
                        field("dept", Kind.REFERENCE, "Dept", false, false),
                        field("born", Kind.DATE, null, false, false),
                        field("active", Kind.BOOLEAN, null, false, false),
                        field("secret", Kind.TEXT, null, false, false));
    }

    @Override
    protected List<Object> traits() {
        return List.of("memory", false, false, false, true);
    }

    record Country(String code, String name, LocalDate since, List<String> tongues) {}

    @Test
    void records_of_a_program_are_objects() {
        Country at = new Country("AT", "Austria", LocalDate.parse("1955-05-15"), List.of("de"));
        try (ObjectStore store = new MemoryStore("world", InstantSource.system(), Map.of())
                .records("Country", Country.class, List.of(at))) {
            assertThat(Wanted.there(store, ObjectKey.of("Country", "AT")).fields())
                    .containsEntry("name", "Austria")
                    .containsEntry("since", at.since())
                    .containsEntry("tongues", List.of("de"));
        }
    }

    enum Size {
        LARGE
    }

    record Box(String code, short rank, float share, Size size, Map<String, Object> more) {}

    @Test
    void what_a_record_holds_is_of_the_wire_so_that_it_can_be_compared() {
        Map<String, Object> more = new HashMap<>(Map.of("size", 1));
        try (ObjectStore store = new MemoryStore("world", InstantSource.system(), Map.of())
                .records("Box", Box.class, List.of(new Box("a", (short) 2, 0.1f, Size.LARGE, more)))) {
            more.clear();
            StoreRow box = Wanted.there(store, ObjectKey.of("Box", "a"));
            assertThat(box.fields())
                    .containsEntry("rank", 2L)
                    .containsEntry("share", 0.1)
                    .containsEntry("size", "LARGE")
                    .containsEntry("more", Map.of("size", 1L));
            // As a client has it, who never has an int.
            Wanted.done(store, Wanted.update(box.key(), 1, "more", Map.of("size", 1L), Map.of("size", 2L)));
        }
    }

    record Foreign(String code, Object value) {}

    @Test
    void what_the_wire_does_not_have_is_refused_in_a_record() {
        MemoryStore store = new MemoryStore("world", InstantSource.system(), Map.of());
        for (Object value : List.of(TimeZone.getDefault(), new byte[1], List.of(Optional.of(1)))) {
            assertThatThrownBy(() -> store.records("Foreign", Foreign.class, List.of(new Foreign("a", value))))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            refused -> assertThat(refused.problem()).isEqualTo(Problem.VALUE_INVALID))
                    .hasMessageContaining("value");
        }
    }
}
