package com.databroker.server;

import com.databroker.core.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One setting: a component of a configuration record that is not itself a record.
///
/// @param optional whether it may be absent, which is null in the record
/// @param named whether it is in a named section, which no variable reaches: with `_` for both dot
///   and dash nobody could tell where the name ends
record SettingKey(String key, Setting setting, SettingType type, boolean optional, boolean named)
        implements SettingNode {
    static final String SECRET = "********";

    /// An address may hold a password, and so may arguments of a command.
    private static final Pattern IN_ADDRESS = Pattern.compile("(://[^/@:\\s]*:)[^/\\s]+(?=@)");

    private static final String WORDS = "(?:password|passwd|secret|token|api-?key|access-?key)";
    private static final Pattern IN_QUERY = Pattern.compile("(" + WORDS + "=)[^&;,\\s]+", Pattern.CASE_INSENSITIVE);
    private static final Pattern OPTION =
            Pattern.compile("(-[\\w-]*" + WORDS + "=).*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern NEXT = Pattern.compile("-[\\w-]*" + WORDS, Pattern.CASE_INSENSITIVE);

    SettingKey {
        if (setting.value().isBlank()) {
            throw new IllegalStateException(key + ": a setting needs a text for operators");
        }
    }

    /// Nothing is below a setting.
    @Override
    public @Nullable SettingNode child(String name) {
        return null;
    }

    String flag() {
        return "--" + key;
    }

    /// Whether a value has to be given.
    boolean required() {
        return !optional && setting.otherwise().isEmpty() && type.form() != SettingType.Form.LIST;
    }

    /// The value where nobody gives one.
    @Nullable
    Object otherwise() {
        if (setting.otherwise().isEmpty()) {
            return type.form() == SettingType.Form.LIST ? List.of() : null;
        }
        try {
            return parse(setting.otherwise());
        } catch (IllegalArgumentException wrong) {
            throw new IllegalStateException(key + ": wrong default: " + wrong.getMessage(), wrong);
        }
    }

    /// @return null where an empty text means that the setting is absent
    /// @throws IllegalArgumentException with a sentence that shows the form and never the value of
    ///   a secret
    @Nullable
    Object parse(String text) {
        if (text.isBlank() && type.form() != SettingType.Form.LIST) {
            if (optional) {
                return null;
            }
            throw new IllegalArgumentException("is empty; expected " + type.noun());
        }
        Object value;
        try {
            value = type.parse(text);
        } catch (IllegalArgumentException wrong) {
            // The message of the type quotes the text.
            throw setting.secret() ? new IllegalArgumentException("is not " + type.noun()) : wrong;
        }
        if (hasLimits()) {
            long measure = SettingType.measure(value);
            if (measure < setting.min() || measure > setting.max()) {
                throw new IllegalArgumentException(type.text(value) + " is out of range; write " + limits());
            }
        }
        return value;
    }

    /// `0 to 65535`, `at least 1s`, or empty.
    String limits() {
        String least = hasLeast() ? type.measureText(setting.min()) : "";
        String most = hasMost() ? type.measureText(setting.max()) : "";
        if (hasLeast() && hasMost()) {
            return least + " to " + most;
        }
        return hasLeast() ? "at least " + least : hasMost() ? "at most " + most : "";
    }

    boolean hasLeast() {
        return setting.min() != Long.MIN_VALUE;
    }

    boolean hasMost() {
        return setting.max() != Long.MAX_VALUE;
    }

    private boolean hasLimits() {
        return hasLeast() || hasMost();
    }

    /// The value as `config show` prints it.
    String show(@Nullable Object value) {
        if (value == null) {
            return "";
        }
        if (setting.secret()) {
            return SECRET;
        }
        return value instanceof List<?> list
                ? SettingType.listed(withoutSecrets(list))
                : withoutSecrets(type.text(value));
    }

    /// Arguments of a command: `--password=…`, and what follows `--password`.
    private static List<String> withoutSecrets(List<?> list) {
        List<String> shown = new ArrayList<>();
        String before = "";
        for (Object each : list) {
            String item = String.valueOf(each);
            boolean secret = NEXT.matcher(before).matches();
            shown.add(secret ? SECRET : withoutSecrets(OPTION.matcher(item).replaceFirst("$1" + SECRET)));
            before = item;
        }
        return shown;
    }

    private static String withoutSecrets(String text) {
        String masked = "$1" + SECRET;
        return IN_QUERY.matcher(IN_ADDRESS.matcher(text).replaceAll(masked)).replaceAll(masked);
    }
}
