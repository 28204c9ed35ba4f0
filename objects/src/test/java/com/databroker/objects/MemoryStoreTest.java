package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.objects.spi.ObjectStore;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
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
}
