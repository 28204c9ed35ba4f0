package com.databroker.access;

import com.databroker.core.Bytes;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Edits of the users file that leave every other character in it as it is, comments and layout included.
///
/// Each takes the file and returns a new one, which is valid. Each throws [ProblemException] USERS_FILE_INVALID where
/// the file was not valid or would not be any more: a name or label that is taken, a role that is missing, the last
/// administrator gone.
public final class UsersEditor {
    private static final String STEP = "  ";
    private static final String FIRST = """
            <?xml version="1.0" encoding="UTF-8"?>
            <broker-users xmlns="urn:databroker:users:1">
              <!-- Who may use this broker, and for what. The broker reads this file again as soon as it changes; a file
                   with a mistake is refused with line numbers, and the one before stays in force.

                   Actions: publish subscribe (topics), read write delete (files), search (streams),
                   objects-read objects-write objects-call (stores and types), admin (areas of the broker), all.
                   Patterns: * is one segment, ** is any number of them: builds/*/done, builds/**

                   Roles are grants with a name, for users who are to have the same:
                   <role name="builder"><grant action="publish write" pattern="builds/**"/></role>
                   <user name="jenkins"><member role="builder"/></user>

                   "databroker token" makes tokens. What is stored is a hash: nobody can read a token from here. -->

              <user name="@NAME@">
                @TOKEN@
                <grant action="all" pattern="**"/>
              </user>

              <!-- What someone without any credentials may do; as long as this is a comment, nothing at all.
              <anonymous>
                <grant action="subscribe read" pattern="public/**"/>
              </anonymous> -->
            </broker-users>
            """;

    private UsersEditor() {}

    /// The first file: an administrator with every grant and one token, and comments that explain the rest.
    public static Bytes initial(String adminName, NewToken token) {
        return valid(FIRST.replace("@NAME@", escape(adminName)).replace("@TOKEN@", xml(token, STEP + STEP, "\n")));
    }

    /// Appends a user without credentials.
    public static Bytes addUser(Bytes file, String name, List<Grant> grants, List<String> roles) {
        UsersFile users = UsersFile.parse(file);
        String text = UsersXml.text(file);
        String newline = newline(text);
        String inner = newline + STEP + STEP;
        StringBuilder xml = new StringBuilder("<user name=\"" + escape(name) + "\">");
        roles.forEach(role ->
                xml.append(inner).append("<member role=\"").append(escape(role)).append("\"/>"));
        grantsXml("grant", grants).forEach(grant -> xml.append(inner).append(grant));
        xml.append(newline).append(STEP).append("</user>");
        return valid(append(text, users.root(), xml.toString()));
    }

    /// Says before a file is edited what is wrong with the name of a user: whoever sent it wrote no lines of a file.
    ///
    /// @throws ProblemException BAD_REQUEST
    public static void checkName(String name) {
        String wrong = UsersChecks.wrongName(name);
        if (!wrong.isEmpty()) {
            throw new ProblemException(Problem.BAD_REQUEST, wrong);
        }
    }

    /// Removes a user with everything in it.
    ///
    /// @throws ProblemException also NOT_FOUND
    public static Bytes removeUser(Bytes file, String name) {
        return valid(cut(UsersXml.text(file), user(UsersFile.parse(file), name).element()));
    }

    /// Adds a token to a user.
    ///
    /// @throws ProblemException also NOT_FOUND
    public static Bytes addToken(Bytes file, String user, NewToken token) {
        Element element = user(UsersFile.parse(file), user).element();
        String text = UsersXml.text(file);
        return valid(append(text, element, xml(token, indent(text, element.start) + STEP, newline(text))));
    }

    /// Removes the token of that label or id from a user.
    ///
    /// @throws ProblemException also NOT_FOUND
    public static Bytes revokeToken(Bytes file, String user, String labelOrId) {
        List<Element> tokens = user(UsersFile.parse(file), user).element().all("token");
        // An id wins over a label that happens to look like one: it names one token in the whole file.
        Element token = tokens.stream()
                .filter(candidate -> candidate.get("id").equals(labelOrId))
                .findFirst()
                .or(() -> tokens.stream()
                        .filter(candidate -> candidate.get("label").equals(labelOrId))
                        .findFirst())
                .orElseThrow(() -> notFound(
                        "token",
                        labelOrId,
                        tokens.stream().map(candidate -> candidate.get("label")).toList()));
        return valid(cut(UsersXml.text(file), token));
    }

    private static UsersFile.User user(UsersFile users, String name) {
        return users.user(name)
                .orElseThrow(
                        () -> notFound("user", name, List.copyOf(users.users().keySet())));
    }

