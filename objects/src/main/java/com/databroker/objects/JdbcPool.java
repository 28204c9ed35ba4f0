package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// At most so many connections to one database, the one used last first. Whoever finds none free waits a
/// while.
final class JdbcPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcPool.class);
    private static final long WAIT_SECONDS = 5;

    private final JdbcAddress address;
    private final Semaphore free;
    private final int max;
    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    JdbcPool(JdbcAddress address, int max) {
        this.address = address;
        this.free = new Semaphore(max, true);
        this.max = max;
    }

    /// A connection that is nobody else's and that the caller closes.
    Connection open() throws SQLException {
        Connection connection = address.driver().connect(address.url(), address.properties());
        if (connection == null) {
            throw new SQLException("the driver does not know this address", "08001");
        }
        return connection;
    }

    /// Does something once more on a new connection where the one at hand turns out to be dead: so only
    /// what may be done twice.
    <T> T ask(JdbcLedger.Work<T> work) throws SQLException {
        try {
            if (!free.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new ProblemException(
                        Problem.STORE_UNAVAILABLE,
                        "all " + max + " connections to the database are in use (connections-max)");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new ProblemException(Problem.SHUTTING_DOWN, "interrupted");
        }
        try {
            Connection kept = idle.poll();
            if (kept != null) {
                try {
                    return with(kept, work);
                } catch (SQLException failed) {
                    if (!isDead(failed)) {
                        throw failed;
                    }
                    discardAll();
                }
            }
            return with(open(), work);
        } finally {
            free.release();
        }
    }

    /// Whether the database is in this process.
    boolean isEmbedded() {
        return address.isEmbedded();
    }

    /// As [#ask], for a thread that must not wait: where the database is in this process, on a connection that nobody
    /// uses.
    ///
    /// @return null where there is none, and then nothing was done
    <T> @Nullable T askAtOnce(JdbcLedger.Work<T> work) throws SQLException {
        if (!isEmbedded() || !free.tryAcquire()) {
            return null;
        }
        try {
            Connection kept = idle.poll();
            return kept == null ? null : with(kept, work);
        } finally {
            free.release();
        }
    }

    private <T> T with(Connection connection, JdbcLedger.Work<T> work) throws SQLException {
        boolean good = false;
        try {
            T result = work.with(JdbcSpans.recorded(connection, address.system()));
            good = true;
            return result;
        } catch (SQLException failed) {
            good = !isDead(failed);
            throw failed;
        } catch (ProblemException refused) {
            good = true;
            throw refused;
        } finally {
            giveBack(connection, good);
        }
    }

    private void giveBack(Connection connection, boolean good) {
        try {
            if (good && !closed) {
                if (!connection.getAutoCommit()) {
                    connection.rollback();
                    connection.setAutoCommit(true);
                }
                idle.push(connection);
                return;
            }
        } catch (SQLException broken) {
            LOG.atDebug().setCause(broken).log("a connection is given up");
        }
        discard(connection);
    }

    /// Whether the connection is of no use any more.
    static boolean isDead(SQLException failed) {
        String state = failed.getSQLState();
        return state != null && (state.startsWith("08") || state.startsWith("57P") || state.equals("90121"));
    }

    private void discardAll() {
        for (Connection one = idle.poll(); one != null; one = idle.poll()) {
            discard(one);
        }
    }

    private static void discard(@Nullable Connection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException broken) {
            LOG.atDebug().setCause(broken).log("a connection could not be closed");
        }
    }

    @Override
    public void close() {
        closed = true;
        discardAll();
    }
}
