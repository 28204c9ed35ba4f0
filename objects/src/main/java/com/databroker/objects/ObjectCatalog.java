package com.databroker.objects;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.ObjectStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The types of all stores, each with the collections that references of others make, and with its
/// methods.
final class ObjectCatalog {
    /// What belongs to no type: `auth`, and methods that a program declares for it.
    static final String ROOT = "Root";

    static final String AUTH = "auth";

    private static final int DOCUMENTS_MAX = 64;

    private final Supplier<Set<String>> away;
    private final Map<String, ObjectTypes.Type> types = new TreeMap<>();
    private final Map<String, Map<String, ObjectMethod>> methods = new HashMap<>();
    /// By the rights that a principal has to each type.
    private final Map<String, ObjectTypes> documents = new ConcurrentHashMap<>();

    /// @param away names of stores whose types nobody knows yet
    ObjectCatalog(Collection<ObjectStore> stores, Collection<ObjectMethod> methods, Supplier<Set<String>> away) {
        this.away = away;
        for (ObjectMethod method : methods) {
            Map<String, ObjectMethod> ofType = this.methods.computeIfAbsent(method.type(), absent -> new TreeMap<>());
            if (ofType.put(method.name(), method) != null) {
                throw invalid("method " + method.type() + "." + method.name() + " is declared twice");
            }
        }
        Map<String, ObjectTypes.Type> found = new TreeMap<>();
        for (ObjectStore store : stores) {
            for (ObjectTypes.Type type : store.types()) {
                ObjectTypes.Type other = found.put(type.name(), type);
                if (other != null || type.name().equals(ROOT)) {
                    throw invalid("objects.stores." + store.name() + ": there is a type " + type.name() + " in store "
                            + (other == null ? "root" : other.store())
                            + ", too; give this one another name, with types.<name>.table");
                }
            }
        }
        Map<String, List<ObjectTypes.Collection>> collections = collections(found);
        found.forEach((name, type) ->
                types.put(name, with(type, "", collections.getOrDefault(name, List.of()), described(name))));
        this.methods.keySet().stream()
                .filter(type -> !types.containsKey(type)
                        && !type.equals(ROOT)
                        && away.get().isEmpty())
                .findFirst()
                .ifPresent(type -> {
                    throw invalid("a method is declared for " + type + ", which is no type");
                });
    }

    private static ProblemException invalid(String why) {
        return new ProblemException(Problem.CONFIGURATION_INVALID, why);
    }

    private static ObjectTypes.Type with(
            ObjectTypes.Type type,
            String rights,
            List<ObjectTypes.Collection> collections,
            List<ObjectTypes.Method> methods) {
        return new ObjectTypes.Type(
                type.name(),
                type.store(),
                type.key(),
                rights,
                type.versioned(),
                type.readOnly(),
                type.fields(),
                collections,
                methods);
    }

    private List<ObjectTypes.Method> described(String type) {
        return methods.getOrDefault(type, Map.of()).values().stream()
                .map(method ->
                        new ObjectTypes.Method(method.name(), method.ofType(), method.parameters(), method.cached()))
                .toList();
    }

    /// The other sides of references: `persons` of a company, `personsByBoss` where persons refer to it
    /// twice.
    private static Map<String, List<ObjectTypes.Collection>> collections(Map<String, ObjectTypes.Type> types) {
        Map<String, List<ObjectTypes.Collection>> all = new HashMap<>();
        Map<String, Set<String>> taken = new HashMap<>();
        for (ObjectTypes.Type type : types.values()) {
            for (ObjectTypes.Field field : type.fields()) {
                ObjectTypes.Type target = field.target() == null ? null : types.get(field.target());
                if (field.kind() != Kind.REFERENCE || target == null) {
                    continue;
                }
                Set<String> names = taken.computeIfAbsent(target.name(), absent -> {
                    Set<String> fields = new HashSet<>();
                    target.fields().forEach(one -> fields.add(one.name()));
                    return fields;
                });
                boolean only = type.fields().stream()
                                .filter(one -> target.name().equals(one.target()))
                                .count()
                        == 1;
                String plain = Names.collection(type.name());
                String name = only && !names.contains(plain) ? plain : plain + "By" + Names.type(field.name());
                name = Names.free(named(target, type, field, name), names);
                names.add(name);
                all.computeIfAbsent(target.name(), absent -> new ArrayList<>())
                        .add(new ObjectTypes.Collection(name, type.name(), field.name()));
            }
        }
        return all;
    }

