package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/// Streams of one's own, without a broker: from the bytes of a body to its records.
final class DefinedSourceTest {
    private static final DefinedFormat CSV = Defined.format(DefinedFormat.Kind.CSV);
    private static final DefinedFormat JSON_LINES = Defined.format(DefinedFormat.Kind.JSON_LINES);

    @Test
    void csv_is_read_as_rfc_4180_has_it() throws IOException {
        Defined read = Defined.read(
                CSV,
                List.of("k"),
                "\uFEFFk,v\r\na,\"x,\"\"y\"\"\r\nz\"\r\n\r\nb,\nc,\"\"\nd,1,2\ne\nf,\"x\"y\ng,in\"side\nh,last",
                "k",
                "v:TEXT");
        assertThat(read.ids).containsExactly("a", "b", "c", "g", "h");
        assertThat(read.values("v")).containsExactly("x,\"y\"\r\nz", null, null, "in\"side", "last");
        assertThat(read.rejects)
                .containsExactly(
                        "line 7: it has 3 cells, and there are 2 columns",
                        "line 8: it has 1 cell, and there are 2 columns",
                        "line 9: something stands behind the quote that ends a cell");
    }

    @Test
    void csv_may_have_other_separators_and_no_header_and_a_quote_without_an_end_costs_no_more_than_its_row()
            throws IOException {
        DefinedFormat other = new DefinedFormat(
                DefinedFormat.Kind.CSV, null, List.of("k", "v"), "tab", "'", null, 1, List.of("NULL", "-"));
        String endless = "c\t'" + "x".repeat(2 << 20) + "\n";
        Defined read =
                Defined.read(other, List.of("k"), "# export\na\t'1\t2'\nb\tNULL\n" + endless + "d\t-\n", "k", "v");
        assertThat(read.ids).containsExactly("a", "b", "d");
        assertThat(read.values("v")).containsExactly("1\t2", null, null);
        assertThat(read.rejects).containsExactly("line 4: it is longer than 1048576 bytes; perhaps a quote has no end");
        Defined without = Defined.read(CSV, List.of("k"), "key,v\na,1\n", "k", "v");
        assertThat(without.rejects).containsExactly("the first row: the first row has no column k");
        Defined twice = Defined.read(CSV, List.of(), "k,k\na,1\n", "k");
        assertThat(twice.rejects).containsExactly("the first row: there are two columns k");
    }

    @Test
    void a_row_that_was_set_aside_is_read_under_its_header_and_no_line_of_it_is_skipped() throws IOException {
        DefinedFormat skipping = new DefinedFormat(CSV.kind(), null, List.of(), ",", "\"", null, 1, List.of());
        Definition definition = Defined.definition(skipping, List.of("k"), "k", "v");
        Defined read =
                Defined.of(definition).read("# export\r\nk,v\r\na,1,2\r\n,3\r\n".getBytes(StandardCharsets.UTF_8));
        assertThat(read.rejects).hasSize(2);
        assertThat(read.excerpts).containsExactly("a,1,2\r\n", ",3\r\n");
        assertThat(read.heads).containsOnly("k,v\r\n");
        Defined cured = Defined.of(definition).piece("k,v\r\n", "a,1\nb,2\n");
        assertThat(cured.ids).containsExactly("a", "b");
        assertThat(cured.values("v")).containsExactly("1", "2");
        assertThat(Defined.of(definition).piece("k,v\r\n", "v,k\n").ids).containsExactly("v");
        assertThat(Defined.of(definition).piece("k,v\r", "k,v\na,1\nb,2").ids).containsExactly("a", "b");
        assertThat(Defined.of(definition).piece("k,v\n", "a,1,2\n").rejects)
                .containsExactly("line 1: it has 3 cells, and there are 2 columns");
        // Without a header the rows must not be taken for one.
        assertThat(Defined.of(definition).piece("", "k,v\na,1\n").ids).containsExactly("a");
        Defined bare = Defined.of(Defined.definition(skipping, List.of(), "k", "v"));
        assertThat(bare.piece("", "a,1\nb,2\n").records).isEmpty();
        assertThat(bare.rejects)
                .containsExactly("the first row: the first row is no header: no field is of a column with such a name");
    }

    @Test
    void a_line_that_was_set_aside_is_kept_as_it_was_and_not_skipped_when_it_comes_again() throws IOException {
        DefinedFormat lines = new DefinedFormat(
                DefinedFormat.Kind.LINES, null, List.of(), ",", "\"", "(?<k>[a-z]*) (?<v>.)", 1, List.of());
        Definition definition = Defined.definition(lines, List.of("k"), "k", "v");
        Defined read = Defined.of(definition).read("head\nbroken\n 1\n".getBytes(StandardCharsets.UTF_8));
        assertThat(read.excerpts).containsExactly("broken", " 1");
        assertThat(Defined.of(definition).piece("", "a 1\nb 2\n").ids).containsExactly("a", "b");
    }

