package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which web pages may speak to the broker: a page of another origin must not use its reader's certificate or
/// place in the network. Programs send no Origin.
///
/// @param allowed origins beside the broker's own
record Origins(List<String> allowed) {
    void check(HttpServerRequest request) {
        String origin = request.getHeader("Origin");
        if (origin == null || allowed.contains(origin) || isOwn(origin, request.getHeader("Host"))) {
            return;
        }
        throw new ProblemException(
                Problem.FORBIDDEN,
                "pages of another origin may not do this (http.allowed-origins lists those that may)");
    }

    private static boolean isOwn(String origin, @Nullable String host) {
        try {
            return host != null && host.equals(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }
}
