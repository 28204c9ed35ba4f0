package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hibernate.metamodel.mapping.AttributeMapping;
import org.hibernate.metamodel.mapping.EmbeddableMappingType;
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
        if (!id.isEmpty() && id.size() != type.key().size()) {
            throw new ProblemException(Problem.CONSTRAINT_BROKEN, "an object of type " + type.name() + " needs a key");
        }
        return session.instance(entity, id.isEmpty() ? null : type.id(id));
    }

    /// The rest of its values.
    void fill(MappedType type, ObjectMessage.Create create) {
        Object entity = created.get(create.temporary());
        create.values().forEach((name, value) -> {
            MappedType.Part part = type.part(name);
            if (entity != null && !part.place().isEmpty()) {
                set(entity, part, value);
            }
        });
    }

    void persist(Object entity) {
        session.persist(entity);
    }

    void set(Object entity, MappedType.Part part, @Nullable Object value) {
        EntityPersister concrete = session.persister(entity);
        AttributeMapping attribute = concrete.findAttributeMapping(part.place().getFirst());
        if (attribute == null) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    "a " + concrete.getImportedName() + " has no field "
                            + part.field().name());
        }
        set(entity, attribute, part, 1, value);
    }

    private void set(
            Object owner, AttributeMapping attribute, MappedType.Part part, int depth, @Nullable Object value) {
        if (depth == part.place().size()) {
            attribute.setValue(owner, java(part, value));
            return;
        }
        EmbeddableMappingType embedded = attribute.asEmbeddedAttributeMapping().getEmbeddableTypeDescriptor();
        attribute.setValue(owner, embedded(embedded, attribute.getValue(owner), part, depth, value));
    }

    /// Another in the place of what is embedded: it may be a record.
    private Object embedded(
            EmbeddableMappingType type,
            @Nullable Object before,
            MappedType.Part part,
            int depth,
            @Nullable Object value) {
        @Nullable
        Object[] values = before == null
                ? new Object[type.getNumberOfAttributeMappings()]
                : type.getValues(before).clone();
        for (int i = 0; i < values.length; i++) {
            AttributeMapping attribute = type.getAttributeMapping(i);
            if (!attribute.getAttributeName().equals(part.place().get(depth))) {
                continue;
            }
            values[i] = depth + 1 == part.place().size()
                    ? java(part, value)
                    : embedded(
                            attribute.asEmbeddedAttributeMapping().getEmbeddableTypeDescriptor(),
                            values[i],
                            part,
                            depth + 1,
                            value);
        }
        return type.getRepresentationStrategy().getInstantiator().instantiate(() -> values);
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
            return made;
        }
        if (part.target() == null) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    "field " + part.field().name() + " is no reference to " + Text.excerpt(key.toString()));
        }
        return session.reference(part.target(), types.named(key.type()).id(key));
    }
}
