package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The value of If-Match or If-None-Match (RFC 9110, 8.8.3 and 13.1): any, or a list of entity tags.
///
/// ```text
/// "*"  |  [ tag ] *( "," [ tag ] )        tag: [ W/ ] " visible characters but no quote "
/// ```
///
/// What is neither is refused. As a condition that says nothing it would let a change happen that its sender wanted
/// to prevent.
final class EntityTags {
    static final String ANY = "*";

    private final String header;
    private final String value;
    private final boolean weakToo;
    private final List<String> tags = new ArrayList<>();
    private int at;

    private EntityTags(String header, String value, boolean weakToo) {
        this.header = header;
        this.value = value;
        this.weakToo = weakToo;
    }

    /// The tags without their quotes, or `*` alone; null where the header is not there.
    ///
    /// @param weakToo whether a weak tag counts as the strong one, or for none
    /// @throws ProblemException [Problem#BAD_REQUEST]
    static @Nullable List<String> of(HttpServerRequest request, String header, boolean weakToo) {
        List<String> lines = request.headers().getAll(header);
        return lines.isEmpty()
                ? null
                : new EntityTags(header, String.join(",", lines).strip(), weakToo).read();
    }

    private List<String> read() {
        if (value.equals(ANY)) {
            return List.of(ANY);
        }
        skipBlank();
        while (at < value.length()) {
            if (value.charAt(at) != ',') {
                readTag();
                skipBlank();
            }
            if (at < value.length() && value.charAt(at++) != ',') {
                throw malformed();
            }
            skipBlank();
        }
        return tags;
    }

    private void readTag() {
        boolean weak = value.startsWith("W/", at);
        int open = weak ? at + 2 : at;
        int close = open < value.length() && value.charAt(open) == '"' ? value.indexOf('"', open + 1) : -1;
        if (close < 0) {
            throw malformed();
        }
        String tag = value.substring(open + 1, close);
        if (tag.chars().anyMatch(c -> c <= ' ' || c == 0x7F)) {
            throw malformed();
        }
        // In quotes `*` is a tag like others, and no file has it.
        if ((weakToo || !weak) && !tag.equals(ANY)) {
            tags.add(tag);
        }
        at = close + 1;
    }

    private void skipBlank() {
        while (at < value.length() && (value.charAt(at) == ' ' || value.charAt(at) == '\t')) {
            at++;
        }
    }

    private ProblemException malformed() {
        return new ProblemException(
                Problem.BAD_REQUEST,
                header + ": " + Text.excerpt(value) + " is neither * nor a list of entity tags in double quotes");
    }
}
