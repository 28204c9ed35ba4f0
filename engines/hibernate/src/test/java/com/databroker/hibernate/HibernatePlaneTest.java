package com.databroker.hibernate;

import static com.databroker.objects.Wanted.creating;
import static com.databroker.objects.Wanted.delete;
import static com.databroker.objects.Wanted.update;
import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.access.Credentials;
import com.databroker.access.Principal;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.ObjectCaller;
import com.databroker.objects.ObjectChange;
import com.databroker.objects.ObjectPlane;
import com.databroker.objects.ObjectsConfig;
import com.databroker.objects.Postgres;
import com.databroker.objects.StoreConfig;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreOverlay;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The entities of the example, in a jar in the broker's folder, as a caller of the plane meets them.
class HibernatePlaneTest {
    private static final ObjectCaller BROKER = new ObjectCaller() {
        @Override
        public Principal principal() {
            return Principal.broker();
        }

        @Override
        public void authenticate(Credentials credentials) {
            throw new ProblemException(Problem.NOT_AUTHENTICATED, "no");
        }
    };

    private static final BlockingQueue<ObjectChange> TOLD = new LinkedBlockingQueue<>();

    @TempDir
    static Path folder;

    private static @Nullable ObjectPlane plane;

    @BeforeAll
    static void open() throws Exception {
        Path example = ExampleJar.folder();
        ExampleJar.write(folder.resolve("shop.jar"));
        Postgres.run(
                "jdbc:h2:file:" + folder.resolve("shop"),
                Files.readString(example.resolve("schema.sql")).split(";\\s*", 0));
        StoreOverlay overlay = new StoreOverlay(
                null, List.of(), List.of("addressStreet"), null, StoreOverlay.Policy.STRICT, false, List.of());
        StoreConfig config = StoreConfig.defaults().mapped(List.of("shop.jar")).with(Map.of("Customer", overlay));
        plane = plane(config);
        plane.changes(TOLD::addAll);
        plane.start();
    }

    private static ObjectPlane plane(StoreConfig config) {
        return ObjectPlane.open(
                ObjectsConfig.defaults().with(Map.of("shop", config)),
                folder,
                InstantSource.system(),
                new SplittableRandom(3));
    }

    @AfterAll
    static void close() {
        plane().close();
    }

    private static ObjectPlane plane() {
        return Objects.requireNonNull(plane);
    }

    private static ObjectMessage.Ok ok(ObjectMessage.Request request) {
        ObjectMessage.Reply reply = plane().handle(BROKER, request);
        if (reply instanceof ObjectMessage.Ok ok) {
            return ok;
        }
        throw new AssertionError("not ok: " + reply);
    }

    private static Problem refused(ObjectMessage.Request request) {
        ObjectMessage.Reply reply = plane().handle(BROKER, request);
        if (reply instanceof ObjectMessage.Failed failed) {
            return failed.problem();
        }
        throw new AssertionError("not refused: " + reply);
    }

    private static ObjectMessage.Commit commit(ObjectMessage.Op... ops) {
        return new ObjectMessage.Commit(1, UUID.randomUUID(), List.of(ops));
    }

    private static ObjectMessage.Row made(String type, @Nullable Object... values) {
        return ok(commit(creating(1, type, values))).rows().getFirst();
    }

    private static ObjectMessage.Row row(ObjectRef ref, String... with) {
        return ok(new ObjectMessage.Get(1, List.of(ref), List.of(with))).rows().getFirst();
    }

    private static List<ObjectMessage.Row> found(String type, ObjectMessage.Condition... where) {
        return ok(new ObjectMessage.Find(1, type, List.of(where), List.of(), List.of(), 100, null, false))
                .rows();
    }

    private static ObjectMessage.Call call(
            @Nullable ObjectRef target, String type, String method, @Nullable Object... args) {
        return new ObjectMessage.Call(1, target, type, method, Arrays.asList(args));
    }

    private static ObjectTypes.Type type(String name) {
        return Objects.requireNonNull(plane().types(Principal.broker()).type(name));
    }

    private static ObjectMessage.Row product(String code, String price) {
        return made("Product", "code", code, "kind", "Book", "title", "T", "price", new BigDecimal(price));
    }

    private static ObjectMessage.Row customer(String name, String credit) {
        return made("Customer", "name", name, "credit", new BigDecimal(credit), "addressCity", "Graz");
    }

