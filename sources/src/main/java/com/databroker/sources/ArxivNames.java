package com.databroker.sources;

import com.databroker.sources.ArxivEntry.Author;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Names of authors: out of one text, and into their parts.
///
/// ```
///   A. Greilich (1), J. C. Gallardo Jr. (BNL) and M. Bayer (1) ((1) Dortmund, Germany, (2) Washington, USA)
/// ```
final class ArxivNames {
    private static final Pattern KEY = Pattern.compile("\\(?(\\d{1,3})\\)?\\s*[-:]?\\s*");
    private static final Pattern KEYS = Pattern.compile("[\\d,; *]{1,60}");
    private static final Pattern NUMBER = Pattern.compile("\\(\\s*(\\d{1,3})\\s*\\)");
    private static final Pattern ET_AL = Pattern.compile(",? et\\.? al\\.?$", Pattern.CASE_INSENSITIVE);
    private static final Pattern AND = Pattern.compile("(?:and|&)\\s+", Pattern.CASE_INSENSITIVE);
    private static final Pattern SUFFIX = Pattern.compile("(?:Jr|Sr)\\.?|II|III|IV");

    /// What stands before a keyname and belongs to it.
    private static final Set<String> PARTICLES = Set.of(
            "al", "bin", "da", "dal", "dall", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du", "el",
            "la", "le", "los", "ten", "ter", "van", "vande", "vander", "von", "zu", "zum", "zur", "y", "af", "av");

    private ArxivNames() {}

    /// A piece of the text at the level of names, and what stood in parentheses behind it.
    private static final class Piece {
        private final StringBuilder name = new StringBuilder();
        private final List<String> asides = new ArrayList<>();
    }

    /// The authors that one text names, in their order.
    static List<Author> authors(String text) {
        Map<String, String> institutions = new HashMap<>();
        List<Author> authors = new ArrayList<>();
        for (Piece piece : pieces(ArxivText.oneLine(text))) {
            List<String> affiliations = new ArrayList<>();
            for (String aside : piece.asides) {
                if (isList(aside)) {
                    institutions.putAll(institutions(aside));
                } else if (!aside.isBlank()) {
                    affiliations.add(aside.strip());
                }
            }
            Matcher and = AND.matcher(piece.name.toString().strip());
            add(
                    authors,
                    and.lookingAt()
                            ? and.replaceFirst("")
                            : piece.name.toString().strip(),
                    affiliations);
        }
        for (Author author : authors) {
            List<String> resolved = new ArrayList<>();
            author.affiliations.forEach(each -> resolve(each, institutions, resolved));
            author.affiliations.clear();
            author.affiliations.addAll(resolved);
        }
        return authors;
    }

