package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What the verbs about objects have in common: how people write values and conditions, and how objects are shown.
final class ObjectForms {
    private static final Pattern CONDITION =
            Pattern.compile("([\\p{L}][\\p{L}\\p{N}_]*)(>=|<=|!=|\\^=|=|>|<)(.*)", Pattern.DOTALL);
    private static final Pattern VALUE = Pattern.compile("([\\p{L}][\\p{L}\\p{N}_]*)(:=|=)(.*)", Pattern.DOTALL);
    private static final Map<String, String> SUFFIXES =
            Map.of(">=", ".ge", "<=", ".le", "!=", ".ne", "^=", ".prefix", "=", ".eq", ">", ".gt", "<", ".lt");
    private static final String LIST = "in:";
    private static final String KEY = "_key";

    private ObjectForms() {}

    /// `salary>=100`, `name^=A`, `status=in:open,closed`, `boss=null`: as parameters of an address.
    static Map<String, @Nullable Object> conditions(List<String> texts) {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        for (String text : texts) {
            Matcher matcher = CONDITION.matcher(text);
            if (!matcher.matches()) {
                throw CliException.usage(
                        "\"" + text + "\" is no condition",
                        "Write <field><operator><value>, as salary>=100, with = != < <= > >= or ^= (begins with).");
            }
            String value = matcher.group(3);
            boolean equal = matcher.group(2).equals("=");
            if (equal && value.equals("null")) {
                parameters.put(matcher.group(1) + ".null", "true");
            } else if (equal && value.startsWith(LIST)) {
                parameters.put(matcher.group(1) + ".in", value.substring(LIST.length()));
            } else {
                parameters.put(matcher.group(1) + SUFFIXES.get(matcher.group(2)), value);
            }
        }
        return parameters;
    }

    /// `name=Ada`, `notes:={"any":["json"]}`, `boss:=null`.
    static Map<String, @Nullable Object> values(List<String> texts) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (String text : texts) {
            Matcher matcher = VALUE.matcher(text);
            if (!matcher.matches()) {
                throw CliException.usage(
                        "\"" + text + "\" is no value of a field",
                        "Write <field>=<text>, as name=Ada, or <field>:=<JSON>, as boss:=null.");
            }
            String value = matcher.group(3);
            values.put(matcher.group(1), matcher.group(2).equals("=") ? value : json(value));
        }
        return values;
    }

    /// An argument of a method: JSON where it is that, else a text.
    static @Nullable Object argument(String text) {
        try {
            return Json.parseAnswer(Bytes.utf8(text));
        } catch (ProblemException plain) {
            return text;
        }
    }

    private static @Nullable Object json(String text) {
        try {
            return Json.parseAnswer(Bytes.utf8(text));
        } catch (ProblemException malformed) {
            throw CliException.usage("\"" + text + "\" is no JSON", "Behind := stands JSON: null, 1.5, \"text\".");
        }
    }

    /// A table of the objects of each type, or all of them as JSON.
    static void print(Table.Options output, Surroundings around, List<Map<String, @Nullable Object>> objects) {
        Map<String, List<Map<String, @Nullable Object>>> byType = new LinkedHashMap<>();
        for (Map<String, @Nullable Object> object : objects) {
            String name = output.isTable() ? JsonTree.text(object, KEY).replaceFirst("/.*", "") : "";
            byType.computeIfAbsent(name, type -> new ArrayList<>()).add(object);
        }
        String between = "";
        for (List<Map<String, @Nullable Object>> same : byType.values()) {
            around.out().print(between);
            between = output.isTable() ? "\n" : "";
            List<String> columns = columns(same);
            List<String> heads = columns.stream()
                    .map(column -> column.equals(KEY) ? "key" : column)
                    .toList();
            output.print(around, heads, same, row -> cells(columns, row), row -> row);
        }
        if (byType.isEmpty() && !output.isTable()) {
            output.print(around, List.of(), objects, row -> List.of(), row -> row);
        }
    }

    /// All fields that there are, in the order in which they come.
    private static List<String> columns(List<Map<String, @Nullable Object>> objects) {
        Set<String> columns = new LinkedHashSet<>();
        objects.forEach(object -> columns.addAll(object.keySet()));
        columns.remove("_version");
        return new ArrayList<>(columns);
    }

    private static List<String> cells(List<String> columns, Map<String, @Nullable Object> object) {
        return columns.stream().map(column -> text(object.get(column))).toList();
    }

    static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case Map<?, ?> map -> Json.bytes(out -> Json.writeTree(out, map)).utf8();
            case List<?> list -> Json.bytes(out -> Json.writeTree(out, list)).utf8();
            default -> value.toString();
        };
    }

    /// `?a=b&c=d` of those that are given. A text that is empty is a value as any other.
    static String query(Map<String, @Nullable Object> parameters) {
        StringBuilder query = new StringBuilder();
        parameters.forEach((name, value) -> {
            if (value != null) {
                query.append(query.isEmpty() ? "?" : "&")
                        .append(Http.segment(name))
                        .append('=')
                        .append(Http.segment(value.toString()));
            }
        });
        return query.toString();
    }

    /// What no address may have, although a key may, is escaped as a key does it, and so once more than all else:
    /// control characters, backslashes, and a whole segment of dots.
    private static String escaped(String part) {
        boolean dots = part.equals(".") || part.equals("..");
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (dots || c < ' ' || c == 127 || c == '\\') {
                escaped.append('%').append(HexFormat.of().toHexDigits((byte) c));
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }

    /// The address of an object by its key, `Person/42`. The key may be the empty text.
    static String path(String key) {
        int slash = key.indexOf('/');
        if (slash <= 0) {
            throw CliException.usage("\"" + key + "\" is no key of an object", "Write <type>/<key>, as Person/42.");
        }
        String part = escaped(key.substring(slash + 1));
        return "/objects/" + Http.segment(key.substring(0, slash)) + "/" + Http.segment(part);
    }
}
