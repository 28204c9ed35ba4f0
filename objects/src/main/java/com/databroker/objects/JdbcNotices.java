package com.databroker.objects;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// PostgreSQL's NOTIFY and LISTEN: a wake-up, never the message. What gets lost is found a second later.
///
/// It is sent outside of the transactions that it is about, once for many: a transaction that notifies
/// waits for every other that does.
final class JdbcNotices implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcNotices.class);
    private static final int LISTEN_MILLIS = 500;

    private final String store;
    private final JdbcPool pool;
    private final Runnable wake;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;
    /// By which this server knows its own notices: the database's number of the connection that listens.
    private volatile String self = "?";

    JdbcNotices(String store, JdbcPool pool, Runnable wake) {
        this.store = store;
        this.pool = pool;
        this.wake = wake;
        this.thread =
                Thread.ofPlatform().daemon().name("objects-notices-" + store).start(this::listen);
    }

    void tell() {
        try {
            pool.ask(connection -> {
                try (PreparedStatement statement = connection.prepareStatement("SELECT pg_notify(?, ?)")) {
                    statement.setString(1, JdbcOthers.CHANNEL);
                    statement.setString(2, self);
                    return statement.execute();
                }
            });
        } catch (SQLException failed) {
            LOG.atDebug().addKeyValue("store", store).setCause(failed).log("others were not woken");
        }
    }

    private void listen() {
        do {
            try (Connection connection = pool.open();
                    Statement statement = connection.createStatement()) {
                statement.execute("LISTEN " + JdbcOthers.CHANNEL);
                PGConnection postgres = connection.unwrap(PGConnection.class);
                self = Integer.toString(postgres.getBackendPID());
                while (closed.getCount() > 0) {
                    PGNotification[] heard = postgres.getNotifications(LISTEN_MILLIS);
                    for (int i = 0; heard != null && i < heard.length; i++) {
                        if (!heard[i].getParameter().equals(self)) {
                            wake.run();
                            break;
                        }
                    }
                }
            } catch (SQLException failed) {
                LOG.atDebug().addKeyValue("store", store).setCause(failed).log("no notices for a while");
            }
        } while (!isClosedAfterASecond());
    }

    private boolean isClosedAfterASecond() {
        try {
            return closed.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(2));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
