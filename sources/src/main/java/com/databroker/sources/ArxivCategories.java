package com.databroker.sources;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The archives of arXiv and the groups that they are in: of the category `math.CO` the archive is `math`,
/// of `hep-th` itself; the group of `hep-th` is `physics`.
final class ArxivCategories {
    private static final Map<String, String> GROUPS = new TreeMap<>();

    static {
        group("physics", "astro-ph cond-mat gr-qc hep-ex hep-lat hep-ph hep-th math-ph nlin nucl-ex nucl-th physics");
        group("physics", "quant-ph");
        group("math", "math");
        group("cs", "cs");
        group("q-bio", "q-bio");
        group("q-fin", "q-fin");
        group("stat", "stat");
        group("eess", "eess");
        group("econ", "econ");
        group("test", "test");
        // Closed, and part of others since.
        group("physics", "acc-phys ao-sci atom-ph bayes-an chem-ph mtrl-th plasm-ph supr-con");
        group("physics", "adap-org chao-dyn comp-gas patt-sol solv-int");
        group("math", "alg-geom dg-ga funct-an q-alg");
        group("cs", "cmp-lg");
    }

    /// What stands for words in the terms of a classification: `cs.LG`, `hep-th`.
    private static final Set<Character> MARKS = Set.of('-', '.');

    private ArxivCategories() {}

    private static void group(String group, String archives) {
        for (String archive : archives.split(" ", -1)) {
            GROUPS.put(archive, group);
        }
    }

    static boolean isArchive(String name) {
        return GROUPS.containsKey(name);
    }

    static @Nullable String group(String archive) {
        return GROUPS.get(archive);
    }

    static String archive(String category) {
        int dot = category.indexOf('.');
        return dot < 0 ? category : category.substring(0, dot);
    }

    /// The archive of a set of OAI-PMH, which names group, archive and category as far as it goes: of
    /// `physics:hep-th` the second, of `math:math:CO` too, of `math` itself.
    static String archiveOfSet(String set) {
        List<String> parts = List.of(set.split(":", -1));
        return parts.get(Math.min(1, parts.size() - 1));
    }

    /// Whether a term is a category of arXiv, and not of another classification.
    static boolean isCategory(String term) {
        return isArchive(archive(term))
                && term.chars().allMatch(c -> Character.isLetter(c) || MARKS.contains((char) c))
                && term.indexOf('.') == term.lastIndexOf('.');
    }
}
