package com.databroker.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What types of objects there are for one principal, as a server tells it: enough to make proxies, forms
/// and checks.
///
/// @param hash changes whenever anything of it does
/// @param types in alphabetical order
public record ObjectTypes(String hash, List<Type> types) {
    public ObjectTypes {
        types = List.copyOf(types);
    }

    /// What a field holds.
    public enum Kind {
        BOOLEAN,
        /// A `Long`, or a `BigInteger` where that is too small.
        INTEGER,
        DECIMAL,
        DOUBLE,
        TEXT,
        BYTES,
        DATE,
        TIME,
        DATETIME,
        /// A time with its offset.
        OFFSET,
        INSTANT,
        UUID,
        /// Another object.
        REFERENCE,
        /// Any graph of lists and maps.
        GRAPH;

        /// As it stands in the document.
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        static Kind ofWord(String word) {
            for (Kind kind : values()) {
                if (kind.word().equals(word)) {
                    return kind;
                }
            }
            throw new ProblemException(Problem.MESSAGE_INVALID, "kind \"" + Text.excerpt(word) + "\"");
        }
    }

    /// @param key names of the fields that the key consists of
    /// @param rights what this principal may do: `r`, `w`, `c`
    /// @param versioned whether its rows have versions that only grow
    /// @param readOnly whether it can be changed at all
    public record Type(
            String name,
            String store,
            List<String> key,
            String rights,
            boolean versioned,
            boolean readOnly,
            List<Field> fields,
            List<Collection> collections,
            List<Method> methods) {
        public Type {
            key = List.copyOf(key);
            fields = List.copyOf(fields);
            collections = List.copyOf(collections);
            methods = List.copyOf(methods);
        }

        public @Nullable Field field(String field) {
            return fields.stream()
                    .filter(one -> one.name().equals(field))
                    .findFirst()
                    .orElse(null);
        }
    }

    /// @param target type of a reference, null of others
    /// @param required whether null is refused
    /// @param generated whether the store gives it a value where a create does not
    /// @param tagged whether changes of it are told, so that what was found by it can be kept until then
    /// @param length characters or bytes at most, 0 where nothing is known
    public record Field(
            String name,
            Kind kind,
            @Nullable String target,
            boolean required,
            boolean generated,
            boolean tagged,
            int length) {}

    /// The objects of `type` whose reference `field` is the one that is looked at.
    public record Collection(String name, String type, String field) {}

    /// @param ofType whether it is called on the type, not on an object
    /// @param parameters their names
    /// @param cached whether the answer holds until the object changes
    public record Method(String name, boolean ofType, List<String> parameters, boolean cached) {
        public Method {
            parameters = List.copyOf(parameters);
        }
    }

    public @Nullable Type type(String name) {
        return types.stream().filter(one -> one.name().equals(name)).findFirst().orElse(null);
    }

    /// As it is sent: the result of a [ObjectMessage.Types].
    public Map<String, @Nullable Object> tree() {
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("hash", hash);
        tree.put("types", types.stream().map(ObjectTypes::tree).toList());
        return tree;
    }

    private static Map<String, @Nullable Object> tree(Type type) {
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("name", type.name);
        tree.put("store", type.store);
        tree.put("key", type.key);
        tree.put("rights", type.rights);
        tree.put("versioned", type.versioned);
        tree.put("readOnly", type.readOnly);
        tree.put("fields", type.fields.stream().map(ObjectTypes::tree).toList());
        tree.put(
                "collections",
                type.collections.stream()
                        .map(one -> ordered("name", one.name, "type", one.type, "field", one.field))
                        .toList());
        tree.put(
                "methods",
                type.methods.stream()
                        .map(one -> ordered(
                                "name",
                                one.name,
                                "ofType",
                                one.ofType,
                                "parameters",
                                one.parameters,
                                "cached",
                                one.cached))
                        .toList());
        return tree;
    }

    /// In this order, because the hash of the types is that of their text.
    private static Map<String, Object> ordered(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }

    private static Map<String, @Nullable Object> tree(Field field) {
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("name", field.name);
        tree.put("kind", field.kind.word());
        if (field.target != null) {
            tree.put("target", field.target);
        }
        tree.put("required", field.required);
        tree.put("generated", field.generated);
        tree.put("tagged", field.tagged);
        if (field.length > 0) {
            tree.put("length", (long) field.length);
        }
        return tree;
    }

    /// Reads what [#tree] gives.
    ///
    /// @throws ProblemException [Problem#MESSAGE_INVALID]
    public static ObjectTypes of(@Nullable Object tree) {
        Fields in = new Fields(Json.asObject(tree, "the types"));
        return new ObjectTypes(in.string("hash"), list(in, "types", ObjectTypes::type));
    }

    private static Type type(Fields in) {
        return new Type(
                in.string("name"),
                in.string("store"),
                names(in, "key"),
                in.string("rights"),
                flag(in, "versioned"),
                flag(in, "readOnly"),
                list(in, "fields", ObjectTypes::field),
                list(
                        in,
                        "collections",
                        one -> new Collection(one.string("name"), one.string("type"), one.string("field"))),
                list(
                        in,
                        "methods",
                        one -> new Method(
                                one.string("name"),
                                flag(one, "ofType"),
                                names(one, "parameters"),
                                flag(one, "cached"))));
    }

    private static Field field(Fields in) {
        return new Field(
                in.string("name"),
                Kind.ofWord(in.string("kind")),
                in.optionalString("target"),
                flag(in, "required"),
                flag(in, "generated"),
                flag(in, "tagged"),
                (int) in.integer("length", 0));
    }

    private static boolean flag(Fields in, String name) {
        return Boolean.TRUE.equals(in.any(name));
    }

    private static List<String> names(Fields in, String name) {
        List<String> names = new ArrayList<>();
        if (in.any(name) instanceof List<?> list) {
            list.forEach(entry -> names.add(String.valueOf(entry)));
        }
        return names;
    }

    private static <T> List<T> list(Fields in, String name, Function<Fields, T> of) {
        List<T> all = new ArrayList<>();
        if (in.any(name) instanceof List<?> list) {
            list.forEach(entry -> all.add(of.apply(new Fields(Json.asObject(entry, name)))));
        }
        return all;
    }
}
