package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a database says, as a problem. Its sentences stay in the log: they hold values that not everybody
/// may see.
final class JdbcProblems {
    /// Of H2: the first name that it quotes, and the columns of a foreign key.
    private static final Pattern NAMED = Pattern.compile("\"([\\w$.]+)");

    private static final Pattern REFERENCE = Pattern.compile("(\\w+) FOREIGN KEY\\(([\\w, ]+)\\)");
    private static final Logger LOG = LoggerFactory.getLogger(JdbcProblems.class);

    private JdbcProblems() {}

    static ProblemException of(String store, SQLException failed) {
        String state = failed.getSQLState() == null ? "" : failed.getSQLState();
        if (state.startsWith("23")) {
            return new ProblemException(
                    Problem.CONSTRAINT_BROKEN, "store " + store + ": " + constraint(failed), failed);
        }
        ProblemException refused = refused(store, state, failed);
        if (refused != null) {
            return refused;
        }
        if (state.startsWith("22")) {
            return new ProblemException(
                    Problem.VALUE_INVALID, "store " + store + ": the database refused a value (" + state + ")", failed);
        }
        if (JdbcPool.isDead(failed) || state.startsWith("53")) {
            // That it is away the relay says, once: every request would say it again.
            if (state.startsWith("53")) {
                logged(store, state, failed);
            }
            return new ProblemException(Problem.STORE_UNAVAILABLE, "store " + store + " (" + state + ")", failed);
        }
        if (isForbidden(failed) || state.equals("25006")) {
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

    /// What the database does not do for anybody, as it is made.
    private static @Nullable ProblemException refused(String store, String state, SQLException failed) {
        return switch (state) {
            case "P0001", "44000" ->
                new ProblemException(
                        Problem.CONSTRAINT_BROKEN,
                        "store " + store + ": a trigger or a check of the database's own refuses it (" + state
                                + "); the broker's log has its words",
                        logged(store, state, failed));
            case "428C9" ->
                new ProblemException(
                        Problem.READ_ONLY,
                        "store " + store + ": a field that the database always generates itself cannot be written;"
                                + " leave it out",
                        failed);
            case "42883" ->
                new ProblemException(
                        Problem.QUERY_INVALID,
                        "store " + store + ": the database cannot compare values of a field's type",
                        failed);
            case "54000", "54001" ->
                new ProblemException(
                        Problem.VALUE_INVALID,
                        "store " + store + ": a value is nested too deep, or else too complex, for the database ("
                                + state + ")",
                        failed);
            case "42P01", "42703", "42704", "42804", "3F000", "0A000", "42S02", "42S03", "42S04", "42S22" ->
                new ProblemException(
                        Problem.STORE_UNAVAILABLE,
                        "store " + store + ": its tables are not as they were when they were read (" + state
                                + "); databroker reload reads them again",
                        logged(store, state, failed));
            default -> null;
        };
    }

    private static SQLException logged(String store, String state, SQLException failed) {
        LOG.atWarn()
                .addKeyValue("store", store)
                .addKeyValue("state", state)
                .addKeyValue("says", failed.getMessage())
                .log("the database refused");
        return failed;
    }

    /// Whether the user of the store lacks a right in its database.
    static boolean isForbidden(SQLException failed) {
        return "42501".equals(failed.getSQLState()) || "90096".equals(failed.getSQLState());
    }

    /// Nobody's request is at fault, and no change was asked for: the store lacks what it needs.
    static ProblemException unreadable(String store, String table, SQLException failed) {
        return new ProblemException(
                Problem.STORE_UNAVAILABLE,
                "the user of store " + store + " may not read table " + table + " in its database: GRANT SELECT",
                logged(store, String.valueOf(failed.getSQLState()), failed));
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

    /// What is broken, without a value.
    private static String constraint(SQLException failed) {
        String state = failed.getSQLState();
        String what = switch (state) {
            case "23502" -> "a value is missing";
            case "23503", "23506" -> "a reference would lead nowhere";
            case "23505" -> "there is one like that already";
            default -> "a check is not passed";
        };
        if (failed instanceof PSQLException postgres && postgres.getServerErrorMessage() != null) {
            ServerErrorMessage message = postgres.getServerErrorMessage();
            String parts = Stream.of(
                            message.getConstraint() == null
                                    ? named("column ", message.getColumn())
                                    : named("constraint ", message.getConstraint()),
                            // A domain refuses without knowing of which table the value is.
                            message.getTable() == null
                                    ? named("type ", message.getDatatype())
                                    : named("table ", message.getTable()))
                    .filter(part -> !part.isEmpty())
                    .collect(Collectors.joining(" of "));
            return parts.isEmpty() ? what : what + " (" + parts + ")";
        }
        Matcher named = NAMED.matcher(failed.getMessage() == null ? "" : failed.getMessage());
        if (!named.find()) {
            return what;
        }
        Matcher reference = REFERENCE.matcher(failed.getMessage());
        return what + " (" + (state.equals("23502") ? "column " : "constraint ") + named.group(1)
                + (reference.find() ? ", " + reference.group(1) + " " + reference.group(2) : "") + ")";
    }

    private static String named(String what, @Nullable String name) {
        return name == null ? "" : what + name;
    }
}
