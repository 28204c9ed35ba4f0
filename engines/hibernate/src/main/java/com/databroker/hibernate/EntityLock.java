package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.hibernate.metamodel.mapping.SelectableMapping;
import org.hibernate.persister.entity.UnionSubclassEntityPersister;
import org.hibernate.type.SqlTypes;

/// Locks one row of PostgreSQL before its entity is read, by a statement of its own: Hibernate would join what
/// is loaded eagerly, which cannot be locked so, and locks each table of it afterwards.
final class EntityLock {
    private static final Set<Class<?>> PLAIN = Set.of(Long.class, Integer.class, Short.class, String.class);

    private EntityLock() {}

    private static List<SelectableMapping> columns(MappedType type) {
        List<SelectableMapping> columns = new ArrayList<>();
        type.root().getIdentifierMapping().forEachSelectable((index, column) -> columns.add(column));
        return columns;
    }

    /// Whether every object has a row in one table, with a key that the driver takes as it is.
    static boolean isPossible(MappedType type) {
        List<SelectableMapping> columns = columns(type);
        if (type.root() instanceof UnionSubclassEntityPersister
                || columns.size() != type.key().size()) {
            return false;
        }
        for (int i = 0; i < columns.size(); i++) {
            Class<?> java = EntityValues.boxed(type.key().get(i).java());
            boolean uuid = java == UUID.class
                    && columns.get(i).getJdbcMapping().getJdbcType().getDefaultSqlTypeCode() == SqlTypes.UUID;
            if (!uuid && !PLAIN.contains(java)) {
                return false;
            }
        }
        return true;
    }

    /// Waits until nobody else holds it. What is gone is not locked.
    static void row(Connection connection, MappedType type, ObjectKey key) {
        StringBuilder sql =
                new StringBuilder("SELECT 1 FROM ").append(type.root().getRootTableName());
        String before = " WHERE ";
        for (SelectableMapping column : columns(type)) {
            sql.append(before).append(column.getSelectionExpression()).append(" = ?");
            before = " AND ";
        }
        List<Object> values = type.keyValues(key);
        try (PreparedStatement statement =
                connection.prepareStatement(sql.append(" FOR NO KEY UPDATE").toString())) {
            for (int i = 0; i < values.size(); i++) {
                statement.setObject(i + 1, values.get(i));
            }
            statement.execute();
        } catch (SQLException failed) {
            throw new PersistenceException(failed);
        }
    }
}