    /// Cuts at commas, semicolons and `and` outside parentheses and braces.
    private static List<Piece> pieces(String text) {
        List<Piece> pieces = new ArrayList<>();
        Piece piece = new Piece();
        StringBuilder aside = new StringBuilder();
        int parentheses = 0;
        int braces = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                (parentheses > 0 ? aside : piece.name).append(c).append(text.charAt(++i));
                continue;
            }
            braces = Math.max(0, braces + (c == '{' ? 1 : c == '}' ? -1 : 0));
            if (c == '(' && parentheses++ == 0) {
                aside.setLength(0);
            } else if (c == ')' && parentheses > 0 && --parentheses == 0) {
                piece.asides.add(aside.toString());
            } else if (parentheses > 0) {
                aside.append(c);
            } else if (braces == 0 && (c == ',' || c == ';' || isColon(text, i))) {
                pieces.add(piece);
                piece = new Piece();
            } else if (braces == 0
                    && c == ' '
                    && AND.matcher(text).region(i + 1, text.length()).lookingAt()) {
                pieces.add(piece);
                piece = new Piece();
            } else {
                piece.name.append(c);
            }
        }
        if (parentheses > 0) {
            piece.asides.add(aside.toString());
        }
        pieces.add(piece);
        return pieces;
    }

    /// `Planck Collaboration: P. Ade`.
    private static boolean isColon(String text, int at) {
        return text.charAt(at) == ':' && at + 1 < text.length() && text.charAt(at + 1) == ' ';
    }

    private static void add(List<Author> authors, String name, List<String> affiliations) {
        String bare = ET_AL.matcher(name.replaceAll("\\s+", " ").strip()).replaceAll("");
        if (!authors.isEmpty() && (bare.isEmpty() || SUFFIX.matcher(bare).matches())) {
            Author before = authors.get(authors.size() - 1);
            if (!bare.isEmpty()) {
                before.texts.put("suffix", bare);
            }
            before.affiliations.addAll(affiliations);
        } else if (!bare.isEmpty() && authors.size() <= ArxivEntry.AUTHORS_MAX) {
            Author author = new Author();
            author.texts.put("name", bare);
            author.affiliations.addAll(affiliations);
            authors.add(author);
        }
    }

    /// Whether it says what the numbers mean, as in `(1) Bologna Univ., (2) INAF`.
    private static boolean isList(String aside) {
        Matcher key = KEY.matcher(aside.strip());
        return key.lookingAt()
                && !KEYS.matcher(aside).matches()
                && key.end() < aside.strip().length();
    }

    private static Map<String, String> institutions(String aside) {
        Map<String, String> institutions = new HashMap<>();
        if (aside.indexOf('(') < 0) {
            for (String part : aside.split(";", -1)) {
                Matcher key = KEY.matcher(part.strip());
                if (key.lookingAt()) {
                    institutions.put(key.group(1), trimmed(part.strip().substring(key.end())));
                }
            }
            return institutions;
        }
        Matcher matcher = NUMBER.matcher(aside);
        String key = null;
        int begin = 0;
        while (matcher.find()) {
            if (key != null) {
                institutions.putIfAbsent(key, trimmed(aside.substring(begin, matcher.start())));
            }
            key = matcher.group(1);
            begin = matcher.end();
        }
        if (key != null) {
            institutions.putIfAbsent(key, trimmed(aside.substring(begin)));
        }
        return institutions;
    }

    /// An institution without what joined it to the next.
    private static String trimmed(String institution) {
        String trimmed = institution.strip();
        int end = trimmed.length();
        while (end > 0 && ",;.& ".indexOf(trimmed.charAt(end - 1)) >= 0) {
            end--;
        }
        return trimmed.startsWith(" and", end - 4) ? trimmed.substring(0, end - 4) : trimmed.substring(0, end);
    }

    private static void resolve(String told, Map<String, String> institutions, List<String> into) {
        if (!KEYS.matcher(told).matches()) {
            into.add(told);
            return;
        }
        for (String key : told.split("[,; ]+", -1)) {
            String institution = institutions.get(key);
            if (institution != null && !institution.isEmpty()) {
                into.add(institution);
            }
        }
    }

    /// An author as `Keyname, Forenames`.
    static Author sorted(String text) {
        Author author = new Author();
        String line = ArxivText.oneLine(text);
        int comma = line.indexOf(',');
        if (comma > 0) {
            author.texts.put("keyname", line.substring(0, comma).strip());
            author.texts.put("forenames", line.substring(comma + 1).strip());
        } else if (!line.isEmpty()) {
            author.texts.put("name", line);
        }
        return author;
    }

    /// The parts of a name that was told as one.
    ///
    /// @param keyname with its particles: `van den Bosch`
    record Parts(String forenames, String keyname, String suffix) {
        static Parts of(String name) {
            if (name.indexOf(',') < 0 || isGroup(name)) {
                return ofWords(name);
            }
            List<String> pieces = new ArrayList<>();
            String suffix = "";
            for (String piece : name.split(",", -1)) {
                if (!pieces.isEmpty() && SUFFIX.matcher(piece.strip()).matches()) {
                    suffix = piece.strip();
                } else if (!piece.isBlank()) {
                    pieces.add(piece.strip());
                }
            }
            return switch (pieces.size()) {
                case 1 -> ofWords(pieces.get(0) + (suffix.isEmpty() ? "" : " " + suffix));
                // A catalogue's form; more commas than that are those of several names.
                case 2 -> new Parts(pieces.get(1), pieces.get(0), suffix);
                default -> ofWords(name);
            };
        }

        private static boolean isGroup(String name) {
            return name.toLowerCase(Locale.ROOT).matches(".*\\b(collaborations?|consortium|team)\\b.*");
        }

        private static Parts ofWords(String name) {
            List<String> words = new ArrayList<>(List.of(name.split(" ", -1)));
            String suffix = "";
            if (words.size() > 1 && SUFFIX.matcher(words.get(words.size() - 1)).matches()) {
                suffix = words.remove(words.size() - 1);
            }
            int key = isGroup(name) ? 0 : words.size() - 1;
            while (key > 1 && PARTICLES.contains(words.get(key - 1).toLowerCase(Locale.ROOT))) {
                key--;
            }
            return new Parts(
                    String.join(" ", words.subList(0, key)),
                    String.join(" ", words.subList(key, words.size())),
                    suffix);
        }
    }
}
