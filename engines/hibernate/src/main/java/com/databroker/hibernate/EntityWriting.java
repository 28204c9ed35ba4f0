package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.hibernate.metamodel.mapping.AttributeMapping;
import org.hibernate.metamodel.mapping.EmbeddableMappingType;
import org.hibernate.metamodel.mapping.EntityMappingType;
import org.hibernate.persister.entity.EntityPersister;
import org.jspecify.annotations.Nullable;

/// Puts values of the wire into entities.
final class EntityWriting {
    private final EntitySession session;
    private final MappedTypes types;
    private final Map<ObjectKey, Object> created;

    /// @param created what temporary keys stand for
    EntityWriting(EntitySession session, MappedTypes types, Map<ObjectKey, Object> created) {
        this.session = session;
        this.types = types;
        this.created = created;
    }

    /// A new entity with its id, where the client gives it, and nothing else.
    Object made(MappedType type, ObjectMessage.Create create) {
        List<Object> id = new ArrayList<>();
        EntityPersister entity =
                type.kinds().size() == 1 ? type.kinds().values().iterator().next() : null;
        int at = 0;
        for (MappedType.Part part : type.fields().values()) {
            Object value = create.values().get(part.field().name());
            if (at++ < type.key().size() && value != null) {
                MappedType.Leaf leaf = part.leaves().getFirst();
                Object java = EntityValues.java(
                        leaf.java(), value, "field " + part.field().name());
                if (part.field().generated() || java == null) {
                    throw new ProblemException(
                            Problem.VALUE_INVALID, "field " + part.field().name() + " is given by the store");
                }
                id.add(java);
            } else if (part.isKind() && value != null) {
                entity = type.kinds().get(value.toString());
            }
        }
        if (entity == null) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    "a new " + type.name() + " says which one it is: one of "
                            + type.kinds().keySet());
        }
        boolean given = id.size() == type.key().size();
        if (!given && !(id.isEmpty() && MappedType.isKeyGenerated(type.root()))) {
            throw new ProblemException(Problem.CONSTRAINT_BROKEN, "an object of type " + type.name() + " needs a key");
        }
        return session.instance(entity, id.isEmpty() ? null : type.id(id));
    }

    /// The rest of its values.
    void fill(MappedType type, ObjectMessage.Create create) {
        Object entity = created.get(create.temporary());
        if (entity != null) {
            Map<String, @Nullable Object> rest = new LinkedHashMap<>(create.values());
            rest.keySet().removeIf(name -> type.part(name).place().isEmpty());
            rest.forEach((name, value) -> {
                MappedType.Part part = type.part(name);
                // Of a reference the column may be that of the key, which is then made of it.
                if (value != null && part.field().generated() && part.target() == null) {
                    throw new ProblemException(Problem.READ_ONLY, "field " + name + " is given by the store");
                }
            });
            set(entity, type, rest);
        }
    }

    void persist(Object entity) {
        session.persist(entity);
    }

    /// One value for an attribute.
    private record Setting(MappedType.Part part, @Nullable Object value) {
        boolean isOf(AttributeMapping attribute, int depth) {
            return part.place().get(depth).equals(attribute.getAttributeName());
        }
    }

    /// Sets values of some fields. Those of what is embedded are set together: it may be a record, which cannot be
    /// without any of them.
    void set(Object entity, MappedType type, Map<String, @Nullable Object> values) {
        EntityPersister concrete = session.persister(entity);
        Map<String, List<Setting>> byAttribute = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            MappedType.Part part = type.part(name);
            byAttribute
                    .computeIfAbsent(part.place().getFirst(), absent -> new ArrayList<>())
                    .add(new Setting(part, value));
        });
        byAttribute.forEach((name, settings) -> {
            AttributeMapping attribute = concrete.findAttributeMapping(name);
            if (attribute == null) {
                throw new ProblemException(
                        Problem.VALUE_INVALID,
                        "a " + concrete.getImportedName() + " has no field "
                                + settings.getFirst().part.field().name());
            }
            attribute.setValue(entity, value(attribute, attribute.getValue(entity), settings, 1));
        });
    }

    /// @param depth how many steps lead to the attribute
    private @Nullable Object value(
            AttributeMapping attribute, @Nullable Object before, List<Setting> settings, int depth) {
        Setting first = settings.getFirst();
        return first.part.place().size() == depth
                ? java(first.part, first.value)
                : embedded(
                        attribute.asEmbeddedAttributeMapping().getEmbeddableTypeDescriptor(), before, settings, depth);
    }

    /// Another in the place of what is embedded; null where there is nothing in it any more, and it has an attribute
    /// that cannot be null.
    private @Nullable Object embedded(
            EmbeddableMappingType type, @Nullable Object before, List<Setting> settings, int depth) {
        @Nullable
        Object[] values = before == null
                ? new Object[type.getNumberOfAttributeMappings()]
                : type.getValues(before).clone();
        AttributeMapping lacking = null;
        for (int i = 0; i < values.length; i++) {
            AttributeMapping attribute = type.getAttributeMapping(i);
            List<Setting> its = settings.stream()
                    .filter(setting -> setting.isOf(attribute, depth))
                    .toList();
            boolean primitive = attribute
                    .getPropertyAccess()
                    .getGetter()
                    .getReturnTypeClass()
                    .isPrimitive();
            if (!its.isEmpty()) {
                boolean emptied = primitive && its.getFirst().value == null;
                values[i] = emptied ? null : value(attribute, values[i], its, depth + 1);
            }
            lacking = primitive && values[i] == null ? attribute : lacking;
        }
        if (lacking == null) {
            return type.getRepresentationStrategy().getInstantiator().instantiate(() -> values);
        }
        if (Arrays.stream(values).allMatch(Objects::isNull)) {
            return null;
        }
        List<String> path = settings.getFirst().part.place().subList(0, depth);
        throw new ProblemException(
                Problem.VALUE_INVALID,
                "field " + EntityNames.field(String.join(".", path) + "." + lacking.getAttributeName())
                        + " is required where others of " + String.join(".", path) + " have a value");
    }

    private @Nullable Object java(MappedType.Part part, @Nullable Object value) {
        if (!(value instanceof ObjectKey key)) {
            MappedType.Leaf leaf = part.leaves().getFirst();
            return EntityValues.java(leaf.java(), value, "field " + part.field().name());
        }
        if (key.isTemporary()) {
            Object made = created.get(key);
            if (made == null) {
                throw new ProblemException(Problem.VALUE_INVALID, key + " is not created by this commit");
            }
            return fitting(part, key, made);
        }
        if (part.target() == null) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    "field " + part.field().name() + " is no reference to " + Text.excerpt(key.toString()));
        }
        MappedType type = types.named(key.type());
        // Which of several entities it is nothing but looking tells; where it is gone the database refuses.
        Object there = part.target().getSuperMappingType() == null ? null : session.seen(type, key);
        return there == null ? session.reference(part.target(), type.id(key)) : fitting(part, key, there);
    }

    /// What refers to one entity of several that are one type must not refer to another of them.
    private static Object fitting(MappedType.Part part, ObjectKey key, Object entity) {
        EntityMappingType target = part.target();
        if (target != null && !target.getMappedJavaType().getJavaTypeClass().isInstance(entity)) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    "field " + part.field().name() + " refers to a "
                            + target.getEntityPersister().getImportedName() + ", which " + Text.excerpt(key.toString())
                            + " is not");
        }
        return entity;
    }
}
