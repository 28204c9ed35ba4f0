package com.databroker.hibernate;

import com.databroker.core.ObjectTypes.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.hibernate.metamodel.mapping.AttributeMapping;
import org.hibernate.metamodel.mapping.EntityMappingType;
import org.hibernate.metamodel.mapping.SelectableMapping;
import org.hibernate.metamodel.mapping.internal.ToOneAttributeMapping;
import org.hibernate.persister.entity.EntityPersister;
import org.hibernate.type.SqlTypes;
import org.hibernate.type.descriptor.converter.spi.JpaAttributeConverter;

/// How attributes are called: as fields on the wire, and in queries. A query cannot say `e.size` where two
/// entities that inherit from one have an attribute of that name each, and where it follows a reference to
/// what may not be there it leaves out who refers to nothing.
final class EntityNames {
    private static final Set<Integer> LARGE = Set.of(SqlTypes.BLOB, SqlTypes.CLOB, SqlTypes.NCLOB);

    private EntityNames() {}

    /// The field of an attribute that is embedded in another: `homeCity`.
    static String field(String prefix, String name) {
        return prefix.isEmpty() ? name : prefix + Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    /// The same of a path, `home.city`.
    static String field(String path) {
        String all = "";
        for (String name : path.split("\\.", -1)) {
            all = field(all, name);
        }
        return all;
    }

    /// The attributes of each name, of all entities that inherit from one; what is inherited counts once.
    static Map<String, List<AttributeMapping>> declared(List<EntityPersister> hierarchy) {
        Map<String, List<AttributeMapping>> all = new LinkedHashMap<>();
        for (EntityPersister entity : hierarchy) {
            for (int i = 0; i < entity.getNumberOfAttributeMappings(); i++) {
                AttributeMapping attribute = entity.getAttributeMapping(i);
                List<AttributeMapping> same =
                        all.computeIfAbsent(attribute.getAttributeName(), absent -> new ArrayList<>());
                if (same.stream().noneMatch(other -> other.getDeclaringType().equals(attribute.getDeclaringType()))) {
                    same.add(attribute);
                }
            }
        }
        return all;
    }

    /// Whether attributes of one name can be one field.
    static boolean isOneField(List<AttributeMapping> same) {
        return same.stream()
                        .allMatch(one -> one instanceof SelectableMapping
                                && one.getDeclaringType() instanceof EntityMappingType
                                && EntityValues.boxed(javaOf(one)) == EntityValues.boxed(javaOf(same.getFirst())))
                && !(same.getFirst() instanceof ToOneAttributeMapping);
    }

    /// @param same the attributes of that name, where several entities have one
    static String path(String plain, List<AttributeMapping> same) {
        return same.size() < 2
                ? plain
                : same.stream()
                        .map(one -> "treat(e as " + ((EntityMappingType) one.getDeclaringType()).getEntityName() + ")."
                                + one.getAttributeName())
                        .collect(Collectors.joining(", ", "coalesce(", ")"));
    }

    /// Of a type that a variable stands for Hibernate knows what it is.
    static Class<?> javaOf(AttributeMapping attribute) {
        Class<?> java = attribute.getPropertyAccess().getGetter().getReturnTypeClass();
        return EntityValues.kind(java) == null ? attribute.getJavaType().getJavaTypeClass() : java;
    }

    /// Whether the parts of what is embedded are what its class consists of, and not what Hibernate makes of
    /// another class, as of a time and its zone: such parts cannot be put together here.
    static boolean isPlain(AttributeMapping embedded) {
        return EntityValues.kind(embedded.getPropertyAccess().getGetter().getReturnTypeClass()) == null;
    }

    /// Whether following the reference takes a join, even for the key alone.
    static boolean isJoined(ToOneAttributeMapping reference) {
        return reference.hasNotFoundAction()
                || reference.hasJoinTable()
                || reference.getAssociatedEntityMappingType().getSoftDeleteMapping() != null;
    }

    static boolean isLarge(SelectableMapping column) {
        return column.isLob()
                || LARGE.contains(column.getJdbcMapping().getJdbcType().getDefaultSqlTypeCode());
    }

    /// Whether what is equal in the database has the same value here: not what a converter makes of several
    /// values, nor what is equal without regard to blanks at the end.
    static boolean isExact(SelectableMapping column, Kind kind) {
        boolean blanks =
                kind == Kind.TEXT && column.getJdbcMapping().getJdbcType().getDefaultSqlTypeCode() == SqlTypes.CHAR;
        return !(column.getJdbcMapping().getValueConverter() instanceof JpaAttributeConverter) && !blanks;
    }
}
