package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.net.http.WebSocketHandshakeException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;

/// What a broker, or what stands before it, says against a request, read into a [ProblemException].
final class Refusals {
    private static final int TOO_BIG = 1009;
    private static final int FIRST_RETRY_CODE = 4500;
    private static final java.util.regex.Pattern NUMBER = java.util.regex.Pattern.compile("\\b[1-9]\\d{3}\\b");

    private Refusals() {}

    /// A close frame.
    ///
    /// @param reason may carry the problem's number, as `[2005] access revoked`
    static ProblemException ofClose(int code, String reason) {
        String detail = "the connection was closed with code " + code
                + (reason.isEmpty() ? "" : " (" + Text.excerpt(reason) + ")");
        Matcher number = NUMBER.matcher(reason);
        if (number.find()) {
            Problem named = Problem.ofNumber(Integer.parseInt(number.group()));
            if (named != null && named.closeCode() == code) {
                return new ProblemException(named, detail);
            }
        }
        if (code >= 4000 && code < FIRST_RETRY_CODE) {
            for (Problem problem : Problem.values()) {
                if (problem.closeCode() == code) {
                    return new ProblemException(problem, detail);
                }
            }
            return new ProblemException(Problem.BAD_REQUEST, detail);
        }
        if (code == TOO_BIG) {
            return new ProblemException(Problem.PAYLOAD_TOO_LARGE, detail);
        }
        return new ProblemException(isFinal(code) ? Problem.MESSAGE_INVALID : Problem.UNAVAILABLE, detail);
    }

    /// Whether the same would happen again on the next connection: our fault in the broker's eyes, or the
    /// reverse.
    static boolean isFinal(int code) {
        return switch (code) {
            case 1002, 1003, 1007, 1008, TOO_BIG, 1010 -> true;
            default -> code >= 4000 && code < FIRST_RETRY_CODE;
        };
    }

    static boolean isFinal(Problem problem) {
        return isFinal(problem.closeCode());
    }

    /// Why a connection could not be made.
    static ProblemException ofHandshake(Throwable thrown) {
        Throwable cause = unwrap(thrown);
        if (cause instanceof WebSocketHandshakeException handshake && handshake.getResponse() != null) {
            Object body = handshake.getResponse().body();
            return ProblemDocument.read(
                    handshake.getResponse().statusCode(), body instanceof String text ? Bytes.utf8(text) : Bytes.EMPTY);
        }
        return unavailable("no connection to the broker", cause);
    }

    static ProblemException unavailable(String what, Throwable cause) {
        String message = cause.getMessage();
        return new ProblemException(
                Problem.UNAVAILABLE,
                what + ": " + cause.getClass().getSimpleName() + (message == null ? "" : " " + Text.excerpt(message)),
                cause);
    }

    static Throwable unwrap(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return (thrown instanceof CompletionException || thrown instanceof ExecutionException) && cause != null
                ? unwrap(cause)
                : thrown;
    }
}
