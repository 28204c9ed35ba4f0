package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.objects.spi.StoreRow;
import org.hibernate.Hibernate;
import org.hibernate.LockMode;
import org.hibernate.Session;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.metamodel.mapping.EntityMappingType;
import org.hibernate.persister.entity.EntityPersister;
import org.jspecify.annotations.Nullable;

/// One session of Hibernate, in a transaction that somebody else ends.
///
/// @param lock how rows are read that are to be changed
record EntitySession(Session session, LockMode lock) {
    private SharedSessionContractImplementor implementor() {
        return session.unwrap(SharedSessionContractImplementor.class);
    }

    EntityPersister persister(Object entity) {
        return implementor().getEntityPersister(null, entity);
    }

    /// The entity of that key, as it is now; null where it is gone.
    @Nullable
    Object locked(MappedType type, ObjectKey key) {
        return Hibernate.unproxy(session.find(type.root().getMappedClass(), type.id(key), lock));
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

    void remove(Object entity) {
        session.remove(entity);
    }

    void flush() {
        session.flush();
    }
}