    /// As the store of the target has it, where that has a name for it.
    private static String named(
            ObjectTypes.Type target, ObjectTypes.Type type, ObjectTypes.Field field, String otherwise) {
        return target.collections().stream()
                .filter(one -> one.type().equals(type.name()) && one.field().equals(field.name()))
                .map(ObjectTypes.Collection::name)
                .findFirst()
                .orElse(otherwise);
    }

    /// @throws ProblemException where there is none, or the principal may not know that there is
    ObjectTypes.Type type(Principal principal, String name) {
        ObjectTypes.Type type = types.get(name);
        if (type == null || rights(principal, type).isEmpty()) {
            if (!away.get().isEmpty()) {
                throw unknownYet(name);
            }
            List<String> visible = types.values().stream()
                    .filter(one -> !rights(principal, one).isEmpty())
                    .map(ObjectTypes.Type::name)
                    .toList();
            String near = Text.nearest(name, visible);
            throw new ProblemException(
                    Problem.TYPE_UNKNOWN,
                    "there is no type " + Text.excerpt(name) + " that " + principal + " may read"
                            + (near.isEmpty() ? "" : "; did you mean " + near + "?"));
        }
        return type;
    }

    /// Said of what is there and not for the principal, too: otherwise it would tell that it is there.
    private static ProblemException unknownYet(String name) {
        return new ProblemException(
                Problem.STORE_UNAVAILABLE,
                "there is no type " + Text.excerpt(name) + " now, but a store that may have it has not answered since"
                        + " the broker started");
    }

    ObjectTypes.@Nullable Type any(String name) {
        return types.get(name);
    }

    @Nullable
    ObjectMethod method(String type, String name) {
        return methods.getOrDefault(type, Map.of()).get(name);
    }

    int size(String store) {
        return (int) types.values().stream()
                .filter(type -> type.store().equals(store))
                .count();
    }

    static String path(ObjectTypes.Type type) {
        return type.store() + "/" + type.name();
    }

    /// What a principal may do with objects of a type: nothing without reading.
    static String rights(Principal principal, ObjectTypes.Type type) {
        String path = path(type);
        if (!principal.may(Action.OBJECTS_READ, path)) {
            return "";
        }
        boolean writes = !type.readOnly() && principal.may(Action.OBJECTS_WRITE, path);
        return "r" + (writes ? "w" : "") + (principal.may(Action.OBJECTS_CALL, path) ? "c" : "");
    }

    /// What `principal` may see of the types.
    ObjectTypes visible(Principal principal) {
        StringBuilder all = new StringBuilder();
        types.values().forEach(type -> all.append(rights(principal, type)).append(','));
        all.append(callsRoot(principal));
        ObjectTypes known = documents.get(all.toString());
        if (known == null) {
            known = document(principal);
            if (documents.size() < DOCUMENTS_MAX) {
                documents.put(all.toString(), known);
            }
        }
        return known;
    }

    /// Whether methods of the root but `auth` are there for it.
    static boolean callsRoot(Principal principal) {
        return principal.may(Action.OBJECTS_CALL, ROOT);
    }

    private ObjectTypes document(Principal principal) {
        Set<String> visible = new HashSet<>();
        types.values().stream()
                .filter(type -> !rights(principal, type).isEmpty())
                .forEach(type -> visible.add(type.name()));
        List<ObjectTypes.Type> list = new ArrayList<>();
        for (ObjectTypes.Type type : types.values()) {
            String rights = rights(principal, type);
            if (!rights.isEmpty()) {
                list.add(with(
                        type,
                        rights,
                        type.collections().stream()
                                .filter(one -> visible.contains(one.type()))
                                .toList(),
                        rights.contains("c") ? type.methods() : List.of()));
            }
        }
        list.add(root(principal));
        list.sort(java.util.Comparator.comparing(ObjectTypes.Type::name));
        Bytes text = ObjectMessages.JSON.encodeValue(new ObjectTypes("", list).tree());
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.toArray());
            return new ObjectTypes(HexFormat.of().formatHex(digest, 0, 8), list);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    /// Without grants the root has `auth` and nothing else.
    private ObjectTypes.Type root(Principal principal) {
        List<ObjectTypes.Method> callable = new ArrayList<>();
        callable.add(new ObjectTypes.Method(AUTH, true, List.of("token"), false));
        if (callsRoot(principal)) {
            callable.addAll(described(ROOT));
        }
        return new ObjectTypes.Type(ROOT, "", List.of(), "c", false, true, List.of(), List.of(), callable);
    }
}