    /// Waits until all of these were told.
    private static void heard(StoreChange.Kind kind, ObjectKey... keys) throws InterruptedException {
        Set<ObjectKey> missing = new HashSet<>(List.of(keys));
        while (!missing.isEmpty()) {
            ObjectChange told = TOLD.poll(10, TimeUnit.SECONDS);
            assertThat(told).as("still to be told: " + missing).isNotNull();
            if (told != null && told.kind() == kind) {
                missing.remove(told.key());
            }
        }
    }

    @Test
    void types_are_what_the_entities_say() {
        ObjectTypes.Type customer = type("Customer");
        assertThat(customer.fields())
                .extracting(ObjectTypes.Field::name)
                .containsExactlyInAnyOrder("id", "name", "addressStreet", "addressCity", "notes", "credit");
        assertThat(customer.fields().stream().filter(field -> !field.tagged()))
                .extracting(ObjectTypes.Field::name)
                .containsExactlyInAnyOrder("addressStreet", "notes");
        assertThat(Objects.requireNonNull(customer.field("id")).generated()).isTrue();
        assertThat(Objects.requireNonNull(customer.field("name")).length()).isEqualTo(100);
        assertThat(customer.collections()).containsExactly(new ObjectTypes.Collection("orders", "Purchase", "buyer"));
        assertThat(customer.methods())
                .containsExactlyInAnyOrder(
                        new ObjectTypes.Method("buy", false, List.of("product", "pieces"), false),
                        new ObjectTypes.Method("of", true, List.of("city", "most"), false));
        assertThat(type("Line").key()).containsExactly("orderNumber", "place");
        assertThat(type("Line").versioned()).isFalse();
        assertThat(type("Product").fields())
                .extracting(ObjectTypes.Field::name)
                .containsExactly("code", "kind", "price", "title", "pages", "minutes");
    }

    @Test
    void what_inherits_is_one_type_whose_objects_say_what_they_are() {
        ObjectMessage.Row book =
                made("Product", "code", "b1", "kind", "Book", "title", "B", "price", BigDecimal.ONE, "pages", 300L);
        made("Product", "code", "d1", "kind", "Disc", "title", "D", "price", BigDecimal.ONE, "minutes", 60L);
        assertThat(book.fields()).containsEntry("pages", 300L).containsEntry("minutes", null);
        assertThat(found("Product", where("kind", Operator.EQUAL, "Disc")))
                .extracting(row -> row.ref().key())
                .containsExactly(ObjectKey.of("Product", "d1"));
        assertThat(found("Product", where("pages", Operator.GREATER, 200L)))
                .extracting(row -> row.fields().get("kind"))
                .containsExactly("Book");
        assertThat(found("Product", where("kind", Operator.EQUAL, "Car"))).isEmpty();
        assertThat(refused(commit(
                        creating(1, "Product", "code", "x", "kind", "Car", "title", "X", "price", BigDecimal.ONE))))
                .isEqualTo(Problem.VALUE_INVALID);
        assertThat(refused(commit(update(book.ref().key(), book.version(), "kind", "Book", "Disc"))))
                .isEqualTo(Problem.READ_ONLY);
        assertThat(refused(commit(update(book.ref().key(), book.version(), "minutes", null, 3L))))
                .isEqualTo(Problem.VALUE_INVALID);
    }

    @Test
    void what_is_embedded_are_fields_of_who_has_it() {
        ObjectMessage.Row ada = made("Customer", "name", "Ada", "addressCity", "Wien", "addressStreet", "Ring 1");
        assertThat(ada.fields()).containsEntry("addressCity", "Wien").containsEntry("credit", new BigDecimal("0.00"));
        ObjectMessage.Row moved = ok(commit(update(ada.ref().key(), ada.version(), "addressCity", "Wien", "Linz")))
                .rows()
                .getFirst();
        assertThat(moved.version()).isEqualTo(ada.version() + 1);
        assertThat(row(ada.ref()).fields())
                .containsEntry("addressCity", "Linz")
                .containsEntry("addressStreet", "Ring 1");
        assertThat(found("Customer", where("addressCity", Operator.EQUAL, "Linz")))
                .hasSize(1);
        assertThat(refused(commit(update(ada.ref().key(), moved.version(), "cardNumber", null, "1"))))
                .isEqualTo(Problem.FIELD_UNKNOWN);
    }

