package com.databroker.hibernate;

import com.databroker.objects.JdbcLedger;
import java.sql.Connection;
import java.sql.SQLException;
import org.hibernate.engine.jdbc.connections.spi.ConnectionProvider;

/// Connections for what Hibernate does beside its sessions: it looks at the database when it begins, and
/// counts in tables where an entity has its numbers from there.
final class LedgerConnections implements ConnectionProvider {
    private static final long serialVersionUID = 1L;

    private final transient JdbcLedger ledger;

    LedgerConnections(JdbcLedger ledger) {
        this.ledger = ledger;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return ledger.connect();
    }

    @Override
    public void closeConnection(Connection connection) throws SQLException {
        connection.close();
    }

    @Override
    public boolean supportsAggressiveRelease() {
        return false;
    }

    @Override
    public boolean isUnwrappableAs(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return type.cast(this);
    }
}
