package com.databroker.objects;

import com.databroker.core.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Secrets that servers over one database share, in its table *databroker_state*.
final class JdbcSecrets {
    private JdbcSecrets() {}

    /// The secret of that name, made where there is none.
    static Bytes read(Connection connection, String name, Supplier<Bytes> first) throws SQLException {
        Bytes known = known(connection, name);
        if (known != null) {
            return known;
        }
        Bytes made = first.get();
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO databroker_state (name, bytes) VALUES (?, ?)")) {
            statement.setString(1, name);
            statement.setBytes(2, made.toArray());
            statement.executeUpdate();
            return made;
        } catch (SQLException failed) {
            // Another server was faster.
            Bytes theirs = JdbcProblems.isDuplicate(failed) ? known(connection, name) : null;
            if (theirs == null) {
                throw failed;
            }
            return theirs;
        }
    }

    private static @Nullable Bytes known(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT bytes FROM databroker_state WHERE name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Bytes.wrap(row.getBytes(1)) : null;
            }
        }
    }

    /// @return how many there were of that name
    static int replace(Connection connection, String name, Bytes secret) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE databroker_state SET bytes = ? WHERE name = ?")) {
            statement.setBytes(1, secret.toArray());
            statement.setString(2, name);
            return statement.executeUpdate();
        }
    }
}
