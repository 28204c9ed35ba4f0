package com.databroker.objects.spi;

import com.databroker.core.Setting;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the configuration says about one type, beside what the back-end says itself.
public record StoreOverlay(
        @Setting("The table, where it is not the one that the type is named after.") @Nullable
        String table,

        @Setting("Fields that never leave the server: they are not sent, not found by, not told as changed.")
        List<String> hidden,

        @Setting("Fields that are sent and whose changes are not told: nobody should keep what was found by them.")
        List<String> untagged,

        @Setting("The column with a number that grows with every change. Without one, a column `version` is taken.")
        @Nullable
        String version,

        @Setting(
                value = "What a commit is held against: `strict` refuses it where anything of the object was changed,"
                        + " `fields` only where one of the same fields was.",
                otherwise = "strict")
        Policy policy,

        @Setting(value = "Refuse every change by the broker.", otherwise = "false")
        boolean readOnly,

        @Setting("References that the database does not declare, also to another store: `boss=Person`.")
        List<String> references) {
    /// What a commit is held against.
    public enum Policy {
        STRICT,
        FIELDS
    }

    /// Nothing beside what the back-end says.
    public static final StoreOverlay NONE =
            new StoreOverlay(null, List.of(), List.of(), null, Policy.STRICT, false, List.of());

    public StoreOverlay {
        hidden = List.copyOf(hidden);
        untagged = List.copyOf(untagged);
        references = List.copyOf(references);
        references.forEach(each -> {
            if (!each.matches("[^=]+=[^=]+")) {
                throw new IllegalArgumentException(
                        "references: \"" + each + "\" is not <field>=<type>, as boss=Person");
            }
        });
    }

    /// The type that a field refers to, null where nothing is said of it.
    public @Nullable String reference(String field) {
        return references.stream()
                .filter(each -> each.startsWith(field + "="))
                .map(each -> each.substring(field.length() + 1))
                .findFirst()
                .orElse(null);
    }
}
