package com.databroker.server;

import com.databroker.core.ByteSize;
import com.databroker.core.Text;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// How a value of one Java type is written in the file, in a variable and after a flag.
record SettingType(Form form, Class<?> raw) {
    enum Form {
        TEXT,
        NUMBER,
        FLAG,
        DURATION,
        SIZE,
        PATH,
        WORD,
        LIST
    }

    private static final Map<Class<?>, Form> FORMS = Map.of(
            String.class, Form.TEXT,
            int.class, Form.NUMBER,
            long.class, Form.NUMBER,
            boolean.class, Form.FLAG,
            Duration.class, Form.DURATION,
            ByteSize.class, Form.SIZE,
            Path.class, Form.PATH);
    static final String DURATION_PATTERN = "\\d{1,9}(ms|s|m|h|d)";
    static final String SIZE_PATTERN = "\\d{1,15}\\s*(B|KiB|MiB|GiB|TiB)?";
    private static final long[] MILLIS = {86_400_000, 3_600_000, 60_000, 1000, 1};
    private static final String[] UNITS = {"d", "h", "m", "s", "ms"};

    static SettingType of(RecordComponent component) {
        Class<?> raw = component.getType();
        if (raw.isEnum()) {
            return new SettingType(Form.WORD, raw);
        }
        if (component.getGenericType() instanceof ParameterizedType list
                && list.getRawType() == List.class
                && list.getActualTypeArguments()[0] == String.class) {
            return new SettingType(Form.LIST, raw);
        }
        Form form = FORMS.get(raw);
        if (form == null) {
            throw new IllegalStateException(component + ": a setting cannot have this type");
        }
        return new SettingType(form, raw);
    }

    /// @throws IllegalArgumentException with a sentence that shows the form
    Object parse(String text) {
        String word = text.strip();
        return switch (form) {
            case TEXT -> text;
            case NUMBER -> number(word);
            case FLAG -> flag(word);
            case DURATION -> duration(word);
            case SIZE -> size(word);
            case PATH -> path(text);
            case WORD -> word(word);
            case LIST -> list(word);
        };
    }

    /// What a message calls such a value.
    String noun() {
        return switch (form) {
            case TEXT -> "a text";
            case NUMBER -> "a whole number";
            case FLAG -> "true or false";
            case DURATION -> "a duration such as 30s";
            case SIZE -> "a size such as 64KiB";
            case PATH -> "a path";
            case WORD -> "one of " + words();
            case LIST -> "a list such as [a, b]";
        };
    }

    /// The value as it would stand in the file.
    String text(Object value) {
        return switch (value) {
            case Duration duration -> duration(duration.toMillis());
            case Enum<?> word -> lower(word);
            case List<?> list -> listed(list);
            default -> value.toString();
        };
    }

    static String listed(List<?> list) {
        return list.stream().map(item -> item(String.valueOf(item))).collect(Collectors.joining(", ", "[", "]"));
    }

    /// The number that a setting's least and greatest value speak of.
    static long measure(Object value) {
        return switch (value) {
            case Number number -> number.longValue();
            case Duration duration -> duration.toMillis();
            case ByteSize size -> size.bytes();
            default -> 0;
        };
    }

    /// A measure in the words of the file.
    String measureText(long measure) {
        return switch (form) {
            case DURATION -> duration(measure);
            case SIZE -> new ByteSize(measure).toString();
            case TEXT, NUMBER, FLAG, PATH, WORD, LIST -> Long.toString(measure);
        };
    }

    List<String> words() {
        return Arrays.stream(raw.getEnumConstants())
                .map(constant -> lower((Enum<?>) constant))
                .toList();
    }

    private Object number(String word) {
        if (!word.matches("[+-]?\\d+")) {
            throw new IllegalArgumentException(quoted(word) + " is not a whole number");
        }
        try {
            // Not one conditional expression: it would make a Long of either.
            if (raw == int.class) {
                return Integer.parseInt(word);
            }
            return Long.parseLong(word);
        } catch (NumberFormatException tooLarge) {
            throw new IllegalArgumentException(quoted(word) + " is out of range", tooLarge);
        }
    }

    private static Object flag(String word) {
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(quoted(word) + " is neither true nor false");
        };
    }

    private static Duration duration(String word) {
        if (!word.matches(DURATION_PATTERN)) {
            throw new IllegalArgumentException(quoted(word) + " is not a duration; write 500ms, 30s, 5m, 2h or 10d");
        }
        int digits = 0;
        while (Character.isDigit(word.charAt(digits))) {
            digits++;
        }
        long millis = MILLIS[List.of(UNITS).indexOf(word.substring(digits))];
        return Duration.ofMillis(Long.parseLong(word.substring(0, digits)) * millis);
    }

    private static String duration(long millis) {
        int unit = 0;
        while (millis % MILLIS[unit] != 0 || (millis == 0 && MILLIS[unit] != 1000)) {
            unit++;
        }
        return millis / MILLIS[unit] + UNITS[unit];
    }

    private static ByteSize size(String word) {
        try {
            return ByteSize.parse(word);
        } catch (ArithmeticException tooLarge) {
            throw new IllegalArgumentException(quoted(word) + " is out of range", tooLarge);
        }
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException invalid) {
            throw new IllegalArgumentException(quoted(text) + " is not a path", invalid);
        }
    }

    private Object word(String word) {
        for (Object constant : raw.getEnumConstants()) {
            if (lower((Enum<?>) constant).equals(word)) {
                return constant;
            }
        }
        throw new IllegalArgumentException(quoted(word) + " is not one of " + words()
                + suggestion(Text.nearest(word.toLowerCase(Locale.ROOT), words())));
    }

    // Variables and flags have no other way to hold a list; in the file it is a list of YAML.
    private static List<String> list(String word) {
        boolean bracketed = word.startsWith("[") && word.endsWith("]");
        String items = bracketed ? word.substring(1, word.length() - 1) : word;
        return Arrays.stream(items.split(",", -1))
                .map(String::strip)
                .map(item -> item.length() > 1 && item.startsWith("\"") && item.endsWith("\"")
                        ? item.substring(1, item.length() - 1)
                        : item)
                .filter(item -> !item.isEmpty())
                .toList();
    }

    /// In quotes where YAML would read it as something else.
    private static String item(String text) {
        return text.matches("[A-Za-z0-9][A-Za-z0-9.:/_-]*") ? text : "\"" + text + "\"";
    }

    static String suggestion(String nearest) {
        return nearest.isEmpty() ? "" : ", did you mean \"" + nearest + "\"?";
    }

    private static String quoted(String word) {
        return "\"" + Text.excerpt(word) + "\"";
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
