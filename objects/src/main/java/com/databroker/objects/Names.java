package com.databroker.objects;

import java.util.Locale;
import java.util.Set;

/// Names of types and fields as a Java programmer would have chosen them, from those of tables and
/// columns.
final class Names {
    private Names() {}

    /// `person` and `PERSON` are `Person`, `ORDER_ITEM` is `OrderItem`, `OrderItem` stays.
    static String type(String table) {
        String name = camel(table);
        return Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    /// `first_name` and `FIRST_NAME` are `firstName`, `firstName` stays.
    static String field(String column) {
        String name = camel(column);
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    /// What a column refers to: `company_id` and `companyId` are `company`.
    static String reference(String column) {
        String name = field(column);
        return name.length() > 2 && name.endsWith("Id") ? name.substring(0, name.length() - 2) : name;
    }

    /// The other side of a reference: `persons`, `companies`.
    static String collection(String type) {
        String name = field(type);
        char last = name.charAt(name.length() - 1);
        boolean vowelBefore = name.length() > 1 && "aeiou".indexOf(name.charAt(name.length() - 2)) >= 0;
        if (last == 'y' && !vowelBefore) {
            return name.substring(0, name.length() - 1) + "ies";
        }
        return name + (last == 's' || last == 'x' || name.endsWith("ch") || name.endsWith("sh") ? "es" : "s");
    }

    /// `name`, or with a number behind it where that is taken.
    static String free(String name, Set<String> taken) {
        String free = name;
        for (int i = 2; taken.contains(free); i++) {
            free = name + i;
        }
        return free;
    }

    private static String camel(String sql) {
        boolean mixed = !sql.equals(sql.toLowerCase(Locale.ROOT)) && !sql.equals(sql.toUpperCase(Locale.ROOT));
        StringBuilder out = new StringBuilder();
        boolean upper = false;
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (!Character.isLetterOrDigit(c)) {
                upper = !out.isEmpty();
            } else if (upper) {
                out.append(Character.toUpperCase(c));
                upper = false;
            } else {
                out.append(mixed ? c : Character.toLowerCase(c));
            }
        }
        return out.isEmpty() || !Character.isLetter(out.charAt(0)) ? "x" + out : out.toString();
    }
}
