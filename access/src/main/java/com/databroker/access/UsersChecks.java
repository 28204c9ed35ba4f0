package com.databroker.access;

import com.databroker.core.Bytes;
import com.databroker.core.Pattern;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/// What the schema cannot say about a users file, and says it better where it could. One use per file.
final class UsersChecks {
    private static final Predicate<String> NAME =
            java.util.regex.Pattern.compile("[A-Za-z0-9._@-]{1,64}").asMatchPredicate();
    private static final Predicate<String> SHA256 =
            java.util.regex.Pattern.compile("[0-9A-Fa-f]{64}").asMatchPredicate();
    private static final java.util.regex.Pattern SPACES = java.util.regex.Pattern.compile("\\s+");
    private static final int LABEL_MAX = 64;
    private static final int NEAREST_AMONG = 200;

    private static final Set<String> RESERVED = Set.of("broker", "anonymous", "disk");

    private final Findings findings;
    /// What must be unique in the whole file, and where it stood first.
    private final Map<String, Integer> seen = new HashMap<>();

    UsersChecks(Findings findings) {
        this.findings = findings;
    }

    /// What the file says; only of use where `findings` stays empty.
    UsersFile check(Bytes source, Element root) {
        Map<String, List<Grant>> roles = new LinkedHashMap<>();
        for (Element role : root.all("role")) {
            name(role, "role");
            roles.put(role.get("name"), grants(role, "grant"));
        }
        Map<String, X509Certificate> authorities = new LinkedHashMap<>();
        for (Element authority : root.all("authority")) {
            name(authority, "authority");
            parse(authority, "the authority", PublicKeys::authority)
                    .forEach(certificate -> authorities.put(authority.get("name"), certificate));
        }
        Set<String> authorityNames = new LinkedHashSet<>();
        root.all("authority").forEach(authority -> authorityNames.add(authority.get("name")));
        Map<String, UsersFile.User> users = new LinkedHashMap<>();
        for (Element user : root.all("user")) {
            users.put(user.get("name"), user(user, roles, authorityNames));
        }
        List<Grant> anonymous = anonymous(root.all("anonymous"));
        if (findings.isEmpty() && users.values().stream().noneMatch(user -> user.canAdminister(Instant.MIN))) {
            findings.add(
                    root.start,
                    "nobody could administer the broker: one user that is not disabled needs"
                            + " <grant action=\"admin\" pattern=\"**\"/> and a token, certificate or key");
        }
        return new UsersFile(
                source, root, Collections.unmodifiableMap(users), Collections.unmodifiableMap(authorities), anonymous);
    }

    private UsersFile.User user(Element user, Map<String, List<Grant>> roles, Set<String> authorities) {
        String name = name(user, "user");
        if (RESERVED.contains(name)) {
            findings.add(user.offsetOf("name", findings.text()), wrongName(name));
        }
        Set<String> memberships = new LinkedHashSet<>();
        List<Grant> own = grants(user, "grant");
        List<Grant> all = new ArrayList<>(own);
        for (Element member : user.all("member")) {
            String role = member.get("role");
            List<Grant> granted = roles.get(role);
            if (granted == null) {
                at(
                        member,
                        "role",
                        () -> "there is no role \"" + Text.excerpt(role) + "\"" + didYouMean(role, roles.keySet()));
            } else if (memberships.add(role)) {
                all.addAll(granted);
            } else {
                at(member, "role", () -> "the role \"" + role + "\" is named twice; delete one");
            }
        }
        return new UsersFile.User(
                name,
                disabled(user),
                tokens(user),
                certificates(user, authorities),
                curveKeys(user),
                sshKeys(user),
                Collections.unmodifiableSet(memberships),
                own,
                List.copyOf(all),
                user);
    }

