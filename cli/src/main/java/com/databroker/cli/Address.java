package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Where a broker is and how to enter it.
///
/// @param token null to come without one
/// @param user whose token it is, empty where that is not known
/// @param origin what named the address, for the one who wonders
record Address(String url, @Nullable String token, String user, String origin, Trust trust) {

    DatabrokerClient client() {
        DatabrokerClient.Builder builder = DatabrokerClient.builder(URI.create(url));
        if (token != null) {
            builder.token(token);
        }
        SSLContext trusted = trust.context(url);
        if (trusted != null) {
            builder.sslContext(trusted);
        }
        return builder.build();
    }

    /// `http://127.0.0.1:8080 as admin`.
    String described() {
        return url + (token == null ? " as anonymous" : user.isEmpty() ? "" : " as " + user);
    }

    /// The same failure in the words of someone who looks for a broker, where nobody answered.
    RuntimeException explained(ProblemException refused, Surroundings around) {
        if (refused.problem() != Problem.UNAVAILABLE) {
            return refused;
        }
        for (Throwable inner = refused; inner != null; inner = inner.getCause()) {
            if (inner instanceof ConnectException || inner instanceof HttpConnectTimeoutException) {
                return unanswered(around, refused);
            }
            if (inner instanceof CertificateException) {
                return untrusted(inner);
            }
        }
        return refused;
    }

    private CliException untrusted(Throwable certificate) {
        Throwable inmost = certificate;
        while (inmost.getCause() != null) {
            inmost = inmost.getCause();
        }
        Problem problem = Problem.UNAVAILABLE;
        return new CliException(
                Exit.UNAVAILABLE,
                "[" + problem.number() + "] " + problem.title() + ": the certificate of " + url + " is not trusted",
                String.valueOf(inmost.getMessage()),
                "name the file of its authority with --ca-file or DATABROKER_CA_FILE; one that has ended is renewed",
                certificate);
    }

    CliException unanswered(Surroundings around, Throwable cause) {
        Problem problem = Problem.UNAVAILABLE;
        return new CliException(
                Exit.UNAVAILABLE,
                "[" + problem.number() + "] " + problem.title() + ": nothing answers at " + url,
                "the address is from " + origin,
                "start the broker with " + around.launcher() + " serve, or say where it is with --url and --token",
                cause);
    }

    @Override
    public String toString() {
        return "Address[" + url + "]";
    }
}
