package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ProblemException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One record alone is found by a query exactly where the index finds it: random records, random queries.
final class StreamQueryMatcherTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    static final Source SOURCE = HotSource.named("random");
    private static final List<String> TEXTS = List.of("title", "notes", "owner.note", "parts.note");
    private static final List<String> KEYWORDS = List.of("kind", "tags", "owner.label", "parts.label");
    private static final List<String> NUMBERS = List.of("count", "bytes", "sizes", "owner.size", "parts.size");

    @TempDir
    private @Nullable Path folder;

    @Test
    void a_record_alone_is_found_exactly_where_the_index_finds_it() throws Exception {
        for (long seed = 0; seed < 4; seed++) {
            Path place = java.util.Objects.requireNonNull(folder).resolve("s" + seed);
            try (HotStore store = new LuceneHotStore(HotConfig.in(place), InstantSource.fixed(NOON))) {
                agree(store, new SplittableRandom(seed), 400, "seed " + seed);
            }
        }
    }

    /// Asks a store and each of its records alone.
    static void agree(HotStore store, RandomGenerator random, int queries, String seed) throws Exception {
        List<Arrival> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Arrival arrival = HotSource.arrival(
                    HotSource.random(random, "id" + i, NOON), NOON.minus(random.nextInt(48), ChronoUnit.HOURS));
            all.add(arrival);
            store.put(SOURCE, arrival);
        }
        HotStoreContract.visible(store, SOURCE, all.size());
        Set<Integer> sizes = new HashSet<>();
        int refused = 0;
        int decided = 0;
        for (int i = 0; i < queries; i++) {
            StreamQuery query = StreamQuery.of(query(random, 0), 1000);
            if (random.nextInt(5) == 0) {
                query = query.between(NOON.minus(random.nextInt(70), ChronoUnit.HOURS), NOON);
            }
            String what = seed + ", query " + query;
            StreamQueryMatcher matcher;
            try {
                matcher = new StreamQueryMatcher(SOURCE.schema(), query);
            } catch (ProblemException wrong) {
                refused++;
                continue;
            }
            Set<String> found = store.search(SOURCE, query).hits().stream()
                    .map(StreamQuery.Hit::id)
                    .collect(Collectors.toSet());
            Set<String> alone = all.stream()
                    .filter(arrival -> matcher.matches(arrival.record(), arrival.time()))
                    .map(Arrival::id)
                    .collect(Collectors.toSet());
            assertThat(alone).as(what).isEqualTo(found);
            if (query.from() == null) {
                decided += decided(matcher, all, found, what);
            }
            sizes.add(found.size());
        }
        assertThat(sizes).as(seed + ": queries that find some and not all").hasSizeGreaterThan(queries / 14);
        assertThat(refused).as(seed + ": refused queries").isLessThan(queries / 5);
        assertThat(decided).as(seed + ": records decided by their values alone").isGreaterThan(queries * 35);
    }

    /// How many records the filter tells of without an index; of none it may tell otherwise.
    private static int decided(StreamQueryMatcher matcher, List<Arrival> all, Set<String> found, String what) {
        int decided = 0;
        for (Arrival arrival : all) {
            ColdFilter.Answer answer = matcher.filter().test(arrival.record()::get);
            if (answer != ColdFilter.Answer.MAYBE) {
                decided++;
                if ((answer == ColdFilter.Answer.YES) != found.contains(arrival.id())) {
                    throw new AssertionError(what + ", record " + arrival.record() + ": " + answer);
                }
            }
        }
        return decided;
    }

    /// Whatever becomes of a word in the index, the text that has it is not passed over.
    @Test
    void no_text_is_passed_over_that_has_the_word() throws Exception {
        List<String> stems = List.of("happ", "relat", "organ", "hop", "fil", "siz", "creat", "sens", "vietnam", "flu");
        List<String> endings = List.of(
                "", "s", "es", "ies", "y", "ing", "ping", "ed", "e", "ly", "ational", "ization", "izer", "iveness",
                "ibility", "ability", "ousness", "icate", "ement", "ment", "ence", "ance", "ably", "ically", "ogy",
                "'s", "\u2019s", "fulness", "ousli", "ation");
        StringBuilder text =
                new StringBuilder("\u0130stanbul \uFF26\uFF35\uFF2C\uFF2C \u212Aelvin Stra\u00DFe \u00C6ther ");
        for (String stem : stems) {
            for (String ending : endings) {
                text.append(stem).append(ending).append(' ');
                text.append(stem.toUpperCase(java.util.Locale.ROOT))
                        .append(ending)
                        .append(' ');
            }
        }
        for (String word : text.toString().split(" ", -1)) {
            try (var tokens = LuceneText.ANALYZER.tokenStream("text", word)) {
                var term = tokens.addAttribute(org.apache.lucene.analysis.tokenattributes.CharTermAttribute.class);
                tokens.reset();
                while (tokens.incrementToken()) {
                    ColdWord asked = ColdWord.of(term.toString());
                    assertThat(asked == null || asked.mayBeIn("so " + word + ", too"))
                            .as(word + " is " + term + " in the index")
                            .isTrue();
                }
                tokens.end();
            }
        }
        assertThat(java.util.Objects.requireNonNull(ColdWord.of("hedgehog")).mayBeIn(text.toString()))
                .isFalse();
    }

    private static String query(RandomGenerator random, int depth) {
        if (depth < 3 && random.nextInt(3) > 0) {
            String left = query(random, depth + 1);
            String right = query(random, depth + 1);
            return switch (random.nextInt(7)) {
                case 0 -> left + " AND " + right;
                case 1 -> left + " OR " + right;
                case 2 -> left + " " + right;
                case 3 -> left + " -" + "(" + right + ")";
                case 4 -> "NOT (" + left + ") OR " + right;
                case 5 -> "(" + left + " " + right + " " + query(random, depth + 1) + ")@2";
                default -> "(" + left + ") AND NOT (" + right + ")";
            };
        }
        return condition(random);
    }

    private static String condition(RandomGenerator random) {
        String word = HotSource.pick(random, HotSource.WORDS).replace('\uD800', 'z');
        String text = HotSource.pick(random, TEXTS);
        String keyword = HotSource.pick(random, KEYWORDS);
        String number = HotSource.pick(random, NUMBERS);
        return switch (random.nextInt(20)) {
            case 0 -> word;
            case 1 -> text + ":" + word;
            case 2 -> text + ":\"" + HotSource.text(random) + "\"";
            case 3 -> text + ":\"" + word + " " + HotSource.pick(random, HotSource.WORDS) + "\"~" + random.nextInt(4);
            case 4 -> text + ":" + word.substring(0, 1) + "*";
            case 5 -> text + ":" + word.charAt(0) + "?" + (random.nextBoolean() ? "*" : "n");
            case 6 -> text + ":" + word + "~" + random.nextInt(3);
            case 7 -> text + ":/" + word.charAt(0) + "[a-z]+/";
            case 8 -> keyword + ":\"" + HotSource.pick(random, HotSource.KINDS) + "\"";
            case 9 -> keyword + ":[" + word.charAt(0) + " TO *]";
            case 10 -> keyword + ":{* TO " + word.charAt(0) + "}";
            case 11 -> keyword + ":P*";
            case 12 -> number + ":" + random.nextInt(-3, 12);
            case 13 -> number + ":{" + random.nextInt(-3, 12) + " TO 8.5]";
            case 14 -> number + (random.nextBoolean() ? ">" : "<=") + random.nextInt(9);
            case 15 -> "score:[-1 TO " + HotSource.pick(random, List.of("0", "1.5", "*", "1e400")) + "}";
            case 16 -> "open:" + random.nextBoolean();
            case 17 ->
                HotSource.pick(random, List.of(text, keyword, number, "open", "score", "created_at", "id")) + ":*";
            case 18 ->
                "created_at:"
                        + HotSource.pick(
                                random,
                                List.of(
                                        "2026",
                                        "2026-11",
                                        "2026-11-27",
                                        "[2026-11-26 TO 2026-11-27T06}",
                                        "{2026-11-27 TO *]"));
            default -> "id:id" + random.nextInt(110);
        };
    }

    @Test
    void words_are_found_without_accents_endings_and_case() {
        finds("Résumés of running FOXES", "resume", "fox", "run", "\"resume of\"", "title:Foxes", "fo?");
        finds("東京都庁", "東京", "\"京都\"");
        finds("Müller's naïve café", "muller", "NAIVE", "cafe");
        finds("to be or not to be", "\"to be or not\"");
        lacks("Résumés of running FOXES", "fo", "\"of resume\"", "-fox", "fox AND hen", "kind:fox");
    }

    @Test
    void and_binds_closer_than_or_and_words_must_all_occur() {
        finds("one two", "one two", "three AND four OR one", "one OR three AND four", "+one -three", "(one three)@1");
        lacks("one two", "one three", "one AND three OR four", "(one three four)@2", "NOT one", "one NOT two");
    }

    @Test
    void a_colon_in_a_value_is_written_in_quotes_or_behind_a_backslash() {
        DataRecord record = DataRecord.of(HotSource.SCHEMA)
                .set("id", "1")
                .set("kind", "a:b")
                .build();
        for (String q : List.of("kind:a\\:b", "kind:\"a:b\"", "\"a:b\"", "kind:a\\:*")) {
            assertThat(new StreamQueryMatcher(HotSource.SCHEMA, StreamQuery.of(q, 1)).matches(record, 0))
                    .as(q)
                    .isTrue();
        }
    }

    private static void finds(String title, String... queries) {
        for (String q : queries) {
            assertThat(matches(title, q)).as(title + " / " + q).isTrue();
        }
    }

    private static void lacks(String title, String... queries) {
        for (String q : queries) {
            assertThat(matches(title, q)).as(title + " / " + q).isFalse();
        }
    }

    private static boolean matches(String title, String q) {
        DataRecord record = DataRecord.of(HotSource.SCHEMA)
                .set("id", "1")
                .set("title", title)
                .build();
        return new StreamQueryMatcher(HotSource.SCHEMA, StreamQuery.of(q, 1)).matches(record, 0);
    }
}
