package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.sql.SQLException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a database says, as a problem. Its sentences stay in the log: they hold values that not everybody
/// may see.
final class JdbcProblems {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcProblems.class);

    private JdbcProblems() {}

    static ProblemException of(String store, SQLException failed) {
        String state = failed.getSQLState() == null ? "" : failed.getSQLState();
        if (state.startsWith("23")) {
            return new ProblemException(
                    Problem.CONSTRAINT_BROKEN, "store " + store + ": " + constraint(failed), failed);
        }
        if (state.startsWith("22")) {
            return new ProblemException(
                    Problem.VALUE_INVALID, "store " + store + ": the database refused a value (" + state + ")", failed);
        }
        if (JdbcPool.isDead(failed) || state.startsWith("53")) {
            LOG.atWarn().addKeyValue("store", store).setCause(failed).log("the database does not answer");
            return new ProblemException(Problem.STORE_UNAVAILABLE, "store " + store + " (" + state + ")", failed);
        }
        if (state.equals("42501") || state.equals("25006") || state.equals("90096")) {
            return new ProblemException(
                    Problem.READ_ONLY, "the user of store " + store + " may not do that in its database", failed);
        }
        if (isToBeRepeated(failed)) {
            return new ProblemException(
                    Problem.STORE_UNAVAILABLE, "others hold the same rows of store " + store, failed);
        }
        LOG.atError()
                .addKeyValue("store", store)
                .addKeyValue("state", state)
                .setCause(failed)
                .log("the database failed");
        return new ProblemException(Problem.INTERNAL, "store " + store + " failed (" + state + ")", failed);
    }

    /// Whether the same transaction may succeed when it begins again: deadlocks, waits that took too
    /// long.
    static boolean isToBeRepeated(SQLException failed) {
        String state = failed.getSQLState();
        return state != null && (state.startsWith("40") || state.equals("HYT00") || state.equals("90131"));
    }

    static boolean isDuplicate(SQLException failed) {
        return "23505".equals(failed.getSQLState());
    }

    private static String constraint(SQLException failed) {
        if (failed instanceof PSQLException postgres) {
            ServerErrorMessage message = postgres.getServerErrorMessage();
            if (message != null) {
                String name = message.getConstraint() == null ? message.getColumn() : message.getConstraint();
                return "constraint " + name + " of table " + message.getTable();
            }
        }
        String text = failed.getMessage() == null ? "a constraint" : failed.getMessage();
        int values = text.indexOf(" VALUES");
        int statement = text.indexOf("; SQL");
        int end = Math.min(values < 0 ? text.length() : values, statement < 0 ? text.length() : statement);
        int detail = text.indexOf('(');
        return Text.excerpt(text.substring(0, detail > 20 ? Math.min(detail, end) : end));
    }
}
