package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.objects.spi.StoreRow;
import java.sql.Connection;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hibernate.Hibernate;
import org.hibernate.LockMode;
import org.hibernate.Session;
import org.hibernate.engine.spi.EntityEntry;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.metamodel.mapping.AttributeMapping;
import org.hibernate.metamodel.mapping.EntityMappingType;
import org.hibernate.metamodel.mapping.ForeignKeyDescriptor;
import org.hibernate.metamodel.mapping.PluralAttributeMapping;
import org.hibernate.metamodel.mapping.internal.ToOneAttributeMapping;
import org.hibernate.persister.entity.EntityPersister;
import org.jspecify.annotations.Nullable;

/// One session of Hibernate, in a transaction that somebody else ends.
///
/// @param held the connection of it where rows that are to be changed are locked, null where nobody else can
///     change them
record EntitySession(Session session, @Nullable Connection held) {
    private SharedSessionContractImplementor implementor() {
        return session.unwrap(SharedSessionContractImplementor.class);
    }

    EntityPersister persister(Object entity) {
        return implementor().getEntityPersister(null, entity);
    }

    /// Waits until nobody else changes that row. Of what is read together later every row is held before the
    /// first is read, since reading one may load others.
    void hold(MappedType type, ObjectKey key) {
        if (held != null && EntityLock.isPossible(type)) {
            EntityLock.row(held, type, key);
        }
    }

    /// The entity of that key, as it is now; null where it is gone.
    @Nullable
    Object there(MappedType type, ObjectKey key) {
        LockMode lock = held == null || EntityLock.isPossible(type) ? LockMode.NONE : LockMode.PESSIMISTIC_WRITE;
        return Hibernate.unproxy(session.find(type.root().getMappedClass(), type.id(key), lock));
    }

    /// As [#there], where it is only referred to: nobody else has to wait for that.
    @Nullable
    Object seen(MappedType type, ObjectKey key) {
        return Hibernate.unproxy(session.find(type.root().getMappedClass(), type.id(key)));
    }

    /// As [#there], held.
    @Nullable
    Object locked(MappedType type, ObjectKey key) {
        hold(type, key);
        return there(type, key);
    }

    StoreRow row(MappedType type, Object entity) {
        EntityPersister concrete = persister(entity);
        return type.row(concrete, MappedType.idOf(type.root(), entity), concrete.getValues(entity));
    }

    ObjectKey key(MappedType type, Object entity) {
        return MappedType.key(type.name(), MappedType.parts(type.root(), MappedType.idOf(type.root(), entity)));
    }

    Object instance(EntityPersister entity, @Nullable Object id) {
        return entity.instantiate(id, implementor());
    }

    Object reference(EntityMappingType entity, Object id) {
        return session.getReference(entity.getMappedJavaType().getJavaTypeClass(), id);
    }

    void persist(Object entity) {
        session.persist(entity);
    }

    /// Where they are the other side of a reference, and loaded with it, they are taken from there: a cascade would
    /// make them anew.
    void remove(List<Object> entities) {
        if (entities.isEmpty()) {
            return;
        }
        Set<Object> gone = Collections.newSetFromMap(new IdentityHashMap<>());
        gone.addAll(entities);
        for (Map.Entry<Object, EntityEntry> managed :
                implementor().getPersistenceContextInternal().reentrantSafeEntityEntries()) {
            managed.getValue()
                    .getPersister()
                    .forEachAttributeMapping(attribute -> forget(managed.getKey(), attribute, gone));
        }
        entities.forEach(session::remove);
    }

    private static void forget(Object owner, AttributeMapping attribute, Set<Object> gone) {
        boolean many = attribute instanceof PluralAttributeMapping plural
                && plural.getCollectionDescriptor().isInverse();
        boolean one = attribute instanceof ToOneAttributeMapping reference
                && reference.getSideNature() == ForeignKeyDescriptor.Nature.TARGET;
        Object there = many || one ? attribute.getValue(owner) : null;
        if (there == null || !Hibernate.isInitialized(there)) {
            return;
        }
        if (one && gone.contains(Hibernate.unproxy(there))) {
            attribute.setValue(owner, null);
        } else if (there instanceof Map<?, ?> map) {
            map.values().removeIf(each -> gone.contains(Hibernate.unproxy(each)));
        } else if (there instanceof Collection<?> all) {
            all.removeIf(each -> gone.contains(Hibernate.unproxy(each)));
        }
    }

    void flush() {
        session.flush();
    }
}
