package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a frame of a conformance case has to look like, and what cases say with variables in them; the
/// words are described in docs/reference/objects-conformance.md. Any thread may ask.
final class ConformancePattern {
    private static final String ANYTHING = "…";
    private static final String MORE = "…more";
    private static final String HAS = "…has";
    private static final String NONE = "…none";
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([a-z]+):?([a-z0-9]*)}");
    private static final String CAPTURE = "${=";

    private final Map<String, @Nullable Object> variables = new LinkedHashMap<>();

    synchronized void put(String name, @Nullable Object value) {
        variables.put(name, value);
    }

    /// The tree with values in the place of variables.
    synchronized @Nullable Object filled(@Nullable Object tree) {
        if (tree instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> filled = new LinkedHashMap<>();
            map.forEach((name, value) -> filled.put(text(String.valueOf(name)), filled(value)));
            return filled;
        }
        if (tree instanceof List<?> list) {
            List<@Nullable Object> filled = new ArrayList<>();
            list.forEach(value -> filled.add(filled(value)));
            return filled;
        }
        if (tree instanceof String text && !text.startsWith(CAPTURE)) {
            Matcher whole = VARIABLE.matcher(text);
            return whole.matches() ? variable(whole) : text(text);
        }
        return tree;
    }

    private String text(String text) {
        return VARIABLE.matcher(text).replaceAll(found -> Matcher.quoteReplacement(String.valueOf(variable(found))));
    }

    private @Nullable Object variable(java.util.regex.MatchResult found) {
        if (found.group(1).equals("uuid")) {
            return variables.computeIfAbsent(
                    found.group(), first -> UUID.randomUUID().toString());
        }
        if (!variables.containsKey(found.group(1))) {
            throw new IllegalStateException("the case has no value for " + found.group());
        }
        return variables.get(found.group(1));
    }

    /// Where `actual` is not as `pattern` says; null where it is. What the pattern captures is kept where
    /// all fits.
    synchronized @Nullable String differs(@Nullable Object pattern, @Nullable Object actual) {
        Map<String, @Nullable Object> captured = new LinkedHashMap<>();
        String difference = differs("", filled(pattern), actual, captured);
        if (difference == null) {
            variables.putAll(captured);
        }
        return difference;
    }

    private static @Nullable String differs(
            String at, @Nullable Object pattern, @Nullable Object actual, Map<String, @Nullable Object> captured) {
        if (pattern instanceof String text) {
            if (text.startsWith(CAPTURE)) {
                captured.put(text.substring(CAPTURE.length(), text.length() - 1), actual);
                return null;
            }
            if (text.equals(ANYTHING)) {
                return null;
            }
            String regex = "(?s)" + Pattern.quote(text).replace(ANYTHING, "\\E.*\\Q");
            return actual instanceof String said && Pattern.matches(regex, said) ? null : told(at, pattern, actual);
        }
        if (pattern instanceof Map<?, ?> map && map.get(HAS) instanceof List<?> wanted) {
            return has(at, wanted, actual, captured);
        }
        if (pattern instanceof Map<?, ?> map) {
            return map(at, map, actual, captured);
        }
        if (pattern instanceof List<?> list) {
            return list(at, list, actual, captured);
        }
        if (pattern instanceof Number number) {
            return actual instanceof Number said && decimal(number).compareTo(decimal(said)) == 0
                    ? null
                    : told(at, pattern, actual);
        }
        return java.util.Objects.equals(pattern, actual) ? null : told(at, pattern, actual);
    }

    private static BigDecimal decimal(Number number) {
        return new BigDecimal(number.toString());
    }

    private static @Nullable String map(
            String at, Map<?, ?> pattern, @Nullable Object actual, Map<String, @Nullable Object> captured) {
        if (!(actual instanceof Map<?, ?> said)) {
            return told(at, pattern, actual);
        }
        for (Map.Entry<?, ?> member : pattern.entrySet()) {
            String place = at + "/" + member.getKey();
            if (NONE.equals(member.getValue())) {
                if (said.get(member.getKey()) != null) {
                    return place + " is there";
                }
                continue;
            }
            String difference = said.containsKey(member.getKey())
                    ? differs(place, member.getValue(), said.get(member.getKey()), captured)
                    : place + " is missing";
            if (difference != null) {
                return difference;
            }
        }
        return null;
    }

    private static @Nullable String list(
            String at, List<?> pattern, @Nullable Object actual, Map<String, @Nullable Object> captured) {
        boolean open = !pattern.isEmpty() && MORE.equals(pattern.getLast());
        int size = open ? pattern.size() - 1 : pattern.size();
        if (!(actual instanceof List<?> said) || said.size() < size || (!open && said.size() > size)) {
            return told(at, pattern, actual);
        }
        for (int i = 0; i < size; i++) {
            String difference = differs(at + "/" + i, pattern.get(i), said.get(i), captured);
            if (difference != null) {
                return difference;
            }
        }
        return null;
    }

    private static @Nullable String has(
            String at, List<?> wanted, @Nullable Object actual, Map<String, @Nullable Object> captured) {
        if (!(actual instanceof List<?> said)) {
            return told(at, wanted, actual);
        }
        for (Object each : wanted) {
            boolean found = false;
            for (Object one : said) {
                found |= differs(at, each, one, captured) == null;
            }
            if (!found) {
                return told(at, each, actual);
            }
        }
        return null;
    }

    private static String told(String at, @Nullable Object pattern, @Nullable Object actual) {
        return (at.isEmpty() ? "the frame" : at) + " is " + json(actual) + ", not " + json(pattern);
    }

    /// The tree as JSON.
    static String json(@Nullable Object tree) {
        return Json.bytes(out -> Json.writeTree(out, tree)).utf8();
    }

    /// The tree of a JSON text.
    static @Nullable Object tree(String json) {
        return Json.parse(Bytes.utf8(json));
    }
}