    @Test
    void rows_of_csv_end_with_a_carriage_return_alone_where_the_first_one_does() throws IOException {
        Defined read = Defined.read(CSV, List.of("k"), "k,v\ra,1\r\rb,\"x\ny\"\rc,\"z\"\rd\re,2", "k", "v");
        assertThat(read.ids).containsExactly("a", "b", "c", "e");
        assertThat(read.values("v")).containsExactly("1", "x\ny", "z", "2");
        assertThat(read.rejects).containsExactly("line 7: it has 1 cell, and there are 2 columns");
        Defined quoted = Defined.read(CSV, List.of("k"), "\"k\",\"v\"\r\"a\",\"1\"\r", "k", "v");
        assertThat(quoted.ids).containsExactly("a");
        Defined cell = Defined.read(CSV, List.of("k"), "k,v\na,1\r2\r\nb,\r\n", "k", "v");
        assertThat(cell.values("v")).as("elsewhere it is a character as others").containsExactly("1\r2", null);
        DefinedFormat behind =
                new DefinedFormat(DefinedFormat.Kind.CSV, null, List.of(), ",", "\"", null, 1, List.of());
        assertThat(Defined.read(behind, List.of("k"), "# export\rk,v\ra,1\r", "k", "v").ids)
                .containsExactly("a");
    }

    @Test
    void json_lines_lose_only_what_is_broken_and_keep_numbers_as_they_are() throws IOException {
        Defined read = Defined.read(
                JSON_LINES, List.of(), """
                {"n": 1, "a": {"b": [ {"c": "x"}, {}, {"c": "y"} ]}}
                not json
                [1]
                {"n":1,"a":{"b":[{"c":"x"},{},{"c":"y"}]}}
                {"n": 1e400}
                {"n":12345678901234567890}
                {"n":1.0}
                {"n":1e999999999}
                {"n":1,"n":2}
                {} {}
                """, "n:LONG", "c:KEYWORD:a.b.c*", "second:KEYWORD:a.b.2.c", "all:JSON:/a/b");
        // White space makes no other record.
        assertThat(read.ids.get(0)).isEqualTo(read.ids.get(1)).startsWith("sha256-");
        assertThat(read.values("n")).containsExactly(1L, 1L, 1L);
        assertThat(read.values("c").get(0)).isEqualTo(List.of("x", "y"));
        assertThat(read.values("second").get(0)).isEqualTo("y");
        assertThat(read.values("all").get(0)).isEqualTo("[{\"c\":\"x\"},{},{\"c\":\"y\"}]");
        assertThat(read.rejects).hasSize(7);
        assertThat(String.join("\n", read.rejects))
                .contains("line 2: it is not JSON", "line 3: it is no JSON object", "line 10: something stands behind")
                .contains("the field n is 1E+999999999, which is no long");
    }

    @Test
    void a_json_document_is_read_to_where_it_breaks() throws IOException {
        DefinedFormat below =
                new DefinedFormat(DefinedFormat.Kind.JSON, "data.items", List.of(), ",", "\"", null, 0, List.of());
        Defined read = Defined.read(
                below,
                List.of("id_of_it"),
                "{\"x\":[{\"k\":0}],\"data\":{\"n\":2,\"items\":[{\"k\":1},7,{\"k\":2},{\"k\":",
                "id_of_it:KEYWORD:k");
        assertThat(read.ids).containsExactly("1", "2");
        assertThat(read.rejects).hasSize(2);
        assertThat(read.rejects.get(0)).isEqualTo("record 2: it is no JSON object");
        assertThat(read.rejects.get(1)).startsWith("behind record 4: it is not JSON");
        assertThat(Defined.read(below, List.of(), "{\"data\":[]}", "k").rejects)
                .containsExactly("the document: there is nothing at data.items");
        DefinedFormat plain = Defined.format(DefinedFormat.Kind.JSON);
        assertThat(Defined.read(plain, List.of("k"), "[{\"k\":\"a\"}]\n{\"k\":\"b\"}", "k").ids)
                .containsExactly("a", "b");
        String deep = "[".repeat(100) + "]".repeat(100);
        assertThat(Defined.read(plain, List.of("k"), "[{\"k\":" + deep + "}]", "k")
                        .rejects
                        .get(0))
                .contains("behind record 1: it is not JSON");
    }

