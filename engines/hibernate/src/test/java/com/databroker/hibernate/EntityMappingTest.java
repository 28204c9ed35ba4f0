package com.databroker.hibernate;

import static com.databroker.objects.Wanted.creating;
import static com.databroker.objects.Wanted.delete;
import static com.databroker.objects.Wanted.done;
import static com.databroker.objects.Wanted.there;
import static com.databroker.objects.Wanted.update;
import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.Postgres;
import com.databroker.objects.StoreConfig;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mappings that the shop of the other tests does not have.
class EntityMappingTest {
    @TempDir
    Path folder;

    private ObjectStore store(String... sources) throws IOException {
        return CompiledEntities.open(StoreConfig.defaults(), folder, sources).store();
    }

    private static StoreRow made(ObjectStore store, String type, Object... values) {
        return Objects.requireNonNull(
                done(store, creating(1, type, values)).rows().getFirst());
    }

    private static List<ObjectKey> keys(ObjectStore store, String type, ObjectMessage.Condition where) {
        return store.find(new StoreQuery(type, List.of(where), List.of(), 100, null, false)).rows().stream()
                .map(StoreRow::key)
                .toList();
    }

    private static void refused(Problem problem, String detail, ThrowingCallable what) {
        assertThatThrownBy(what)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        failed -> assertThat(failed.problem()).isEqualTo(problem))
                .hasMessageContaining(detail);
    }

    @Test
    void what_its_owner_would_cascade_to_is_deleted_all_the_same() throws IOException {
        // The owner is loaded with what is deleted, eagerly, and a flush would persist it anew.
        try (ObjectStore store = store(
                "@Entity public class Crate { @Id String id; @Version int version;"
                        + " @OneToMany(mappedBy = \"crate\", cascade = CascadeType.ALL, fetch = FetchType.EAGER)"
                        + " List<Bottle> bottles = new ArrayList<>();"
                        + " @OneToOne(mappedBy = \"crate\", cascade = CascadeType.ALL) Lid lid; }",
                "@Entity public class Bottle { @Id String id; @ManyToOne Crate crate; }",
                "@Entity public class Lid { @Id String id; @OneToOne Crate crate; }")) {
            ObjectKey crate = made(store, "Crate", "id", "c").key();
            ObjectKey bottle = made(store, "Bottle", "id", "b", "crate", crate).key();
            ObjectKey other = made(store, "Bottle", "id", "o", "crate", crate).key();
            ObjectKey lid = made(store, "Lid", "id", "l", "crate", crate).key();
            done(store, delete(bottle, 0), delete(lid, 0));
            assertThat(store.load("Bottle", List.of(bottle, other)))
                    .extracting(StoreRow::key)
                    .containsExactly(other);
            assertThat(store.load("Lid", List.of(lid))).isEmpty();
            assertThat(there(store, crate).version()).isEqualTo(1);
        }
    }

    @Test
    void what_is_kept_by_a_cascade_of_who_refers_to_it_is_not_said_to_be_deleted() throws IOException {
        try (ObjectStore store = store("@Entity public class Link { @Id String id; String name;"
                + " @ManyToOne(cascade = CascadeType.PERSIST) Link next; }")) {
            ObjectKey last = made(store, "Link", "id", "b").key();
            ObjectKey first = made(store, "Link", "id", "a", "next", last).key();
            refused(
                    Problem.CONSTRAINT_BROKEN,
                    "Link/b",
                    () -> done(store, update(first, 0, "name", null, "first"), delete(last, 0)));
            assertThat(there(store, first).fields()).containsEntry("name", null);
        }
    }

    @Test
    void what_cannot_be_deleted_for_a_reference_is_refused_with_its_name() throws IOException {
        try (ObjectStore store = store(
                "@Entity public class Owner { @Id Long id; @OneToOne(mappedBy = \"owner\") Pass pass; }",
                "@Entity public class Pass { @Id Long id; @OneToOne @MapsId Owner owner; }")) {
            ObjectKey owner = made(store, "Owner", "id", 1L).key();
            made(store, "Pass", "owner", owner);
            refused(Problem.CONSTRAINT_BROKEN, "field owner of Pass", () -> done(store, delete(owner, 0)));
        }
    }

    @Test
    void what_is_embedded_with_a_primitive_is_written_as_one() throws IOException {
        try (ObjectStore store = store(
                "@Embeddable public record Spot(double lat, double lon) {}",
                "@Entity public class Mast { @Id String id; @Embedded Spot spot; }")) {
            ObjectKey mast = made(store, "Mast", "id", "m", "spotLat", 1.5, "spotLon", 2.5)
                    .key();
            done(store, update(mast, 0, "spotLat", 1.5, 3.5));
            assertThat(there(store, mast).fields())
                    .containsEntry("spotLat", 3.5)
                    .containsEntry("spotLon", 2.5);
            refused(Problem.VALUE_INVALID, "spotLon", () -> done(store, update(mast, 0, "spotLon", 2.5, null)));
            refused(Problem.VALUE_INVALID, "spotLon", () -> made(store, "Mast", "id", "n", "spotLat", 1.5));
            done(store, update(mast, 0, "spotLat", 3.5, null, "spotLon", 2.5, null));
            assertThat(there(store, mast).fields())
                    .containsEntry("spotLat", null)
                    .containsEntry("spotLon", null);
        }
    }

    @Test
    void an_attribute_of_two_entities_of_one_type_is_one_field() throws IOException {
        try (ObjectStore store = store(
                "@Entity @Inheritance(strategy = InheritanceType.JOINED) public abstract class Beast { @Id String id; }",
                "@Entity public class Cat extends Beast { String fur; Integer size; }",
                "@Entity public class Dog extends Beast { String fur; String size; }")) {
            ObjectKey cat = made(store, "Beast", "id", "c", "kind", "Cat", "fur", "grey")
                    .key();
            ObjectKey dog = made(store, "Beast", "id", "d", "kind", "Dog", "fur", "black")
                    .key();
            done(store, update(cat, 0, "fur", "grey", "white"));
            assertThat(there(store, cat).fields()).containsEntry("fur", "white");
            assertThat(there(store, dog).fields()).containsEntry("fur", "black").doesNotContainKey("size");
            assertThat(keys(store, "Beast", where("fur", Operator.EQUAL, "black")))
                    .hasSize(1);
        }
    }

    @Test
    void a_reference_to_one_entity_of_a_type_takes_no_other() throws IOException {
        try (ObjectStore store = store(
                "@Entity public class Tool { @Id String id; }",
                "@Entity public class Saw extends Tool { Integer teeth; }",
                "@Entity public class Job { @Id String id; @ManyToOne Saw saw; }")) {
            ObjectKey saw = made(store, "Tool", "id", "s", "kind", "Saw").key();
            ObjectKey tool = made(store, "Tool", "id", "t", "kind", "Tool").key();
            ObjectKey job = made(store, "Job", "id", "j", "saw", saw).key();
            refused(
                    Problem.VALUE_INVALID,
                    "refers to a Saw, which Tool/t is not",
                    () -> done(store, update(job, 0, "saw", saw, tool)));
            refused(
                    Problem.VALUE_INVALID,
                    "refers to a Saw",
                    () -> done(
                            store,
                            creating(1, "Tool", "id", "u", "kind", "Tool"),
                            creating(2, "Job", "id", "k", "saw", ObjectKey.temporary(1))));
        }
    }

    @Test
    void what_refers_to_nothing_is_found_where_the_reference_takes_a_join() throws IOException {
        try (ObjectStore store = store(
                "@Entity @org.hibernate.annotations.SoftDelete public class Page { @Id String id;"
                        + " @ManyToOne Page up; @ManyToOne @JoinTable(name = \"shelf_page\") Shelf shelf; }",
                "@Entity public class Shelf { @Id String id; }")) {
            ObjectKey top = made(store, "Page", "id", "a").key();
            ObjectKey page = made(store, "Page", "id", "b", "up", top).key();
            assertThat(store.load("Page", List.of(top, page))).hasSize(2);
            assertThat(there(store, page).fields()).containsEntry("up", top).containsEntry("shelf", null);
            // Who holds a copy of the other must not go on with a reference that is none any more.
            assertThat(done(store, delete(top, 0)).change().overturned()).isTrue();
            assertThat(there(store, page).fields()).containsEntry("up", null);
        }
    }

    @Test
    void no_find_is_forgotten_by_a_value_that_the_entity_keeps_less_of() throws IOException {
        try (ObjectStore store = store(
                "@Converter public class Cents implements AttributeConverter<java.math.BigDecimal, Long> {"
                        + " public Long convertToDatabaseColumn(java.math.BigDecimal all) {"
                        + " return all == null ? null : all.movePointRight(2).longValue(); }"
                        + " public java.math.BigDecimal convertToEntityAttribute(Long all) {"
                        + " return all == null ? null : java.math.BigDecimal.valueOf(all, 2); } }",
                "@Entity public class Sum { @Id String id; float share; Date at; String name; Rank rank;"
                        + " @Convert(converter = Cents.class) java.math.BigDecimal money; }",
                "public enum Rank { HIGH, LOW }")) {
            ObjectKey sum = made(
                            store,
                            "Sum",
                            "id",
                            "s",
                            "share",
                            0.1,
                            "at",
                            Instant.EPOCH,
                            "money",
                            new BigDecimal("1.239"))
                    .key();
            assertThat(keys(store, "Sum", where("money", Operator.EQUAL, new BigDecimal("1.234"))))
                    .hasSize(1);
            assertThat(there(store, sum).fields().get("share")).isNotEqualTo(0.1);
            assertThat(List.of("share", "at", "money")).noneMatch(field -> store.isExact("Sum", field));
            assertThat(List.of("id", "name", "rank")).allMatch(field -> store.isExact("Sum", field));
        }
    }

    @Test
    void what_does_not_fit_is_refused_and_not_an_internal_error() throws IOException {
        try (ObjectStore store = store("@Entity public class Mark { @Id long id; float share; java.time.Instant at;"
                + " java.time.OffsetDateTime off; @ManyToOne Mark next; }")) {
            ObjectKey mark = made(store, "Mark", "id", 1L).key();
            refused(Problem.CONSTRAINT_BROKEN, "needs a key", () -> made(store, "Mark", "share", 1.0));
            refused(Problem.VALUE_INVALID, "share", () -> done(store, update(mark, 0, "share", 0.0, 1e300)));
            refused(Problem.VALUE_INVALID, "at", () -> done(store, update(mark, 0, "at", null, Instant.MAX)));
            refused(
                    Problem.VALUE_INVALID,
                    "off",
                    () -> done(store, update(mark, 0, "off", null, java.time.OffsetDateTime.MAX)));
            for (String key : List.of("x", "1,2")) {
                ObjectKey none = new ObjectKey("Mark", List.of(key.split(",", -1)));
                refused(
                        Problem.OBJECT_KEY_INVALID,
                        "Mark/" + key,
                        () -> keys(store, "Mark", where("next", Operator.EQUAL, none)));
            }
        }
    }

    @Test
    void what_the_store_gives_is_refused_and_not_written_over_in_silence() throws IOException {
        try (ObjectStore store = store("@Entity public class Stamp { @Id String id; Integer size;"
                + " @org.hibernate.annotations.CreationTimestamp java.time.Instant made;"
                + " @org.hibernate.annotations.UpdateTimestamp java.time.Instant touched;"
                + " @org.hibernate.annotations.Formula(\"size * 2\") Integer twice; }")) {
            StoreRow stamp = made(store, "Stamp", "id", "s", "size", 1L);
            assertThat(stamp.fields()).containsEntry("twice", 2L);
            for (String field : List.of("made", "touched", "twice")) {
                Object given = field.equals("twice") ? (Object) 5L : Instant.EPOCH;
                refused(Problem.READ_ONLY, field, () -> made(store, "Stamp", "id", "t", field, given));
                Object before = Objects.requireNonNull(stamp.fields().get(field));
                refused(Problem.READ_ONLY, field, () -> done(store, update(stamp.key(), 0, field, before, given)));
            }
        }
    }

    @Test
    void what_a_restriction_hides_is_gone_and_is_not_made() throws IOException {
        try (ObjectStore store = store("@Entity @org.hibernate.annotations.SQLRestriction(\"active = true\")"
                + " public class Offer { @Id String id; boolean active; @Version int version; }")) {
            refused(Problem.CONSTRAINT_BROKEN, "Offer/a", () -> made(store, "Offer", "id", "a", "active", false));
            ObjectKey offer = made(store, "Offer", "id", "a", "active", true).key();
            assertThat(done(store, update(offer, 1, "active", true, false))
                            .change()
                            .entries())
                    .extracting(StoreChange.Entry::kind)
                    .containsExactly(StoreChange.Kind.DELETED);
        }
    }

    @Test
    void a_key_that_is_written_another_way_is_the_same_object() throws IOException {
        try (ObjectStore store = store("@Entity public class Piece { @Id Long id; String name; }")) {
            ObjectKey row = made(store, "Piece", "id", 7L).key();
            ObjectKey other = new ObjectKey("Piece", List.of("007"));
            assertThat(Objects.requireNonNull(done(store, update(other, 0, "name", null, "n"))
                                    .rows()
                                    .getFirst())
                            .key())
                    .isEqualTo(row);
            done(store, delete(other, 0));
            assertThat(store.load("Piece", List.of(row))).isEmpty();
        }
    }

    @Test
    void fields_of_a_type_variable_and_collections_by_what_is_embedded_have_their_names() throws IOException {
        try (ObjectStore store = store(
                "@MappedSuperclass public abstract class Based<K, V> { @Id K id; V note; }",
                "@Embeddable public class Home { String street; @ManyToOne Land land; }",
                "@Entity public class Human extends Based<Long, String> { @Embedded Home home; }",
                "@Entity public class Land { @Id String id;"
                        + " @OneToMany(mappedBy = \"home.land\") List<Human> people; }",
                "@Entity public class Moment { @Id String id;"
                        + " @org.hibernate.annotations.TimeZoneStorage("
                        + "org.hibernate.annotations.TimeZoneStorageType.COLUMN) java.time.OffsetDateTime at; }")) {
            ObjectKey land = made(store, "Land", "id", "l").key();
            assertThat(made(store, "Human", "id", 1L, "note", "n", "homeLand", land)
                            .fields())
                    .containsEntry("note", "n");
            assertThat(store.types())
                    .filteredOn(type -> type.name().equals("Land"))
                    .flatExtracting(ObjectTypes.Type::collections)
                    .containsExactly(new ObjectTypes.Collection("people", "Human", "homeLand"));
            // Its parts would be taken, and be null.
            assertThat(store.types())
                    .filteredOn(type -> type.name().equals("Moment"))
                    .flatExtracting(ObjectTypes.Type::fields)
                    .extracting(ObjectTypes.Field::name)
                    .containsExactly("id");
        }
    }

    @Test
    void large_objects_of_postgresql_are_read_and_not_found_by() throws IOException {
        String url = Postgres.database();
        try (ObjectStore store = CompiledEntities.open(
                        StoreConfig.defaults().at(url, null, null),
                        folder,
                        "@Entity public class Paper { @Id String id; @Lob String text; @Lob byte[] scan; }")
                .store()) {
            ObjectKey paper = made(store, "Paper", "id", "p", "text", "long", "scan", Bytes.utf8("x"))
                    .key();
            done(store, update(paper, 0, "text", "long", "longer"));
            assertThat(there(store, paper).fields())
                    .containsEntry("text", "longer")
                    .containsEntry("scan", Bytes.utf8("x"));
            refused(Problem.QUERY_INVALID, "text", () -> keys(store, "Paper", where("text", Operator.EQUAL, "longer")));
            assertThat(keys(store, "Paper", where("text", Operator.IS_NULL))).isEmpty();
        }
    }
}
