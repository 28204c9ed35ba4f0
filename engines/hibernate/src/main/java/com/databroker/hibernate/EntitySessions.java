package com.databroker.hibernate;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import jakarta.persistence.OptimisticLockException;
import jakarta.persistence.PersistenceException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.hibernate.FlushMode;
import org.hibernate.PropertyValueException;
import org.hibernate.Session;
import org.hibernate.StaleStateException;
import org.hibernate.StatelessSession;
import org.hibernate.Transaction;
import org.hibernate.TransientPropertyValueException;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.jspecify.annotations.Nullable;

/// Sessions over connections that somebody else has. What the database says comes out of them as it said
/// it, and not as Hibernate wraps it.
///
/// @param shared whether others may change rows meanwhile, so that they are locked
/// @param large whether there are large objects, which PostgreSQL reads in a transaction only
record EntitySessions(SessionFactoryImplementor factory, boolean shared, boolean large) {
    private static final String REPEAT = "40001";

    <T> T read(Connection connection, Function<StatelessSession, T> work) throws SQLException {
        return within(connection, () -> {
            try (StatelessSession session =
                    factory.withStatelessOptions().connection(connection).openStatelessSession()) {
                return work.apply(session);
            }
        });
    }

    private <T> T within(Connection connection, Supplier<T> work) throws SQLException {
        if (!large || !connection.getAutoCommit()) {
            return plain(work);
        }
        connection.setAutoCommit(false);
        try {
            return plain(work);
        } finally {
            // Of what only reads there is nothing to keep.
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /// @param work says whether it is to be written; where it throws, it is not
    void write(Connection connection, EntityChanges changes, Predicate<EntitySession> work) throws SQLException {
        plain(() -> {
            try (Session session = factory.withOptions()
                    .connection(held(connection))
                    .interceptor(changes)
                    .openSession()) {
                Transaction transaction = session.beginTransaction();
                boolean good = false;
                try {
                    good = work.test(new EntitySession(session, shared ? connection : null));
                } finally {
                    if (!good) {
                        transaction.rollback();
                    }
                }
                if (good) {
                    transaction.commit();
                }
                return good;
            }
        });
    }

    /// The same connection, of which whoever began the transaction decides about it. To Hibernate it looks
    /// as if it did.
    private static Connection held(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    boolean ends = method.getName().equals("commit")
                            || method.getName().equals("rollback");
                    boolean savepoint = method.getParameterCount() == 1;
                    if ((ends && !savepoint) || method.getName().equals("setAutoCommit")) {
                        return null;
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    /// A session whose changes go nowhere.
    <T> T look(Connection connection, Function<EntitySession, T> work) throws SQLException {
        return within(connection, () -> {
            try (Session session = factory.withOptions()
                    .connection(connection)
                    .flushMode(FlushMode.MANUAL)
                    .openSession()) {
                session.setDefaultReadOnly(true);
                return work.apply(new EntitySession(session, null));
            }
        });
    }

    private static <T> T plain(Supplier<T> work) throws SQLException {
        try {
            return work.get();
        } catch (PersistenceException failed) {
            SQLException database = database(failed);
            if (database != null) {
                throw database;
            }
            if (failed instanceof OptimisticLockException || failed instanceof StaleStateException) {
                throw new SQLException("others changed the same", REPEAT, failed);
            }
            if (failed instanceof PropertyValueException missing) {
                throw broken(missing.getPropertyName(), missing.getEntityName(), "is required", failed);
            }
            throw failed;
        } catch (RuntimeException failed) {
            // Of a library that the entities may bring, and that is not in this module's class path.
            if (failed.getClass().getName().equals("jakarta.validation.ConstraintViolationException")) {
                throw new ProblemException(
                        Problem.CONSTRAINT_BROKEN, Text.excerpt(String.valueOf(failed.getMessage())), failed);
            }
            Throwable cause = failed instanceof IllegalStateException ? failed.getCause() : failed;
            if (cause instanceof TransientPropertyValueException dangling) {
                throw broken(
                        dangling.getPropertyName(),
                        dangling.getPropertyOwnerEntityName(),
                        "would lead nowhere",
                        failed);
            }
            throw failed;
        }
    }

    private static ProblemException broken(
            @Nullable String field, @Nullable String entity, String how, RuntimeException failed) {
        String owner = entity == null ? "an entity" : entity.substring(entity.lastIndexOf('.') + 1);
        return new ProblemException(Problem.CONSTRAINT_BROKEN, "field " + field + " of " + owner + " " + how, failed);
    }

    private static @Nullable SQLException database(Throwable failed) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return sql;
            }
        }
        return null;
    }
}