    @Test
    void lines_are_taken_apart_by_a_pattern_whose_steps_are_counted() throws IOException {
        Defined read = Defined.read(
                Defined.lines("(?<ip>\\S+) \\[(?<at>[^]]+)\\] (?<code>\\d{3})( (?<rest>.*))?"),
                List.of(),
                "192.0.2.1 [x] 200 all well\r\n\nodd\n192.0.2.2 [y] 404\n",
                "ip!",
                "code:INT",
                "rest:TEXT");
        assertThat(read.values("code")).containsExactly(200, 404);
        assertThat(read.values("rest")).containsExactly("all well", null);
        assertThat(read.rejects).containsExactly("line 3: the pattern does not match it");
        String hostile = "a".repeat(60) + "!\n" + "b\n";
        Defined slow = Defined.read(Defined.lines("(?<all>.*.*.*.*.*x|b)"), List.of("all"), hostile, "all");
        assertThat(slow.ids).containsExactly("b");
        assertThat(slow.rejects.get(0)).contains("line 1: the pattern needs too many steps");
        String many = "ab".repeat(30_000) + "\n";
        Defined deep = Defined.read(Defined.lines("(?<all>(a|b)*)"), List.of(), many + "ab\n", "all");
        assertThat(deep.records.size() + deep.rejects.size()).isEqualTo(2);
    }

    @Test
    void the_same_number_is_the_same_id_however_it_is_written() throws IOException {
        String csv = "n,v\n57,a\n57.0,b\n 57 ,c\n057,d\n5.7E1,e\n-0,f\n5.5,g\nx,h\n";
        Defined read = Defined.read(CSV, List.of("n"), csv, "n:LONG", "v");
        assertThat(read.ids).startsWith("57", "57", "57", "57", "57", "0");
        assertThat(Defined.read(CSV, List.of("n", "v"), csv, "n:INT", "v").ids).startsWith("57:a", "57:b", "57:c");
        assertThat(Defined.read(CSV, List.of("n"), csv, "n:KEYWORD").ids)
                .as("a text is another where it is written otherwise")
                .startsWith("57", "57.0", " 57 ", "057");
        assertThat(Defined.read(JSON_LINES, List.of("n"), "{\"n\":1e2}\n{\"n\":\"100\"}\n", "n:LONG").ids)
                .containsExactly("100", "100");
    }

    @Test
    void ids_of_several_fields_cannot_be_confused_and_one_that_is_missing_is_no_record() throws IOException {
        Defined read = Defined.read(
                JSON_LINES,
                List.of("a", "b"),
                "{\"a\":\"x:y\",\"b\":\"z\"}\n{\"a\":\"x\",\"b\":\"y:z\"}\n{\"a\":\"x\"}\n{\"a\":[1],\"b\":2}\n"
                        + "{\"a\":\""
                        + "l".repeat(600) + "\",\"b\":1}\n",
                "a",
                "b");
        assertThat(read.ids.subList(0, 2)).containsExactly("x\\:y:z", "x:y\\:z");
        assertThat(read.ids.get(2)).startsWith("sha256-");
        assertThat(read.rejects)
                .containsExactly(
                        "line 3: the field b of its id is missing (b), or is several values",
                        "line 4: the field a of its id is missing (a), or is several values");
    }

