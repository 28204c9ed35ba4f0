package com.databroker.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.upokecenter.cbor.CBOREncodeOptions;
import com.upokecenter.cbor.CBORObject;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ObjectMessagesTest {
    private static final String CAP = "Vx9kVx9kVx9kVx9kVx9kVx";
    private static final ObjectRef ADA = ObjectRef.parse("Person/42~" + CAP);
    private static final UUID ID = UUID.fromString("0192e0c5-0000-7000-8000-000000000001");
    private static final ObjectPosition AT = ObjectPosition.parse("shop:7-8812");

    /// One of each kind of frame, and how it stands in JSON.
    private static Map<String, ObjectMessage> frames() {
        Map<String, ObjectMessage> frames = new LinkedHashMap<>(requests());
        frames.putAll(answers());
        return frames;
    }

    private static Map<String, ObjectMessage> requests() {
        Map<String, ObjectMessage> frames = new LinkedHashMap<>();
        frames.put(
                "{'t':'hello','v':1,'token':'secret','resume':'shop:7-8812'}",
                new ObjectMessage.Hello(1, "secret", AT));
        frames.put(
                "{'t':'get','i':1,'keys':['Person/42~" + CAP + "','Line/7,3'],'with':['dept.boss']}",
                new ObjectMessage.Get(1, List.of(ADA, ObjectRef.parse("Line/7,3")), List.of("dept.boss")));
        frames.put(
                "{'t':'find','i':2,'type':'Person',"
                        + "'where':[['dept','=',{'$':'Dept/17'}],['age','in',1,2],['left','isnull']],"
                        + "'order':['-name'],'limit':100,'after':'x','count':true}",
                new ObjectMessage.Find(
                        2,
                        "Person",
                        List.of(
                                condition("dept", ObjectMessage.Operator.EQUAL, ObjectRef.parse("Dept/17")),
                                condition("age", ObjectMessage.Operator.IN, 1L, 2L),
                                condition("left", ObjectMessage.Operator.IS_NULL)),
                        List.of(new ObjectMessage.Order("name", true)),
                        List.of(),
                        100,
                        "x",
                        true));
        frames.put(
                "{'t':'find','i':2,'type':'Person','limit':10000,'parts':true}",
                new ObjectMessage.Find(2, "Person", List.of(), List.of(), List.of(), 10_000, null, false, true));
        frames.put(
                "{'t':'call','i':3,'on':'Person/42~" + CAP + "','method':'raise','args':[{'$dec':'0.10'}]}",
                new ObjectMessage.Call(3, ADA, "Person", "raise", List.of(new BigDecimal("0.10"))));
        frames.put(
                "{'t':'call','i':3,'type':'Person','method':'hire','args':[]}",
                new ObjectMessage.Call(3, null, "Person", "hire", List.of()));
        frames.put(
                "{'t':'commit','i':4,'id':'" + ID + "','ops':["
                        + "{'update':'Person/42~" + CAP + "','version':41,'set':{'name':['Ada',null]}},"
                        + "{'create':'#1','type':'Task','set':{'owner':{'$':'#1'}}},"
                        + "{'delete':'Task/9','version':0}]}",
                new ObjectMessage.Commit(
                        4,
                        ID,
                        List.of(
                                new ObjectMessage.Update(ADA, 41, Map.of("name", new ObjectMessage.Edit("Ada", null))),
                                new ObjectMessage.Create(
                                        ObjectKey.temporary(1), "Task", Map.of("owner", ObjectRef.parse("#1"))),
                                new ObjectMessage.Delete(ObjectRef.parse("Task/9"), 0))));
        frames.put("{'t':'sync','i':5,'at':'shop:7-8812'}", new ObjectMessage.Sync(5, AT));
        frames.put("{'t':'types','i':6}", new ObjectMessage.Types(6));
        frames.put("{'t':'beat'}", new ObjectMessage.Beat());
        return frames;
    }

    private static Map<String, ObjectMessage> answers() {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("name", "Ada");
        fields.put("dept", ObjectRef.parse("Dept/17"));
        fields.put("left", null);
        Map<String, ObjectMessage> frames = new LinkedHashMap<>();
        frames.put(
                "{'t':'welcome','server':'a1','at':'shop:7-8812','resumed':true,'types':'9f','beat':15000,"
                        + "'now':1792940000000}",
                new ObjectMessage.Welcome("a1", AT, true, "9f", 15_000, 1_792_940_000_000L));
        frames.put(
                "{'t':'ok','i':1,'asked':1,'rows':[['Person/42~" + CAP
                        + "','rw',41,'0aFx',{'name':'Ada','dept':{'$':'Dept/17'},'left':null}]],"
                        + "'result':[true],'next':'y','count':12,'tags':['t1'],"
                        + "'lists':[['Dept/17','persons','t2',true,['Person/42']]],'at':'shop:7-8812'}",
                new ObjectMessage.Ok(
                        1,
                        1,
                        List.of(new ObjectMessage.Row(ADA, "rw", 41, "0aFx", fields)),
                        List.of(true),
                        "y",
                        12,
                        List.of("t1"),
                        List.of(new ObjectMessage.Listed(
                                ObjectKey.of("Dept", 17), "persons", "t2", true, List.of(ADA.key()))),
                        AT));
        frames.put(
                "{'t':'part','i':2,'rows':[['Person/42~" + CAP
                        + "','rw',41,'0aFx',{'name':'Ada','dept':{'$':'Dept/17'},'left':null}]],'at':'shop:7-8812'}",
                new ObjectMessage.Part(2, List.of(new ObjectMessage.Row(ADA, "rw", 41, "0aFx", fields)), AT));
        frames.put(
                "{'t':'conflict','i':4,'conflicts':[['Person/42','name','Ada','Eva',null]]}",
                new ObjectMessage.Conflict(
                        4, List.of(new ObjectMessage.FieldConflict(ADA.key(), "name", "Ada", "Eva", null))));
        frames.put(
                "{'t':'changed','n':7,'at':'shop:7-8812','now':17,'tags':[['0aFx',42],['t1',0]]}",
                new ObjectMessage.Changed(
                        7, AT, 17, List.of(new ObjectMessage.Tagged("0aFx", 42), new ObjectMessage.Tagged("t1", 0))));
        frames.put("{'t':'beat','n':7,'at':'','now':18}", new ObjectMessage.Pulse(7, ObjectPosition.NONE, 18));
        frames.put("{'t':'reset','why':'too long ago'}", new ObjectMessage.Reset("too long ago"));
        return frames;
    }

    private static ObjectMessage.Condition condition(
            String field, ObjectMessage.Operator operator, @Nullable Object... values) {
        return new ObjectMessage.Condition(field, operator, Arrays.asList(values));
    }

    private static ObjectMessage decode(ObjectMessages codec, ObjectMessage like, Bytes bytes) {
        return like instanceof ObjectMessage.Request ? codec.decodeRequest(bytes) : codec.decodeAnswer(bytes);
    }

    @Test
    void frames_stand_in_json_as_the_protocol_shows_them() {
        frames().forEach((json, frame) -> {
            String expected = json.replace('\'', '"');
            assertThat(ObjectMessages.JSON.encode(frame).utf8()).isEqualTo(expected);
            assertThat(decode(ObjectMessages.JSON, frame, Bytes.utf8(expected))).isEqualTo(frame);
        });
        ObjectMessage.Failed failed = new ObjectMessage.Failed(4, Problem.TYPE_UNKNOWN, "Persn");
        for (ObjectMessages codec : ObjectMessages.values()) {
            assertThat(codec.decodeAnswer(codec.encode(failed))).isEqualTo(failed);
        }
    }

    @Test
    void frames_stand_in_cbor_as_an_independent_reader_sees_them() {
        frames().forEach((json, frame) -> {
            Bytes cbor = ObjectMessages.CBOR.encode(frame);
            assertThat(decode(ObjectMessages.CBOR, frame, cbor)).isEqualTo(frame);
            CBORObject independent = CBORObject.DecodeFromBytes(cbor.toArray());
            assertThat(independent.get("t").AsString()).isEqualTo(json.split("'", -1)[3]);
        });
        Bytes get = ObjectMessages.CBOR.encode(new ObjectMessage.Get(1, List.of(ObjectRef.parse("A/1")), List.of()));
        assertThat(HexFormat.of().formatHex(get.toArray()))
                .isEqualTo("bf61746367657461690" + "1646b6579739f63412f31ffff");
    }

    @ParameterizedTest
    @EnumSource
    void any_graph_comes_back_as_the_same_graph(ObjectMessages codec) {
        for (long seed = 0; seed < 400; seed++) {
            Object graph = new Graphs(seed).graph((int) (seed % 40) + 1);
            assertThat(Graphs.areSame(graph, codec.decodeValue(codec.encodeValue(graph))))
                    .as("seed " + seed + " in " + codec)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void values_are_exact(ObjectMessages codec) {
        List<Object> exact = List.of(
                new BigDecimal("1.10"),
                new BigDecimal("1E+3"),
                new BigInteger("123456789012345678901234567890"),
                Long.MIN_VALUE,
                (1L << 53) + 1,
                0.1,
                Double.NaN,
                Double.NEGATIVE_INFINITY,
                1e300,
                1.0,
                Bytes.copyOf(new byte[] {0, -1, 2}),
                LocalDate.parse("0001-01-01"),
                Instant.parse("2026-11-28T12:34:56.123456789Z"),
                OffsetDateTime.parse("2026-11-28T12:34:56+00:00"),
                OffsetDateTime.parse("2026-11-28T12:34:00+05:45"),
                new UUID(1, -2),
                "",
                "\u0000\ud83d\ude00",
                ADA);
        assertThat(codec.decodeValue(codec.encodeValue(exact))).isEqualTo(exact);
        // A BigInteger that a long holds is that long, so that equal numbers are equal whoever wrote them.
        assertThat(codec.decodeValue(codec.encodeValue(BigInteger.TEN))).isEqualTo(10L);
    }

    @Test
    void a_number_of_json_that_no_double_is_loses_no_digit() {
        assertThat(ObjectMessages.JSON.decodeValue(Bytes.utf8("[0.1, 12345678901234567.0123456789, 1e400, -0.0]")))
                .isEqualTo(List.of(0.1, new BigDecimal("12345678901234567.0123456789"), new BigDecimal("1e400"), -0.0));
    }

    @ParameterizedTest
    @EnumSource
    void a_chain_of_100_000_lists_and_a_list_within_itself_are_no_trouble(ObjectMessages codec) {
        List<Object> chain = new ArrayList<>();
        List<Object> end = chain;
        for (int i = 1; i < 100_000; i++) {
            List<Object> next = new ArrayList<>();
            end.add(next);
            end = next;
        }
        ObjectMessage.Call call = new ObjectMessage.Call(1, null, "T", "m", List.of(chain));
        ObjectMessage.Call back = (ObjectMessage.Call) codec.decodeRequest(codec.encode(call));
        assertThat(Graphs.areSame(chain, back.args().get(0))).isTrue();

        end.add(new ArrayList<>());
        assertThatThrownBy(() -> codec.encode(call)).hasMessageContaining("more than 100000 lists and maps");

        List<Object> self = new ArrayList<>();
        self.add(self);
        assertThat(Graphs.areSame(self, codec.decodeValue(codec.encodeValue(self))))
                .isTrue();
    }

    @Test
    void an_independent_reader_of_cbor_sees_what_is_shared() {
        List<Object> shared = List.of(1L, 2L);
        Map<String, Object> graph = new LinkedHashMap<>();
        graph.put("a", shared);
        graph.put("b", shared);
        graph.put("c", new BigDecimal("-12.50"));
        graph.put("d", BigInteger.ONE.shiftLeft(70));
        byte[] cbor = ObjectMessages.CBOR.encodeValue(graph).toArray();
        CBORObject raw = CBORObject.DecodeFromBytes(cbor);
        assertThat(raw.get("a").HasMostOuterTag(28)).isTrue();
        assertThat(raw.get("b").HasMostOuterTag(29)).isTrue();
        CBORObject resolved = CBORObject.DecodeFromBytes(cbor, new CBOREncodeOptions("resolvereferences=true"));
        assertThat(resolved.get("b").get(1).AsInt32Value()).isEqualTo(2);
        assertThat(resolved.get("a")).isSameAs(resolved.get("b"));
        assertThat(resolved.get("c").ToJSONString()).isEqualTo("-12.50");
        assertThat(resolved.get("d").ToJSONString()).isEqualTo("1180591620717411303424");
    }

    @Test
    void shared_values_and_dollar_names_stand_in_json_as_drawn() {
        List<Object> self = new ArrayList<>();
        self.add(self);
        assertThat(ObjectMessages.JSON.encodeValue(self).utf8()).isEqualTo("{\"$id\":1,\"$v\":[{\"$ref\":1}]}");
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("$x", map);
        assertThat(ObjectMessages.JSON.encodeValue(map).utf8())
                .isEqualTo("{\"$id\":1,\"$v\":{\"$map\":{\"$x\":{\"$ref\":1}}}}");
        assertThat(Graphs.areSame(map, ObjectMessages.JSON.decodeValue(ObjectMessages.JSON.encodeValue(map))))
                .isTrue();
    }

    @Test
    void an_independent_reader_of_bson_sees_frames_and_exact_values() {
        frames().forEach((json, frame) -> {
            Bytes bson = ObjectMessages.BSON.encode(frame);
            assertThat(decode(ObjectMessages.BSON, frame, bson)).isEqualTo(frame);
            assertThat(bson(bson).getString("t").getValue()).isEqualTo(json.split("'", -1)[3]);
        });
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("decimal", new BigDecimal("-12.50"));
        values.put("digits", new BigDecimal("1".repeat(35)));
        values.put("instant", Instant.parse("2026-11-28T12:34:56.123Z"));
        values.put("finer", Instant.parse("2026-11-28T12:34:56.1234Z"));
        values.put("uuid", ID);
        values.put("bytes", Bytes.utf8("ab"));
        values.put("$", List.of(true, 1L << 60, 0.5));
        BsonDocument read =
                bson(ObjectMessages.BSON.encodeValue(values)).getDocument("v").getDocument("$map");
        assertThat(read.toJson())
                .isEqualTo("{\"decimal\": {\"$numberDecimal\": \"-12.50\"}, \"digits\": {\"$dec\": \"" + "1".repeat(35)
                        + "\"}, \"instant\": {\"$date\": \"2026-11-28T12:34:56.123Z\"},"
                        + " \"finer\": {\"$instant\": \"2026-11-28T12:34:56.123400Z\"},"
                        + " \"uuid\": {\"$binary\": {\"base64\": \"AZLgxQAAcACAAAAAAAAAAQ==\", \"subType\": \"04\"}},"
                        + " \"bytes\": {\"$binary\": {\"base64\": \"YWI=\", \"subType\": \"00\"}},"
                        + " \"$\": [true, 1152921504606846976, 0.5]}");
        SplittableRandom random = new SplittableRandom(20_261_129);
        for (int i = 0; i < 2000; i++) {
            BigDecimal decimal = new BigDecimal(
                    new BigInteger(random.nextInt(113), new Random(i)).multiply(BigInteger.valueOf(1 - 2 * (i % 2))),
                    random.nextInt(-6111, 6177));
            BsonDocument document = bson(ObjectMessages.BSON.encodeValue(decimal));
            if (decimal.precision() <= 34 && decimal.signum() != 0) {
                assertThat(document.getDecimal128("v").getValue().bigDecimalValue())
                        .isEqualTo(decimal);
            }
        }
    }

    private static BsonDocument bson(Bytes bytes) {
        return new RawBsonDocument(bytes.toArray()).decode(new BsonDocumentCodec());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0500000000                                           | 1011 | is missing
            0500000001                                           | 1011 | too early
            060000000000                                         | 1011 | where it says
            050000000000                                         | 1011 | follows
            04000000                                             | 1011 | 4 bytes
            ffffffff00                                           | 1011 | -1 bytes
            ffffff7f00                                           | 1011 | 2147483647 bytes
            0c000000 107400 7f000000 00                          | 1011 | is not a string
            0c000000 027400 7f000000 00                          | 1011 | length of 127
            0e000000 027400 02000000 7879 00                     | 1011 | without its end
            0e000000 027400 02000000 8000 00                     | 1011 | UTF-8
            09000000 087400 02 00                                | 1011 | boolean
            10000000 047400 08000000 0a3100 00 00                | 1011 | named "1"
            14000000 077400 000000000000000000000000 00          | 7006 | 0x7
            0e000000 057400 01000000 03 ff 00                    | 7006 | subtype 3
            0e000000 057400 01000000 04 ff 00                    | 7006 | 16 bytes
            18000000 137400 0000000000000000 0000000000000078 00 | 7006 | infinite
            18000000 137400 ffffffffffffffff ffffffffffff0100 00 | 7006 | 34 digits
            """)
    void what_is_no_bson_is_refused_by_number(String hex, int number, String why) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThatThrownBy(() -> ObjectMessages.BSON.decodeRequest(Bytes.wrap(bytes)))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem().number()).isEqualTo(number))
                .hasMessageContaining(why);
    }

    @Test
    void a_name_that_bson_cannot_hold_is_refused() {
        assertThatThrownBy(() -> ObjectMessages.BSON.encodeValue(Map.of("a\u0000b", 1L)))
                .hasMessageContaining("NUL");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'t':'get'}                                  | 1011 | is missing
            {'t':'git','i':1}                            | 1011 | is not one of
            {'t':'get','i':1,'kies':[]}                  | 1011 | not known here
            {'t':'get','i':1,'keys':[1]}                 | 1011 | is not a string
            {'t':'get','i':1,'keys':['Person']}          | 7014 | as Person/42
            {'t':'get','i':1,'keys':['Person/4~short']}  | 7014 | base64url
            {'t':'get','i':1,'keys':[],'keys':[]}        | 1011 | twice
            {'t':'find','i':1,'type':'P','where':[['a','~',1]]} | 1011 | operator
            {'t':'commit','i':1,'id':'x','ops':[]}       | 1011 | no UUID
            {'t':'commit','i':1,'id':'0192e0c5-0000-7000-8000-000000000001','ops':[{}]} | 1011 | one of update
            {'t':'sync','i':1,'at':'shop'}               | 1007 | as shop:7-8812
            {'t':'call','i':1,'type':'T','method':'m','args':[{'$class':'java.net.URL'}]} | 7006 | no word $class
            {'t':'call','i':1,'type':'T','method':'m','args':[{'a':1,'$b':2}]} | 7006 | wrap it
            {'t':'call','i':1,'type':'T','method':'m','args':[{'$ref':1}]} | 7006 | nothing before
            {'t':'call','i':1,'type':'T','method':'m','args':[{'$id':1,'$v':[]},{'$id':1,'$v':[]}]} | 7006 | twice
            {'t':'call','i':1,'type':'T','method':'m','args':[{'$id':1,'$v':3}]} | 7006 | only lists and maps
            {'t':'call','i':1,'type':'T','method':'m','args':[{'$date':'tomorrow'}]} | 7006 | $date
            {'t':'call','i':1,'type':'T','method':'m','args':[{'$dec':'1E99999999'}]} | 7007 | places
            {'t':'call','i':1,'type':'T','method':'m','args':[{'$date':'2026-11-28','x':1}]} | 7006 | more or less
            {'t':'beat'} {}                              | 1011 | follows
            [1]                                          | 1011 | not an object
            {                                            | 1011 | JSON
            """)
    void what_is_malformed_is_refused_by_number(String json, int number, String why) {
        assertThatThrownBy(() -> ObjectMessages.JSON.decodeRequest(Bytes.utf8(json.replace('\'', '"'))))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem().number()).isEqualTo(number))
                .hasMessageContaining(why);
    }

    @Test
    void a_message_that_is_too_large_is_refused_before_it_is_read() {
        assertThatThrownBy(
                        () -> ObjectMessages.JSON.decodeRequest(Bytes.wrap(new byte[ObjectMessages.REQUEST_MAX + 1])))
                .hasMessageContaining("1048576 at most");
        String wide = "{\"t\":\"call\",\"i\":1,\"type\":\"T\",\"method\":\"m\",\"args\":["
                + "[],".repeat(ObjectMessages.NODES_MAX + 20_000) + "[]]}";
        assertThatThrownBy(() -> ObjectMessages.JSON.decodeRequest(Bytes.utf8(wide)))
                .hasMessageContaining("lists and maps");
    }

    @ParameterizedTest
    @EnumSource
    void broken_bytes_are_refused_or_read_never_worse(ObjectMessages codec) {
        long seed = 20_261_128;
        SplittableRandom random = new SplittableRandom(seed);
        List<byte[]> corpus = new ArrayList<>();
        frames().values().forEach(frame -> corpus.add(codec.encode(frame).toArray()));
        for (int i = 0; i < 40; i++) {
            corpus.add(codec.encode(new ObjectMessage.Call(1, null, "T", "m", List.of(new Graphs(i).graph(9))))
                    .toArray());
        }
        int read = 0;
        for (int i = 0; i < 30_000; i++) {
            byte[] input = corpus.get(random.nextInt(corpus.size())).clone();
            for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
                input[random.nextInt(input.length)] = (byte) random.nextInt(256);
            }
            input = random.nextInt(8) == 0 ? Arrays.copyOf(input, random.nextInt(input.length)) : input;
            try {
                ObjectMessage.Request request = codec.decodeRequest(Bytes.copyOf(input));
                codec.encode(request);
                read++;
            } catch (ProblemException refused) {
                assertThat(refused.line()).isNotBlank();
            } catch (RuntimeException | Error finding) {
                throw new AssertionError("seed " + seed + ": " + HexFormat.of().formatHex(input), finding);
            }
        }
        assertThat(read).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void references_of_every_kind_are_what_they_were_in_rows_and_in_fields(ObjectMessages codec) {
        List<ObjectMessage.Row> rows = new ArrayList<>();
        for (String key : List.of("42", "7,3", "-_", "a%2Fb", "a.b", "Ünal", "x".repeat(300), "", "43")) {
            for (String type : List.of("Person", "Größe", "Person")) {
                ObjectRef bare = ObjectRef.parse(type + "/" + key);
                ObjectRef shown = new ObjectRef(bare.key(), CAP);
                Map<String, @Nullable Object> fields = new LinkedHashMap<>();
                fields.put("other", rows.size() % 2 == 0 ? shown : bare);
                fields.put("name", key);
                rows.add(new ObjectMessage.Row(shown, "rw", 1, "0aFx", fields));
                rows.add(new ObjectMessage.Row(bare, "r", 2, "0aFx", Map.of("name", 1L, "otherwise", bare)));
            }
        }
        ObjectMessage.Part part = new ObjectMessage.Part(7, rows, AT);
        for (int i = 0; i < 2; i++) {
            assertThat(codec.decodeAnswer(codec.encode(part))).isEqualTo(part);
        }
    }

    /// JSON has a form for it, and whoever reads it judges.
    @ParameterizedTest
    @EnumSource(
            value = ObjectMessages.class,
            names = {"CBOR", "BSON"})
    void half_a_character_is_refused_and_never_written_as_another(ObjectMessages form) {
        for (String text : List.of("\uD800", "ab\uDC00c", "what?\uD83D", "\u00e9\uDC00", "\uDE00\uD83D")) {
            assertThatThrownBy(() -> form.encodeValue(text)).hasMessageContaining("half of a surrogate pair");
            assertThatThrownBy(() -> form.encodeValue(Map.of(text, 1L)))
                    .hasMessageContaining("half of a surrogate pair");
        }
        for (String text : List.of("", "what?", "\u00e9?", "\uD83D\uDE00 ?")) {
            assertThat(form.decodeValue(form.encodeValue(text))).isEqualTo(text);
        }
    }

    @Test
    void the_types_are_a_document() {
        ObjectTypes types = new ObjectTypes(
                "9f",
                List.of(new ObjectTypes.Type(
                        "Person",
                        "shop",
                        List.of("id"),
                        "rw",
                        true,
                        false,
                        List.of(
                                new ObjectTypes.Field("name", ObjectTypes.Kind.TEXT, null, true, false, true, 80),
                                new ObjectTypes.Field(
                                        "dept", ObjectTypes.Kind.REFERENCE, "Dept", false, false, true, 0)),
                        List.of(new ObjectTypes.Collection("tasks", "Task", "owner")),
                        List.of(new ObjectTypes.Method("raise", false, List.of("percent"), false)))));
        for (ObjectMessages codec : ObjectMessages.values()) {
            assertThat(ObjectTypes.of(codec.decodeValue(codec.encodeValue(types.tree()))))
                    .isEqualTo(types);
        }
    }
}