    private boolean disabled(Element user) {
        String value = user.attributes.getOrDefault("disabled", "false");
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> {
                at(user, "disabled", () -> "disabled is true or false");
                yield true;
            }
        };
    }

    private List<UsersFile.Token> tokens(Element user) {
        Set<String> labels = new HashSet<>();
        List<UsersFile.Token> tokens = new ArrayList<>();
        for (Element token : user.all("token")) {
            String label = token.get("label");
            if (token.find("label") != null
                    && (label.isBlank()
                            || label.length() > LABEL_MAX
                            || label.chars().anyMatch(Character::isISOControl))) {
                at(token, "label", () -> "a label has 1 to " + LABEL_MAX + " characters");
            } else if (!labels.add(label)) {
                at(
                        token,
                        "label",
                        () -> "this user has a token \"" + Text.excerpt(label) + "\" already; choose another label");
            }
            String id = token.get("id");
            if (token.find("id") != null && !Tokens.isId(id)) {
                at(token, "id", () -> "an id has 8 characters of 0-9 A-Z a-z, as the broker gave it");
            } else if (!id.isEmpty()) {
                unique(token, "id", "token id", id);
            }
            tokens.add(new UsersFile.Token(label, id, sha256(token, "token"), expires(token), grants(token, "scope")));
        }
        return List.copyOf(tokens);
    }

    private Bytes sha256(Element element, String kind) {
        String hex = element.get("sha256");
        if (!SHA256.test(hex)) {
            if (element.find("sha256") != null) {
                at(element, "sha256", () -> "sha256 has 64 hex digits; \"printf %s \"$TOKEN\" | sha256sum\" prints it");
            }
            return Bytes.EMPTY;
        }
        byte[] hash = HexFormat.of().parseHex(hex);
        unique(element, "sha256", kind, Tokens.hex(hash));
        return Bytes.wrap(hash);
    }

    private @Nullable Instant expires(Element token) {
        String expires = token.find("expires");
        if (expires == null) {
            return null;
        }
        try {
            return Instant.parse(expires);
        } catch (DateTimeException malformed) {
            at(token, "expires", () -> "\"" + Text.excerpt(expires) + "\" is not a time as 2027-01-31T23:59:59Z");
            return null;
        }
    }

    private List<UsersFile.Certificate> certificates(Element user, Set<String> authorities) {
        List<UsersFile.Certificate> certificates = new ArrayList<>();
        for (Element element : user.all("certificate")) {
            String subject = element.find("subject");
            String authority = element.find("authority");
            boolean bySubject = subject != null && authority != null && element.find("sha256") == null;
            boolean byFingerprint = subject == null && authority == null && element.find("sha256") != null;
            if (byFingerprint) {
                certificates.add(new UsersFile.Certificate.Fingerprint(sha256(element, "certificate")));
            } else if (subject != null && authority != null && bySubject) {
                subject(element, subject, authority, authorities).forEach(certificates::add);
            } else {
                findings.add(element.start, "a <certificate> has either sha256, or subject and authority");
            }
        }
        return List.copyOf(certificates);
    }

    private List<UsersFile.Certificate> subject(
            Element element, String subject, String authority, Set<String> authorities) {
        if (!authorities.contains(authority)) {
            at(
                    element,
                    "authority",
                    () -> "there is no authority \"" + Text.excerpt(authority) + "\""
                            + didYouMean(authority, authorities));
        }
        try {
            X500Principal name = new X500Principal(subject);
            if (name.getName().isEmpty()) {
                throw new IllegalArgumentException("empty");
            }
            unique(element, "subject", "subject", authority + " " + name.getName(X500Principal.CANONICAL));
            return List.of(new UsersFile.Certificate.Subject(name, authority));
        } catch (IllegalArgumentException malformed) {
            at(element, "subject", () -> "\"" + Text.excerpt(subject) + "\" is not a subject as CN=alice,O=Example");
            return List.of();
        }
    }

    private List<Bytes> curveKeys(Element user) {
        List<Bytes> keys = new ArrayList<>();
        for (Element element : user.all("curve-key")) {
            for (Bytes key : parse(element, "the CURVE key", PublicKeys::curve)) {
                unique(element, "", "CURVE key", PublicKeys.z85(key));
                keys.add(key);
            }
        }
        return List.copyOf(keys);
    }

    /// The same SSH key may be of two users: SSH says for which of them it is used.
    private List<PublicKeys.Ssh> sshKeys(Element user) {
        List<PublicKeys.Ssh> keys = new ArrayList<>();
        for (Element element : user.all("ssh-key")) {
            keys.addAll(parse(element, "the SSH key", PublicKeys::ssh));
        }
        return List.copyOf(keys);
    }

    private <T> List<T> parse(Element element, String what, Function<String, T> parser) {
        try {
            return List.of(parser.apply(element.text.toString().strip()));
        } catch (IllegalArgumentException malformed) {
            findings.add(element.start, what + " " + malformed.getMessage());
            return List.of();
        }
    }

    private @Nullable List<Grant> anonymous(List<Element> elements) {
        if (elements.isEmpty()) {
            return null;
        }
        elements.stream()
                .skip(1)
                .forEach(second -> findings.add(second.start, "<anonymous> stands there twice; delete one"));
        Element element = elements.getFirst();
        for (Element grant : element.all("grant")) {
            boolean admin = Arrays.stream(SPACES.split(grant.get("action").strip(), -1))
                    .anyMatch(word -> word.equals(Action.ALL) || word.equals(Action.ADMIN.word()));
            if (admin) {
                at(grant, "action", () -> "admin, which is also in all, is not for anonymous; name the other actions");
            }
        }
        return grants(element, "grant");
    }

    private List<Grant> grants(Element parent, String child) {
        List<Grant> grants = new ArrayList<>();
        for (Element element : parent.all(child)) {
            Pattern pattern = pattern(element);
            for (Action action : actions(element)) {
                grants.add(new Grant(action, pattern));
            }
        }
        return List.copyOf(grants);
    }

    private Pattern pattern(Element element) {
        String pattern = element.find("pattern");
        if (pattern != null) {
            try {
                return Pattern.of(pattern);
            } catch (ProblemException invalid) {
                at(element, "pattern", () -> invalid.detail());
            }
        }
        return Pattern.ALL;
    }

    private Set<Action> actions(Element element) {
        String text = element.find("action");
        Set<Action> actions = new LinkedHashSet<>();
        if (text == null) {
            return actions;
        }
        for (String word : SPACES.split(text.strip(), -1)) {
            Action action = Action.ofWord(word);
            if (word.equals(Action.ALL)) {
                actions.addAll(List.of(Action.values()));
            } else if (action != null) {
                actions.add(action);
            } else {
                at(
                        element,
                        "action",
                        () -> "there is no action \"" + Text.excerpt(word) + "\"" + didYouMean(word, Action.words())
                                + "; several stand between spaces, and all is every one");
            }
        }
        return actions;
    }

    /// What is wrong with the name of a user, empty for nothing.
    static String wrongName(String name) {
        if (!NAME.test(name)) {
            return "\"" + Text.excerpt(name) + "\" is not a name of 1 to 64 of A-Z a-z 0-9 . _ @ -";
        }
        return RESERVED.contains(name) ? "\"" + name + "\" is the broker's own; choose another" : "";
    }

    private String name(Element element, String kind) {
        String name = element.find("name");
        if (name == null) {
            return "";
        }
        if (!NAME.test(name)) {
            at(element, "name", () -> wrongName(name));
        } else {
            unique(element, "name", kind, name);
        }
        return name;
    }

    private void unique(Element element, String attribute, String kind, String value) {
        Integer first = seen.putIfAbsent(kind + " " + value, element.start);
        if (first != null) {
            at(
                    element,
                    attribute,
                    () -> "this " + kind + " stands in line " + findings.lineOf(first)
                            + " already; each may stand there once");
        }
    }

    /// The nearest word, among so many only that nobody can make us compare for minutes.
    private static String didYouMean(String word, Iterable<String> candidates) {
        if (word.length() > LABEL_MAX) {
            return "";
        }
        List<String> some = new ArrayList<>();
        for (String candidate : candidates) {
            if (some.size() < NEAREST_AMONG && candidate.length() <= LABEL_MAX) {
                some.add(candidate);
            }
        }
        String nearest = Text.nearest(word, some);
        return nearest.isEmpty() ? "" : "; did you mean \"" + nearest + "\"?";
    }

    private void at(Element element, String attribute, Supplier<String> message) {
        if (!findings.isFull()) {
            int offset = attribute.isEmpty() ? element.start : element.offsetOf(attribute, findings.text());
            findings.add(offset, message.get());
        }
    }
}