    @Test
    void times_are_read_as_they_are_written_and_where_they_were_written() {
        long noon = 1_795_867_200_000_000L;
        assertThat(Instant.EPOCH.plus(Duration.ofSeconds(noon / 1_000_000))).isEqualTo("2026-11-28T12:00:00Z");
        assertThat(DefinedTimes.of(null, null).micros("2026-11-28T12:00:00Z")).isEqualTo(noon);
        assertThat(DefinedTimes.of("iso", "Europe/Vienna").micros("2026-11-28 13:00"))
                .isEqualTo(noon);
        assertThat(DefinedTimes.of("iso", "Europe/Vienna").micros("2026-11-28T12:00:00.5+00:00"))
                .isEqualTo(noon + 500_000);
        assertThat(DefinedTimes.of("iso", "+12:00").micros("2026-11-29")).isEqualTo(noon);
        assertThat(DefinedTimes.of("seconds", null).micros("1795867200.25")).isEqualTo(noon + 250_000);
        assertThat(DefinedTimes.of("millis", null).micros(new java.math.BigInteger("1795867200000")))
                .isEqualTo(noon);
        assertThat(DefinedTimes.of("d MMM yyyy HH:mm:ss Z", null).micros("28 Nov 2026 13:00:00 +0100"))
                .isEqualTo(noon);
        assertThat(DefinedTimes.of("dd.MM.yyyy", null).micros("28.11.2026")).isEqualTo(noon - 43_200_000_000L);
        DefinedTimes german = DefinedTimes.of("dd.MM.yyyy HH:mm", null);
        assertThat(german.micros("27.11.2026 24:00")).isEqualTo(noon - 43_200_000_000L);
        assertThat(german.micros("29.02.2028 00:00")).isPositive();
        for (String never : List.of("29.02.2027 00:00", "31.11.2026 12:00", "30.02.2028 12:00")) {
            assertThatThrownBy(() -> german.micros(never)).as(never).isInstanceOf(IllegalArgumentException.class);
        }
        for (String odd : List.of("", "noon", "2026-13-01", "12026-01-01T00:00:00Z", "1e99", "x".repeat(200))) {
            assertThatThrownBy(() -> DefinedTimes.of(null, null).micros(odd))
                    .as(odd)
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> DefinedTimes.of("seconds", null).micros(odd))
                    .as(odd)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> DefinedTimes.of("HH:mm", null)).hasMessageContaining("tells year, month and day");
        assertThatThrownBy(() -> DefinedTimes.of(null, "Mars")).hasMessageStartingWith("zone: ");
    }

    @Test
    void a_definition_grows_at_its_end_and_what_cannot_change_is_refused() {
        DefinedShape first = DefinedShape.of(Defined.definition(CSV, List.of(), "a", "b:INT"));
        assertThat(first.fields())
                .containsExactly(Map.entry("time", "time"), Map.entry("a", "keyword"), Map.entry("b", "int"));
        DefinedShape next = first.next(Defined.definition(CSV, List.of(), "c*", "b:INT"));
        assertThat(next.fields().keySet()).containsExactly("time", "a", "b", "c");
        assertThat(next.fields()).containsEntry("c", "list of keyword");
        assertThat(DefinedShape.parse(next.json())).isEqualTo(next);
        assertThatThrownBy(() -> next.next(Defined.definition(CSV, List.of(), "b:LONG")))
                .hasMessageContaining("fields: \"b\" was int when the stream began, and cannot become long");
        DefinedSource source = DefinedSource.of("test", Defined.definition(CSV, List.of(), "c*", "b:INT"), next);
        assertThat(source.schema().fields())
                .extracting(com.databroker.streams.Field::name)
                .containsExactly("id", "time", "a", "b", "c");
    }

    @Test
    void a_source_goes_to_other_machines() throws Exception {
        Definition definition = Defined.definition(Defined.lines("(?<a>.*)"), List.of("a"), "a!", "b:TIME:a");
        DefinedSource source = DefinedSource.of("test", definition, DefinedShape.of(definition));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(source);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(source);
        }
    }

    @Test
    void nothing_that_is_broken_or_packed_breaks_a_reader() throws IOException {
        Random random = new Random(7);
        List<Definition> all = List.of(
                Defined.definition(CSV, List.of("k"), "k", "v:INT"),
                Defined.definition(JSON_LINES, List.of(), "k:TIME", "v:DOUBLE*"),
                Defined.definition(Defined.format(DefinedFormat.Kind.JSON), List.of(), "k:BOOL", "v:JSON"),
                Defined.definition(Defined.lines("(?<k>\\w*)[,:](?<v>.*)"), List.of(), "k", "v:LONG"),
                Defined.definition(
                        Defined.format(DefinedFormat.Kind.EVENTS), List.of(), "k:KEYWORD:topic", "v:TEXT:data"));
        byte[][] seeds = {
            "k,v\na,1\n\"b\"\"\",2\n".getBytes(StandardCharsets.UTF_8),
            "{\"k\":\"2026-11-28\",\"v\":[1,2.5e3]}\n{\"k\":true,\"v\":null}\n".getBytes(StandardCharsets.UTF_8),
            packed("k,v\na,1\n".repeat(50).getBytes(StandardCharsets.UTF_8))
        };
        long taken = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] body = seeds[i % seeds.length].clone();
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = random.nextInt(4) == 0 ? Arrays.copyOf(body, random.nextInt(body.length)) : body;
            Defined read = Defined.of(all.get(random.nextInt(all.size()))).read(cut);
            taken += read.records.size();
            assertThat(read.rejects.size()).as("round " + i).isLessThan(1100);
        }
        assertThat(taken).isGreaterThan(2500);
        Definition csv = all.getFirst();
        Defined bomb = Defined.of(csv);
        new DefinedReader(csv, 1 << 20)
                .read(
                        new com.databroker.streams.Body(
                                "id",
                                "bomb",
                                Map.of(),
                                Defined.ARRIVED,
                                new ByteArrayInputStream(packed(new byte[8 << 20]))),
                        bomb);
        assertThat(bomb.rejects).anyMatch(reason -> reason.contains("larger than 1048576 bytes unpacked"));
    }

    private static byte[] packed(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
