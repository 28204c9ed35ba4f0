package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.core.Utf8;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A request target, read strictly and once: what several systems could read differently is refused.
///
/// @param path decoded, without the leading slash; ends with a slash where a folder is meant
/// @param query decoded; a name may stand once
record RequestTarget(String path, Map<String, String> query) {
    private static final int QUERY_MAX = 32;
    private static final String OBJECTS = "objects/";
    private static final Pattern ESCAPE = Pattern.compile("%[0-9A-Fa-f]{2}");

    /// Names under which a token must not come: it would stay in logs and histories.
    private static final java.util.Set<String> SECRET_NAMES =
            java.util.Set.of("token", "access_token", "auth", "authorization");

    /// @throws ProblemException [Problem#BAD_REQUEST], [Problem#PATH_INVALID]
    static RequestTarget parse(String target) {
        if (!target.startsWith("/")) {
            throw new ProblemException(Problem.BAD_REQUEST, "the request target does not begin with '/'");
        }
        int mark = target.indexOf('?');
        String raw = mark < 0 ? target : target.substring(0, mark);
        String path = plain(decode(raw.substring(1), false), false);
        for (String segment : path.split("/", -1)) {
            if (segment.equals(".") || segment.equals("..")) {
                throw new ProblemException(Problem.PATH_INVALID, "the path has a segment \"" + segment + "\"");
            }
        }
        if (path.contains("//") || path.startsWith("/")) {
            throw new ProblemException(Problem.PATH_INVALID, "the path has an empty segment");
        }
        // The key of an object has escapes of its own, which lead to no file.
        if (path.indexOf('%') >= 0
                && !path.startsWith(OBJECTS)
                && ESCAPE.matcher(path).find()) {
            throw new ProblemException(Problem.PATH_INVALID, "the path is escaped twice");
        }
        String query = mark < 0 ? "" : target.substring(mark + 1);
        return new RequestTarget(path, query(query, path.startsWith(OBJECTS)));
    }

    /// @param values whether any text may be a value, as that of an object's field
    private static Map<String, String> query(String raw, boolean values) {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : raw.isEmpty() ? new String[0] : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = plain(decode(equals < 0 ? pair : pair.substring(0, equals), true), true);
            String value = equals < 0 ? "" : decode(pair.substring(equals + 1), true);
            if (!values) {
                plain(value, true);
            }
            if (SECRET_NAMES.contains(name)) {
                throw new ProblemException(
                        Problem.BAD_REQUEST, "a token does not belong into an address; send the header Authorization");
            }
            if (query.put(name, value) != null || query.size() > QUERY_MAX) {
                throw new ProblemException(
                        Problem.BAD_REQUEST,
                        "parameter \"" + Text.excerpt(name) + "\" stands twice, or too many stand");
            }
        }
        return query;
    }

    /// Percent-decoding to strict UTF-8; in a query '+' is a blank.
    private static String decode(String raw, boolean inQuery) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                boolean whole = i + 2 < raw.length();
                int high = whole ? Character.digit(raw.charAt(i + 1), 16) : -1;
                int low = whole ? Character.digit(raw.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw odd("a malformed percent escape");
                }
                out.write(high << 4 | low);
                i += 2;
            } else if (c <= ' ' || c >= 0x7F || c == '\\' || c == '"' || c == '<' || c == '>' || c == '^' || c == '`'
                    || c == '#') {
                throw odd("a character that must be escaped");
            } else if (c == ';' && !inQuery) {
                throw odd("a ';', which some systems cut paths at");
            } else {
                out.write(c == '+' && inQuery ? ' ' : c);
            }
        }
        byte[] bytes = out.toByteArray();
        String text = Utf8.decode(bytes, 0, bytes.length);
        if (text == null) {
            throw odd("an escape that is not UTF-8");
        }
        return text;
    }

    private static String plain(String text, boolean inQuery) {
        if (text.chars().anyMatch(c -> Character.isISOControl(c) || (c == '\\' && !inQuery))) {
            throw odd("an escaped control character or backslash");
        }
        return text;
    }

    private static ProblemException odd(String what) {
        return new ProblemException(Problem.BAD_REQUEST, "the request target has " + what);
    }

    /// The first segment.
    String head() {
        int slash = path.indexOf('/');
        return slash < 0 ? path : path.substring(0, slash);
    }

    /// What follows the first segment and its slash.
    String tail() {
        int slash = path.indexOf('/');
        return slash < 0 ? "" : path.substring(slash + 1);
    }

    @Nullable
    String parameter(String name) {
        return query.get(name);
    }

    /// The query with another value of one parameter, encoded.
    String queryWith(String name, String value) {
        Map<String, String> changed = new LinkedHashMap<>(query);
        changed.put(name, value);
        StringBuilder encoded = new StringBuilder();
        changed.forEach((key, text) -> encoded.append(encoded.isEmpty() ? "" : "&")
                .append(URLEncoder.encode(key, StandardCharsets.UTF_8))
                .append('=')
                .append(URLEncoder.encode(text, StandardCharsets.UTF_8)));
        return encoded.toString();
    }

    /// Refuses parameters that this address does not know.
    void allow(String... names) {
        for (String name : query.keySet()) {
            if (!java.util.List.of(names).contains(name)) {
                throw new ProblemException(
                        Problem.BAD_REQUEST, "parameter \"" + Text.excerpt(name) + "\" is not known here");
            }
        }
    }
}
