package com.databroker.hibernate;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.hibernate.metamodel.mapping.EntityMappingType;
import org.jspecify.annotations.Nullable;

/// The types of one store.
final class MappedTypes {
    private final String store;
    private final Map<String, MappedType> byName;
    private final Map<String, MappedType> byRoot = new HashMap<>();
    private final Set<String> overturning;

    /// @param overturning entities with which the database by itself deletes or changes others
    MappedTypes(String store, Map<String, MappedType> byName, Set<String> overturning) {
        this.store = store;
        this.byName = byName;
        this.overturning = new HashSet<>(overturning);
        byName.values().forEach(type -> {
            byRoot.put(type.root().getEntityName(), type);
            // With what is gone, references to it read as null.
            type.fields().values().forEach(part -> {
                if (part.isJoined() && part.target() != null) {
                    this.overturning.add(part.target().getRootEntityDescriptor().getEntityName());
                }
            });
        });
    }

    Collection<MappedType> all() {
        return byName.values();
    }

    MappedType named(String name) {
        MappedType type = byName.get(name);
        if (type == null) {
            throw new ProblemException(Problem.TYPE_UNKNOWN, "store " + store + " has no " + Text.excerpt(name));
        }
        return type;
    }

    /// The type whose objects are of that entity; null where it is none.
    @Nullable
    MappedType of(EntityMappingType entity) {
        return byRoot.get(entity.getRootEntityDescriptor().getEntityName());
    }

    /// The same of a class.
    @Nullable
    MappedType ofClass(Class<?> entity) {
        for (MappedType type : byName.values()) {
            if (type.kinds().values().stream().anyMatch(kind -> kind.getMappedClass() == entity)) {
                return type;
            }
        }
        return null;
    }

    /// Whether there are objects of that class.
    boolean isEntity(Class<?> wanted) {
        return wanted != Object.class
                && byName.values().stream()
                        .flatMap(type -> type.kinds().values().stream())
                        .anyMatch(kind -> wanted.isAssignableFrom(kind.getMappedClass()));
    }

    boolean isOverturnedBy(MappedType type) {
        return type.kinds().values().stream().anyMatch(kind -> overturning.contains(kind.getEntityName()))
                || overturning.contains(type.root().getEntityName());
    }
}
