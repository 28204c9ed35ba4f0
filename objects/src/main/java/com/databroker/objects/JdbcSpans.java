package com.databroker.objects;

import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A connection that records each statement as a span, where what is under way is recorded: its text with question
/// marks,
/// never the values. Any other is passed on as it is.
final class JdbcSpans {
    private static final int TEXT_MAX = 1000;

    private final String system;

    private JdbcSpans(String system) {
        this.system = system;
    }

    static Connection recorded(Connection connection, String system) {
        if (!Trace.current().isRecording()) {
            return connection;
        }
        JdbcSpans spans = new JdbcSpans(system);
        return spans.proxy(Connection.class, (proxy, method, args) -> spans.onConnection(connection, method, args));
    }

    private <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(JdbcSpans.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private @Nullable Object onConnection(Connection connection, Method method, @Nullable Object @Nullable [] args)
            throws Throwable {
        if (method.getName().equals("commit")) {
            return call("COMMIT", connection, method, args);
        }
        Object made = call(null, connection, method, args);
        if (made instanceof PreparedStatement statement && args != null && args[0] instanceof String text) {
            return proxy(PreparedStatement.class, (proxy, on, with) -> onStatement(statement, text, on, with));
        }
        if (made instanceof Statement statement) {
            return proxy(
                    Statement.class,
                    (proxy, on, with) -> onStatement(
                            statement,
                            with != null && with.length > 0 && with[0] instanceof String text ? text : "",
                            on,
                            with));
        }
        return made;
    }

    private @Nullable Object onStatement(
            Statement statement, String text, Method method, @Nullable Object @Nullable [] args) throws Throwable {
        return call(method.getName().startsWith("execute") ? text : null, statement, method, args);
    }

    /// @param text of a statement, null where nothing is asked of the database
    private @Nullable Object call(
            @Nullable String text, Object target, Method method, @Nullable Object @Nullable [] args) throws Throwable {
        if (text == null) {
            return pass(target, method, args);
        }
        String operation = operation(text);
        try (Span span = Trace.call(operation)) {
            span.put("db.system.name", system).put("db.operation.name", operation);
            if (target instanceof PreparedStatement) {
                // Other statements may hold values.
                span.put("db.query.text", text.length() > TEXT_MAX ? text.substring(0, TEXT_MAX) : text);
            }
            try {
                return pass(target, method, args);
            } catch (SQLException failed) {
                span.failed(String.valueOf(failed.getSQLState()));
                throw failed;
            }
        }
    }

    private static @Nullable Object pass(Object target, Method method, @Nullable Object @Nullable [] args)
            throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause() == null ? thrown : thrown.getCause();
        }
    }

    private static String operation(String text) {
        String stripped = text.stripLeading();
        int end = 0;
        while (end < stripped.length() && Character.isLetter(stripped.charAt(end))) {
            end++;
        }
        return end == 0 ? "SQL" : stripped.substring(0, end).toUpperCase(Locale.ROOT);
    }
}
