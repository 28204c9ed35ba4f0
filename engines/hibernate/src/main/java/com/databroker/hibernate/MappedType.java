package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.hibernate.generator.Assigned;
import org.hibernate.metamodel.mapping.AttributeMapping;
import org.hibernate.metamodel.mapping.CompositeIdentifierMapping;
import org.hibernate.metamodel.mapping.EmbeddableMappingType;
import org.hibernate.metamodel.mapping.EntityMappingType;
import org.hibernate.metamodel.mapping.NonAggregatedIdentifierMapping;
import org.hibernate.persister.entity.EntityPersister;
import org.hibernate.proxy.HibernateProxy;
import org.hibernate.proxy.LazyInitializer;
import org.jspecify.annotations.Nullable;

/// An entity with all that inherit from it, as one type: keys tell them apart no more than the table does.
///
/// Hibernate begins to count versions at 0, which on the wire means that there is none: there they are
/// one greater.
///
/// @param root the entity that inherits from no other
/// @param from what queries read from, with `e` for the object
/// @param key what the key consists of
/// @param fields in the order in which they are selected, those of the key first
/// @param version the attribute, null where there is none that is a number
/// @param kinds every entity of which there can be objects, by its name
record MappedType(
        ObjectTypes.Type type,
        EntityPersister root,
        String from,
        List<Leaf> key,
        Map<String, Part> fields,
        @Nullable String version,
        StoreOverlay.Policy policy,
        Map<String, EntityPersister> kinds) {

    /// Which entity an object is, in a query.
    static final String KIND = "type(e)";

    /// What is selected or compared for a field, or one of its parts.
    ///
    /// @param path in a query
    record Leaf(String path, Class<?> java, Kind kind, boolean nullable) {}

    /// @param leaves of a reference as many as the key of its target has
    /// @param place names of attributes that lead to it from an entity; empty where it is of the key, or
    ///     which entity it is
    /// @param exact whether what is equal in the database has the same value here
    /// @param large whether its column has the number of a large object
    /// @param target what a reference refers to, null of others
    record Part(
            ObjectTypes.Field field,
            List<Leaf> leaves,
            List<String> place,
            boolean updatable,
            boolean exact,
            boolean large,
            @Nullable EntityMappingType target) {
        /// Whether what it refers to is looked at to tell whether it refers to anything.
        boolean isJoined() {
            return target != null && !leaves.getFirst().path.startsWith("e.");
        }

        boolean isKind() {
            return leaves.getFirst().path.equals(KIND);
        }
    }

    String name() {
        return type.name();
    }

    /// Whether the key of a new object is made, by the database or by Hibernate.
    static boolean isKeyGenerated(EntityPersister root) {
        return !(root.getIdentifierMapping() instanceof CompositeIdentifierMapping)
                && !(root.getGenerator() instanceof Assigned);
    }

    Part part(String field) {
        Part part = fields.get(field);
        if (part == null) {
            throw new ProblemException(
                    Problem.FIELD_UNKNOWN, type.name() + " has no field \"" + Text.excerpt(field) + "\"");
        }
        return part;
    }

    /// What [#row(Object[])] expects.
    String selected() {
        String all = fields.values().stream()
                .flatMap(part -> part.leaves.stream())
                .map(Leaf::path)
                .collect(Collectors.joining(", "));
        return version == null ? all : all + ", e." + version;
    }

    /// @param selected as [#selected] says
    StoreRow row(@Nullable Object[] selected) {
        Map<String, @Nullable Object> values = LinkedHashMap.newLinkedHashMap(fields.size());
        int at = 0;
        for (Part part : fields.values()) {
            @Nullable Object[] theirs = new Object[part.leaves.size()];
            for (int i = 0; i < theirs.length; i++) {
                theirs[i] = selected[at++];
            }
            values.put(part.field.name(), value(part, theirs));
        }
        long number = version == null ? 0 : versionOf(selected[at]);
        return new StoreRow(key(name(), keyOf(selected, key.size())), number, Collections.unmodifiableMap(values));
    }

    private static @Nullable Object[] keyOf(@Nullable Object[] selected, int size) {
        return java.util.Arrays.copyOf(selected, size);
    }

    private @Nullable Object value(Part part, @Nullable Object[] theirs) {
        if (part.isKind()) {
            return theirs[0] instanceof Class<?> entity ? kindOf(entity) : null;
        }
        String target = part.field.target();
        if (target == null) {
            return EntityValues.wire(theirs[0]);
        }
        for (Object one : theirs) {
            if (one == null) {
                return null;
            }
        }
        return key(target, theirs);
    }

    private @Nullable String kindOf(Class<?> entity) {
        return kinds.entrySet().stream()
                .filter(kind -> kind.getValue().getMappedClass() == entity)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    /// On the wire.
    static long versionOf(@Nullable Object version) {
        return version instanceof Number number ? number.longValue() + 1 : 0;
    }

    static ObjectKey key(String type, @Nullable Object[] parts) {
        List<String> texts = new ArrayList<>(parts.length);
        for (Object part : parts) {
            Object value = EntityValues.wire(part);
            texts.add(value == null ? "" : Values.text(value));
        }
        return new ObjectKey(type, texts);
    }

    /// The state of an entity, as Hibernate has it in its arrays.
    ///
    /// @param concrete which entity it is
    /// @param state of its attributes, by their places
    StoreRow row(EntityPersister concrete, Object id, @Nullable Object[] state) {
        @Nullable Object[] keys = parts(root, id);
        Map<String, @Nullable Object> values = LinkedHashMap.newLinkedHashMap(fields.size());
        int at = 0;
        for (Part part : fields.values()) {
            values.put(
                    part.field.name(),
                    at < keys.length ? EntityValues.wire(keys[at]) : attribute(part, concrete, state));
            at++;
        }
        int versioned = version == null ? -1 : concrete.getVersionPropertyIndex();
        return new StoreRow(
                key(name(), keys),
                versioned < 0 ? 0 : versionOf(state[versioned]),
                Collections.unmodifiableMap(values));
    }

    private @Nullable Object attribute(Part part, EntityPersister concrete, @Nullable Object[] state) {
        if (part.isKind()) {
            return kindOf(concrete.getMappedClass());
        }
        AttributeMapping attribute = concrete.findAttributeMapping(part.place.getFirst());
        if (attribute == null) {
            return null;
        }
        Object value = state[attribute.getStateArrayPosition()];
        for (String next : part.place.subList(1, part.place.size())) {
            if (value == null) {
                return null;
            }
            EmbeddableMappingType embedded =
                    attribute.asEmbeddedAttributeMapping().getEmbeddableTypeDescriptor();
            attribute = embedded.findAttributeMapping(next);
            value = attribute.getValue(value);
        }
        if (part.target == null || value == null) {
            return EntityValues.wire(value);
        }
        String target = part.field.target();
        return target == null ? null : key(target, parts(part.target, idOf(part.target, value)));
    }

    /// Of an entity, or of what stands for one that was not loaded.
    static Object idOf(EntityMappingType mapping, Object entity) {
        LazyInitializer lazy = HibernateProxy.extractLazyInitializer(entity);
        return lazy == null ? mapping.getIdentifierMapping().getIdentifier(entity) : lazy.getInternalIdentifier();
    }

    /// What an id consists of.
    static @Nullable Object[] parts(EntityMappingType mapping, Object id) {
        return mapping.getIdentifierMapping() instanceof CompositeIdentifierMapping composite
                ? idType(composite).getValues(id)
                : new Object[] {id};
    }

    /// Of the class that ids have, be it embedded or beside.
    static EmbeddableMappingType idType(CompositeIdentifierMapping composite) {
        EmbeddableMappingType beside =
                composite instanceof NonAggregatedIdentifierMapping several ? several.getIdClassEmbeddable() : null;
        return beside == null ? composite.getMappedIdEmbeddableTypeDescriptor() : beside;
    }

    /// The id of that key.
    Object id(ObjectKey of) {
        return id(keyValues(of));
    }

    Object id(List<Object> values) {
        if (root.getIdentifierMapping() instanceof CompositeIdentifierMapping composite) {
            Object[] all = values.toArray();
            return idType(composite)
                    .getRepresentationStrategy()
                    .getInstantiator()
                    .instantiate(() -> all);
        }
        return values.getFirst();
    }

    /// As the attributes of the key hold them.
    List<Object> keyValues(ObjectKey of) {
        return keyValues(key, of);
    }

    /// @param key what keys of that type consist of
    static List<Object> keyValues(List<Leaf> key, ObjectKey of) {
        if (of.parts().size() != key.size()) {
            throw new ProblemException(
                    Problem.OBJECT_KEY_INVALID,
                    "a key of " + of.type() + " has " + key.size() + " parts, not those of "
                            + Text.excerpt(of.toString()));
        }
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < key.size(); i++) {
            String text = of.parts().get(i);
            Leaf leaf = key.get(i);
            Object value;
            try {
                value = EntityValues.java(leaf.java, Values.parse(leaf.kind, text), "the key");
            } catch (DateTimeException | IllegalArgumentException | ProblemException misfit) {
                value = null;
            }
            if (value == null) {
                throw new ProblemException(
                        Problem.OBJECT_KEY_INVALID,
                        "\"" + Text.excerpt(text) + "\" in " + Text.excerpt(of.toString()) + " is no "
                                + leaf.kind.word());
            }
            values.add(value);
        }
        return values;
    }
}
