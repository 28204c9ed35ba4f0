package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Grant;
import com.databroker.access.NewToken;
import com.databroker.access.Principal;
import com.databroker.access.UserSummary;
import com.databroker.access.UsersEditor;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.files.FilePlane;
import com.databroker.files.OpenFile;
import com.databroker.files.Precondition;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayInputStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// `/access/users`: lists, adds and removes users and tokens by editing the users file, which goes the way of every
/// upload: validated, committed, announced, in force. `/access/users/<name>/may` tries a grant, `/access/me` tells who
/// asks.
final class AccessHandler {
    private static final long BODY_MAX = 64 << 10;
    private static final String LIMIT = "64 KiB";
    private static final String AREA = "users";
    private static final int ATTEMPTS = 20;

    private final FilePlane files;
    private final InstantSource clock;
    private final SecureRandom random;
    private final List<String> planes;

    /// @param planes those that there are
    AccessHandler(FilePlane files, InstantSource clock, SecureRandom random, List<String> planes) {
        this.planes = planes;
        this.files = files;
        this.clock = clock;
        this.random = random;
    }

    void handle(Exchange exchange) {
        if (exchange.target().tail().equals("me")) {
            me(exchange);
            return;
        }
        Principal principal = exchange.require(Action.ADMIN, AREA);
        List<String> path = List.of(exchange.target().path().split("/", -1));
        if (path.size() == 4 && path.get(1).equals(AREA) && path.get(3).equals("may")) {
            may(exchange, path.get(2));
            return;
        }
        exchange.target().allow();
        if (path.size() < 2 || !path.get(1).equals(AREA)) {
            throw notFound(exchange);
        }
        switch (path.size()) {
            case 2 -> users(exchange, principal);
            case 3 -> {
                exchange.allow(HttpMethod.DELETE);
                edit(exchange, principal, file -> UsersEditor.removeUser(file, path.get(2)), 204, null);
            }
            case 4 -> tokens(exchange, principal, path);
            case 5 -> {
                exchange.allow(HttpMethod.DELETE);
                edit(exchange, principal, file -> UsersEditor.revokeToken(file, path.get(2), path.get(4)), 204, null);
            }
            default -> throw notFound(exchange);
        }
    }

    /// Who asks, what it may do, and which planes there are; everybody may know that.
    private void me(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        exchange.target().allow();
        Principal principal = exchange.principal();
        exchange.json(200, json -> {
            json.writeStartObject();
            json.writeStringProperty("name", principal.name());
            texts(json, "roles", principal.roles().stream().sorted().toList());
            texts(json, "grants", words(principal.grants()));
            texts(json, "scope", words(principal.scope()));
            texts(
                    json,
                    "administers",
                    AboutHandler.AREAS.stream()
                            .filter(area -> principal.may(Action.ADMIN, area))
                            .toList());
            texts(json, "planes", planes);
            json.writeEndObject();
        });
    }

