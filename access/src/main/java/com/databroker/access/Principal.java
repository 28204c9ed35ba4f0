package com.databroker.access;

import com.databroker.core.Pattern;
import com.databroker.core.Topic;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Someone the gate let in, and what it may do. Immutable; after a reload of the users file there is a new one.
///
/// What it may do is covered by a grant, its own or of one of its roles, **and** by the scope of the token it came
/// with, where that has one. No grant, no access.
public final class Principal {
    private static final String EVERYTHING = "**";
    private static final Principal BROKER = new Principal(
            "broker",
            Set.of(),
            java.util.Arrays.stream(Action.values())
                    .map(action -> new Grant(action, Pattern.ALL))
                    .toList(),
            List.of());

    private static final Principal DISK = new Principal("disk", Set.of(), List.of(), List.of());

    private static final Principal STRANGER = new Principal("stranger", Set.of(), List.of(), List.of());

    private final String name;
    private final Set<String> roles;
    private final List<Grant> grants;
    private final List<Grant> scope;
    private final Map<Action, Reach> granted;
    private final @Nullable Map<Action, Reach> scoped;

    Principal(String name, Set<String> roles, List<Grant> grants, List<Grant> scope) {
        this.name = name;
        this.roles = Set.copyOf(roles);
        this.grants = List.copyOf(grants);
        this.scope = List.copyOf(scope);
        this.granted = byAction(this.grants);
        this.scoped = scope.isEmpty() ? null : byAction(this.scope);
    }

    /// The broker itself, named `broker`: may do everything.
    public static Principal broker() {
        return BROKER;
    }

    /// Another program that changed a file behind the broker's back, named `disk`: a name in announcements, without
    /// grants.
    public static Principal disk() {
        return DISK;
    }

    /// Somebody at a login who has not said yet who it is, named `stranger`: without grants.
    public static Principal stranger() {
        return STRANGER;
    }

    private static Map<Action, Reach> byAction(List<Grant> grants) {
        Map<Action, List<Pattern>> patterns = new EnumMap<>(Action.class);
        for (Grant grant : grants) {
            patterns.computeIfAbsent(grant.action(), _ -> new ArrayList<>()).add(grant.pattern());
        }
        Map<Action, Reach> reaches = new EnumMap<>(Action.class);
        patterns.forEach((action, list) -> reaches.put(action, new Reach(list)));
        return reaches;
    }

    /// As in the users file; `anonymous` for someone without credentials.
    public String name() {
        return name;
    }

    public Set<String> roles() {
        return roles;
    }

    /// Its own grants and those of its roles; [#scope] may narrow them.
    public List<Grant> grants() {
        return grants;
    }

    /// What the token it came with is narrowed to; empty where it is not.
    public List<Grant> scope() {
        return scope;
    }

    public boolean may(Action action, Topic topic) {
        return may(action, topic.text());
    }

    /// Whether it may do `action` to `path`: a topic, file path, object type, stream name or area, without a slash
    /// in front.
    public boolean may(Action action, String path) {
        return covers(granted, action, path) && (scoped == null || covers(scoped, action, path));
    }

    private static boolean covers(Map<Action, Reach> reaches, Action action, String path) {
        Reach reach = reaches.get(action);
        return reach != null && reach.matches(path);
    }

    /// Whether there is anything in `pattern` to which it may do `action`: a subscription that fails this could never
    /// deliver. Exact, also where grant and scope meet the pattern in different places only.
    public boolean mayOverlap(Action action, Pattern pattern) {
        Reach mine = granted.get(action);
        if (mine == null) {
            return false;
        }
        Reach narrowed = scoped == null ? Reach.EVERYTHING : scoped.get(action);
        return narrowed != null && mine.meets(narrowed, pattern);
    }

    /// Whether it has `admin` on `**`.
    public boolean isAdministrator() {
        return isAdministrator(grants) && (scoped == null || isAdministrator(scope));
    }

    static boolean isAdministrator(List<Grant> grants) {
        return grants.stream()
                .anyMatch(grant ->
                        grant.action() == Action.ADMIN && grant.pattern().text().equals(EVERYTHING));
    }

    /// Whether a session of `this` may go on as it is when the users file now says `other`.
    boolean isSameAs(Principal other) {
        return name.equals(other.name)
                && roles.equals(other.roles)
                && grants.equals(other.grants)
                && Objects.equals(scope, other.scope);
    }

    @Override
    public String toString() {
        return name;
    }
}
