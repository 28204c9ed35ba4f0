package com.databroker.core;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How *dbo/1* lies on a RabbitMQ: what exchanges and queues are called, and what stands around a frame.
///
/// ```
///             ┌─ exchange <name>.requests (direct) ──┬── any ─────▶ queue <name>.requests ──▶ some broker
/// client ─────┘                                      └── <server> ─▶ its own queue ─────────▶ that broker
///   ▲ reply-to
///   ├──────────────── its own queue ◀── (default exchange) ◀── answers of whichever broker
///   └──────────────── its own queue ◀── cbor.<server> ── exchange <name>.changes (topic) ◀── each broker
/// ```
///
/// @param name before the names of all of them
public record ObjectQueues(String name) {
    /// What they begin with where nobody says otherwise.
    public static final String NAME = "databroker";

    /// The routing key of a request that any broker may answer.
    public static final String ANY = "any";

    /// The header with the sender's token.
    public static final String TOKEN = "token";

    private static final Pattern VALID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final String TYPE = "application/";

    /// @throws IllegalArgumentException with a sentence
    public ObjectQueues {
        if (!VALID.matcher(name).matches()) {
            throw new IllegalArgumentException("name: \"" + Text.excerpt(name)
                    + "\" is not up to 64 letters, digits, dots, dashes and underscores");
        }
    }

    /// The exchange for requests, and the queue that all brokers share.
    public String requests() {
        return name + ".requests";
    }

    /// The exchange on which each broker tells changes.
    public String changes() {
        return name + ".changes";
    }

    /// The exchange and the queue of what nobody could answer.
    public String dead() {
        return name + ".dead";
    }

    /// The routing key of what a server tells.
    ///
    /// @param server as its welcome names it, or `*` for all
    public static String topic(ObjectMessages form, String server) {
        return word(form) + "." + server;
    }

    /// The routing key by which servers wake one another.
    public static String wake(String server) {
        return "wake." + server;
    }

    /// The server in a routing key of one of the above.
    public static String server(String routingKey) {
        return routingKey.substring(routingKey.indexOf('.') + 1);
    }

    /// The content type of a frame.
    public static String contentType(ObjectMessages form) {
        return TYPE + word(form);
    }

    /// The form of a content type, null where it is of none.
    public static @Nullable ObjectMessages form(@Nullable String contentType) {
        for (ObjectMessages form : ObjectMessages.values()) {
            if (contentType(form).equals(contentType)) {
                return form;
            }
        }
        return null;
    }

    private static String word(ObjectMessages form) {
        return form.name().toLowerCase(Locale.ROOT);
    }
}