    /// Tries a grant: whether a user may do something, and by which of its grants.
    private static void may(Exchange exchange, String name) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        exchange.target().allow("action", "on");
        String word = exchange.target().parameter("action");
        String on = exchange.target().parameter("on");
        if (word == null || on == null || word.equals("all")) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, "say action and on: ?action=publish&on=builds/core/done; not \"all\"");
        }
        Action action = actions(word).getFirst();
        Principal user = exchange.gate()
                .principalOf(name)
                .orElseThrow(() ->
                        new ProblemException(Problem.NOT_FOUND, "there is no user \"" + Text.excerpt(name) + "\""));
        boolean disabled =
                exchange.gate().users().stream().anyMatch(each -> each.name().equals(name) && each.disabled());
        List<Grant> by = user.grants().stream()
                .filter(grant -> grant.action() == action && grant.pattern().matches(on))
                .toList();
        exchange.json(200, json -> {
            json.writeStartObject();
            json.writeBooleanProperty("may", !disabled && !by.isEmpty());
            texts(json, "by", words(by));
            json.writeBooleanProperty("disabled", disabled);
            json.writeEndObject();
        });
    }

    private static List<String> words(List<Grant> grants) {
        return grants.stream().map(AccessHandler::word).toList();
    }

    private static ProblemException notFound(Exchange exchange) {
        return new ProblemException(
                Problem.NOT_FOUND, "there is nothing at /" + exchange.target().path());
    }

    private void users(Exchange exchange, Principal principal) {
        exchange.allow(HttpMethod.GET, HttpMethod.POST);
        if (exchange.isMethod(HttpMethod.GET)) {
            List<UserSummary> users = exchange.gate().users();
            exchange.json(200, json -> writeUsers(json, users));
            return;
        }
        exchange.body(BODY_MAX, LIMIT, body -> {
            Map<String, @Nullable Object> fields = Json.parseObject(body);
            String name = text(fields, "name");
            UsersEditor.checkName(name);
            List<Grant> grants = grants(fields.get("grants"), "grants");
            List<String> roles = strings(fields.get("roles"), "roles");
            edit(exchange, principal, file -> UsersEditor.addUser(file, name, grants, roles), 201, null);
        });
    }

    private void tokens(Exchange exchange, Principal principal, List<String> path) {
        exchange.allow(HttpMethod.POST);
        if (!path.get(3).equals("tokens")) {
            throw notFound(exchange);
        }
        exchange.body(BODY_MAX, LIMIT, body -> {
            Map<String, @Nullable Object> fields = Json.parseObject(body);
            NewToken token = NewToken.generate(
                    text(fields, "label"),
                    expires(fields.get("expires")),
                    grants(fields.get("scope"), "scope"),
                    random);
            edit(exchange, principal, file -> UsersEditor.addToken(file, path.get(2), token), 201, token);
        });
    }

    /// Reads the file, changes it, and commits it where nobody else did meanwhile; otherwise again.
    private void edit(
            Exchange exchange, Principal principal, UnaryOperator<Bytes> change, int status, @Nullable NewToken token) {
        exchange.blocking(() -> {
            for (int attempt = 1; !tryEdit(principal, change, attempt == ATTEMPTS); attempt++) {
                // Somebody else was faster.
            }
            exchange.onLoop(() -> {
                if (token == null) {
                    exchange.empty(status);
                } else {
                    exchange.json(status, json -> writeToken(json, token));
                }
            });
        });
    }

    /// @param last whether to tell that somebody else was faster
    private boolean tryEdit(Principal principal, UnaryOperator<Bytes> change, boolean last) {
        try (OpenFile file = files.read(FilesHandler.USERS_FILE)) {
            Bytes edited = change.apply(file.readAll());
            files.put(
                    FilesHandler.USERS_FILE,
                    new ByteArrayInputStream(edited.toArray()),
                    edited.length(),
                    Precondition.version(file.entry().etag()),
                    principal);
            return true;
        } catch (ProblemException refused) {
            if (last || refused.problem() != Problem.PRECONDITION_FAILED) {
                throw refused;
            }
            return false;
        }
    }

    private static String text(Map<String, @Nullable Object> fields, String name) {
        if (fields.get(name) instanceof String text) {
            return text;
        }
        throw new ProblemException(Problem.MESSAGE_INVALID, "member \"" + name + "\" is missing or not a string");
    }

    private static List<String> strings(@Nullable Object value, String name) {
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list) {
            List<String> strings = new ArrayList<>();
            for (Object element : list) {
                if (!(element instanceof String text)) {
                    throw new ProblemException(Problem.MESSAGE_INVALID, "member \"" + name + "\" has a non-string");
                }
                strings.add(text);
            }
            return strings;
        }
        throw new ProblemException(Problem.MESSAGE_INVALID, "member \"" + name + "\" is not a list");
    }

    /// `action[,action…]:pattern`, as `publish,subscribe:builds/**`.
    private static List<Grant> grants(@Nullable Object value, String name) {
        List<Grant> grants = new ArrayList<>();
        for (String text : strings(value, name)) {
            int colon = text.indexOf(':');
            if (colon <= 0) {
                throw new ProblemException(
                        Problem.MESSAGE_INVALID,
                        "grant \"" + Text.excerpt(text) + "\" is not action:pattern, as publish,subscribe:builds/**");
            }
            Pattern pattern = Pattern.of(text.substring(colon + 1));
            for (String word : text.substring(0, colon).split(",", -1)) {
                actions(word.strip()).forEach(action -> grants.add(new Grant(action, pattern)));
            }
        }
        return grants;
    }

    private static List<Action> actions(String word) {
        if (word.equals("all")) {
            return List.of(Action.values());
        }
        for (Action action : Action.values()) {
            if (action.word().equals(word)) {
                return List.of(action);
            }
        }
        List<String> words = Arrays.stream(Action.values()).map(Action::word).toList();
        String near = Text.nearest(word, words);
        throw new ProblemException(
                Problem.MESSAGE_INVALID,
                "\"" + Text.excerpt(word) + "\" is not an action"
                        + (near.isEmpty() ? "" : ", did you mean \"" + near + "\"?")
                        + " (" + String.join(", ", words) + ", all)");
    }

    private @Nullable Instant expires(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        Instant expires = instant(value.toString());
        if (!expires.isAfter(clock.instant())) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID,
                    "a token that expires at " + expires + " would be none: that is not in the future");
        }
        return expires;
    }

    /// An instant, or a duration from now as `90d`.
    private Instant instant(String text) {
        try {
            if (text.matches("\\d{1,6}[smhd]")) {
                long number = Long.parseLong(text, 0, text.length() - 1, 10);
                Duration unit = switch (text.charAt(text.length() - 1)) {
                    case 's' -> Duration.ofSeconds(1);
                    case 'm' -> Duration.ofMinutes(1);
                    case 'h' -> Duration.ofHours(1);
                    default -> Duration.ofDays(1);
                };
                return clock.instant().plus(unit.multipliedBy(number)).truncatedTo(ChronoUnit.SECONDS);
            }
            return Instant.parse(text);
        } catch (DateTimeParseException neither) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID,
                    "expires \"" + Text.excerpt(text) + "\" is neither 90d, 12h nor 2027-01-31T00:00:00Z");
        }
    }

    private static void writeToken(JsonGenerator json, NewToken token) {
        json.writeStartObject();
        json.writeStringProperty("id", token.id());
        json.writeStringProperty("label", token.label());
        json.writeStringProperty("token", token.secret());
        if (token.expires() != null) {
            json.writeStringProperty("expires", token.expires().toString());
        }
        json.writeEndObject();
    }

    private static void writeUsers(JsonGenerator json, List<UserSummary> users) {
        json.writeStartObject();
        json.writeName("users");
        json.writeStartArray();
        for (UserSummary user : users) {
            json.writeStartObject();
            json.writeStringProperty("name", user.name());
            json.writeBooleanProperty("disabled", user.disabled());
            texts(json, "roles", user.roles());
            texts(json, "grants", words(user.grants()));
            texts(json, "certificates", user.certificates());
            texts(json, "curveKeys", user.curveKeys());
            texts(json, "sshKeys", user.sshKeys());
            json.writeName("tokens");
            json.writeStartArray();
            for (UserSummary.Token token : user.tokens()) {
                json.writeStartObject();
                json.writeStringProperty("id", token.id());
                json.writeStringProperty("label", token.label());
                if (token.expires() != null) {
                    json.writeStringProperty("expires", token.expires().toString());
                }
                texts(json, "scope", words(token.scope()));
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static String word(Grant grant) {
        return grant.action().word() + ":" + grant.pattern();
    }

    private static void texts(JsonGenerator json, String name, List<String> texts) {
        json.writeName(name);
        json.writeStartArray();
        texts.forEach(json::writeString);
        json.writeEndArray();
    }
}
