package com.databroker.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Pattern;
import com.databroker.core.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class PrincipalTest {
    private static Principal with(List<Grant> grants, List<Grant> scope) {
        return new Principal("p", Set.of(), grants, scope);
    }

    @Test
    void without_a_grant_there_is_no_access_and_a_grant_is_for_its_action_only() {
        Principal principal = with(List.of(Fixture.grant("publish", "builds/**")), List.of());
        assertThat(principal.may(Action.PUBLISH, Topic.of("builds/core"))).isTrue();
        assertThat(principal.may(Action.PUBLISH, "builds")).isTrue();
        assertThat(principal.may(Action.PUBLISH, "buildsx")).isFalse();
        assertThat(principal.may(Action.SUBSCRIBE, "builds/core")).isFalse();
        assertThat(principal.isAdministrator()).isFalse();
        assertThat(Principal.broker().may(Action.ADMIN, "users")).isTrue();
        assertThat(Principal.broker().isAdministrator()).isTrue();
    }

    @Test
    void a_scope_narrows_and_never_widens() {
        Principal principal = with(
                List.of(Fixture.grant("subscribe", "builds/**"), Fixture.grant("admin", "**")),
                List.of(Fixture.grant("subscribe", "**"), Fixture.grant("write", "**")));
        assertThat(principal.may(Action.SUBSCRIBE, "builds/core")).isTrue();
        assertThat(principal.may(Action.SUBSCRIBE, "other")).isFalse();
        assertThat(principal.may(Action.WRITE, "builds/core")).isFalse();
        assertThat(principal.isAdministrator()).isFalse();
    }

    /// Against a model that tries every path of up to six segments.
    @Test
    void random_grants_scopes_and_patterns_agree_with_a_naive_model() {
        RandomGenerator random = new SplittableRandom(20270101);
        List<List<String>> paths = new ArrayList<>();
        paths.add(List.of());
        for (int from = 0, length = 0; length < 6; length++) {
            int to = paths.size();
            for (; from < to; from++) {
                for (String segment : List.of("a", "b")) {
                    List<String> longer = new ArrayList<>(paths.get(from));
                    longer.add(segment);
                    paths.add(longer);
                }
            }
        }
        paths.removeFirst();
        for (int round = 0; round < 1500; round++) {
            List<Grant> grants = grants(random);
            List<Grant> scope = random.nextBoolean() ? List.of() : grants(random);
            Pattern asked = pattern(random);
            Principal principal = with(grants, scope);
            boolean overlaps = false;
            for (List<String> path : paths) {
                boolean expected = any(grants, path) && (scope.isEmpty() || any(scope, path));
                assertThat(principal.may(Action.READ, String.join("/", path)))
                        .as("%s in %s scope %s, round %d", path, grants, scope, round)
                        .isEqualTo(expected);
                overlaps |= expected && matches(asked.segments(), path);
            }
            assertThat(principal.mayOverlap(Action.READ, asked))
                    .as("%s with %s scope %s, round %d", asked, grants, scope, round)
                    .isEqualTo(overlaps);
        }
    }

    private static List<Grant> grants(RandomGenerator random) {
        List<Grant> grants = new ArrayList<>();
        for (int i = random.nextInt(1, 3); i > 0; i--) {
            grants.add(new Grant(random.nextInt(4) == 0 ? Action.WRITE : Action.READ, pattern(random)));
        }
        return grants;
    }

    private static Pattern pattern(RandomGenerator random) {
        List<String> segments = new ArrayList<>();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            String segment = List.of("a", "b", "*", "**").get(random.nextInt(4));
            if (!segment.equals("**")
                    || segments.isEmpty()
                    || !segments.getLast().equals("**")) {
                segments.add(segment);
            }
        }
        return Pattern.of(String.join("/", segments));
    }

    private static boolean any(List<Grant> grants, List<String> path) {
        return grants.stream()
                .anyMatch(grant ->
                        grant.action() == Action.READ && matches(grant.pattern().segments(), path));
    }

    private static boolean matches(List<String> pattern, List<String> path) {
        if (pattern.isEmpty()) {
            return path.isEmpty();
        }
        List<String> rest = pattern.subList(1, pattern.size());
        if (pattern.getFirst().equals("**")) {
            return matches(rest, path) || (!path.isEmpty() && matches(pattern, path.subList(1, path.size())));
        }
        return !path.isEmpty()
                && (pattern.getFirst().equals("*") || pattern.getFirst().equals(path.getFirst()))
                && matches(rest, path.subList(1, path.size()));
    }
}