    private static ProblemException notFound(String what, String name, List<String> candidates) {
        String nearest =
                name.length() > 64 ? "" : Text.nearest(name, candidates.subList(0, Math.min(candidates.size(), 1000)));
        return new ProblemException(
                Problem.NOT_FOUND,
                "there is no " + what + " \"" + Text.excerpt(name) + "\""
                        + (nearest.isEmpty() ? "" : "; did you mean \"" + nearest + "\"?"));
    }

    private static Bytes valid(String text) {
        Bytes file = Bytes.utf8(text);
        UsersFile.parse(file);
        return file;
    }

    /// Puts `child` behind everything in `parent`, on a line of its own.
    private static String append(String text, Element parent, String child) {
        String newline = newline(text);
        String outer = indent(text, parent.start);
        String line = outer + STEP + child + newline + outer;
        if (parent.isSelfClosed()) {
            String tag = text.substring(0, parent.tagEnd - "/>".length()).stripTrailing();
            return tag + ">" + newline + line + "</" + qualified(text, parent) + ">" + text.substring(parent.tagEnd);
        }
        int last = parent.closeStart;
        while (last > parent.tagEnd && (text.charAt(last - 1) == ' ' || text.charAt(last - 1) == '\t')) {
            last--;
        }
        boolean onItsOwnLine = last > parent.tagEnd && isNewline(text.charAt(last - 1));
        return text.substring(0, onItsOwnLine ? last : parent.closeStart)
                + (onItsOwnLine ? "" : newline)
                + line
                + text.substring(parent.closeStart);
    }

    /// The name with its prefix, as the start tag has it.
    private static String qualified(String text, Element element) {
        int end = element.start + 1;
        while (!Character.isWhitespace(text.charAt(end)) && text.charAt(end) != '/' && text.charAt(end) != '>') {
            end++;
        }
        return text.substring(element.start + 1, end);
    }

    /// Takes an element out, and its line where nothing else stands there.
    private static String cut(String text, Element element) {
        int from = element.start - indent(text, element.start).length();
        boolean first = from == 0 || isNewline(text.charAt(from - 1));
        boolean last = element.end == text.length() || isNewline(text.charAt(element.end));
        if (!first || !last) {
            return text.substring(0, element.start) + text.substring(element.end);
        }
        int to = element.end + (text.startsWith("\r\n", element.end) ? 2 : Math.min(1, text.length() - element.end));
        return text.substring(0, from) + text.substring(to);
    }

    private static boolean isNewline(char c) {
        return c == '\n' || c == '\r';
    }

    /// The blanks right in front of `offset`.
    private static String indent(String text, int offset) {
        int from = offset;
        while (from > 0 && (text.charAt(from - 1) == ' ' || text.charAt(from - 1) == '\t')) {
            from--;
        }
        return text.substring(from, offset);
    }

    private static String newline(String text) {
        return text.contains("\r\n") ? "\r\n" : "\n";
    }

    private static String xml(NewToken token, String indent, String newline) {
        String start = "<token id=\"" + escape(token.id()) + "\" label=\"" + escape(token.label()) + "\" sha256=\""
                + escape(token.sha256()) + "\""
                + (token.expires() == null ? "" : " expires=\"" + token.expires() + "\"");
        if (token.scope().isEmpty()) {
            return start + "/>";
        }
        return grantsXml("scope", token.scope()).stream()
                .collect(Collectors.joining(
                        newline + indent + STEP, start + ">" + newline + indent + STEP, newline + indent + "</token>"));
    }

    /// One element for each pattern, its actions together.
    private static List<String> grantsXml(String element, List<Grant> grants) {
        Map<Pattern, Set<Action>> byPattern = new LinkedHashMap<>();
        grants.forEach(grant -> byPattern
                .computeIfAbsent(grant.pattern(), _ -> new LinkedHashSet<>())
                .add(grant.action()));
        return byPattern.entrySet().stream()
                .map(entry -> "<" + element + " action=\"" + actions(entry.getValue()) + "\" pattern=\""
                        + escape(entry.getKey().text()) + "\"/>")
                .toList();
    }

    private static String actions(Set<Action> actions) {
        return actions.size() == Action.values().length
                ? Action.ALL
                : actions.stream().map(Action::word).collect(Collectors.joining(" "));
    }

    private static String escape(String value) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("\"", "&quot;")
                .replace("\t", "&#9;")
                .replace("\n", "&#10;")
                .replace("\r", "&#13;");
    }
}