    @Test
    void a_method_changes_objects_in_one_transaction_and_that_is_told() throws Exception {
        ObjectMessage.Row book = product("m1", "10.00");
        ObjectMessage.Row ada = customer("Ada", "25.00");
        ObjectMessage.Ok bought = ok(call(ada.ref(), "Customer", "buy", book.ref(), 2L));
        ObjectMessage.Row order = bought.rows().getFirst();
        assertThat(order.fields()).containsEntry("status", "OPEN");
        assertThat((BigDecimal) row(ada.ref()).fields().get("credit")).isEqualByComparingTo("5");
        String number = order.ref().key().parts().getFirst();
        heard(StoreChange.Kind.CREATED, order.ref().key(), new ObjectKey("Line", List.of(number, "1")));
        assertThat(ok(call(order.ref(), "Purchase", "prices")).result())
                .isEqualTo(Map.of("m1", new BigDecimal("20.00")));
        assertThat(refused(call(ada.ref(), "Customer", "buy", book.ref(), 1L))).isEqualTo(Problem.METHOD_FAILED);
        assertThat((BigDecimal) row(ada.ref()).fields().get("credit")).isEqualByComparingTo("5");
        assertThat(found("Purchase", where("buyer", Operator.EQUAL, ada.ref()))).hasSize(1);
        ObjectMessage.Ok of = ok(call(null, "Customer", "of", "Graz", 1L));
        assertThat(of.rows()).hasSize(1);
        assertThat(refused(call(null, "Customer", "of", "Graz", "many"))).isEqualTo(Problem.VALUE_INVALID);
    }

    @Test
    void keys_of_several_parts_constants_and_what_cascades() throws Exception {
        product("k1", "1.00");
        ObjectMessage.Row ada = customer("Kim", "99.00");
        ObjectMessage.Row order =
                ok(call(ada.ref(), "Customer", "buy", "Product/k1", "3")).rows().getFirst();
        String number = order.ref().key().parts().getFirst();
        ObjectKey line = new ObjectKey("Line", List.of(number, "1"));
        assertThat(row(ObjectRef.of(line)).fields()).containsEntry("pieces", 3L).containsKey("product");
        assertThat(found("Line", where("purchase", Operator.EQUAL, order.ref())))
                .extracting(row -> row.ref().key())
                .containsExactly(line);
        ok(commit(update(line, 0, "pieces", 3L, 4L)));
        assertThat(plane().handle(BROKER, commit(update(line, 0, "pieces", 3L, 5L))))
                .isInstanceOfSatisfying(
                        ObjectMessage.Conflict.class,
                        conflict -> assertThat(conflict.conflicts())
                                .containsExactly(new ObjectMessage.FieldConflict(line, "pieces", 3L, 5L, 4L)));
        ObjectMessage.Row paid = ok(commit(update(order.ref().key(), order.version(), "status", "OPEN", "PAID")))
                .rows()
                .getFirst();
        assertThat(found("Purchase", where("status", Operator.IN, "PAID", "SENT")))
                .hasSize(1);
        assertThat(refused(commit(update(order.ref().key(), paid.version(), "status", "PAID", "LOST"))))
                .isEqualTo(Problem.VALUE_INVALID);
        ok(commit(delete(order.ref().key(), paid.version())));
        assertThat(found("Line", where("purchase", Operator.EQUAL, order.ref())))
                .isEmpty();
        heard(StoreChange.Kind.DELETED, order.ref().key(), line);
    }

    @Test
    void collections_come_along_by_the_names_of_the_entity() {
        ObjectMessage.Row ada = customer("Una", "9.00");
        made("Purchase", "buyer", ada.ref(), "status", "OPEN");
        ObjectMessage.Ok with = ok(new ObjectMessage.Get(1, List.of(ada.ref()), List.of("orders")));
        assertThat(with.rows()).hasSize(2);
        assertThat(with.lists().getFirst().collection()).isEqualTo("orders");
        assertThat(refused(commit(creating(1, "Purchase", "status", "OPEN")))).isEqualTo(Problem.CONSTRAINT_BROKEN);
    }

    @Test
    void what_cannot_be_is_refused_when_it_opens() {
        StoreConfig config = StoreConfig.defaults().at("jdbc:h2:mem:other", null, null);
        assertThatThrownBy(() -> plane(config.mapped(List.of("none.jar"))))
                .hasMessageContaining("objects.stores.shop.entities: there is no");
        assertThatThrownBy(() -> plane(config.mapped(List.of(".")).with(Map.of("Car", StoreOverlay.NONE))))
                .hasMessageContaining("objects.stores.shop.types.Car: there is no such entity");
    }
}
