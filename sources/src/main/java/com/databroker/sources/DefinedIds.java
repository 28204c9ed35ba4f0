package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.streams.Collected;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What tells records of a [Definition] from one another.
///
/// ```
///   one field        its text, as it stands there; of a whole number its digits: 57 for " 57 " and 57.0
///   several          the texts with ':' between them; '\' stands before a ':' or '\' of their own
///   none             sha256-<half of the hash of the record, without white space between its values>
///   none, of events  <epoch>-<offset>, the event's position
/// ```
/// What is too long for an id is hashed.
final class DefinedIds {
    private static final int HASH_BYTES = 16;
    private static final Set<Definition.Type> DIGITS = EnumSet.of(Definition.Type.INT, Definition.Type.LONG);

    private final List<DefinedPath> paths = new ArrayList<>();
    private final List<Definition.Type> types = new ArrayList<>();
    private final List<String> names;
    private final boolean events;
    private final MessageDigest sha256;

    DefinedIds(Definition definition) {
        names = definition.id();
        events = definition.takesEvents();
        for (String name : names) {
            Definition.Of field =
                    java.util.Objects.requireNonNull(definition.fields().get(name));
            String from = field.from(name);
            types.add(field.type());
            paths.add(definition.format().isFlat() ? DefinedPath.ofName(from) : DefinedPath.of(from));
        }
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException inEveryJdk) {
            throw new IllegalStateException(inEveryJdk);
        }
    }

    /// @throws IllegalArgumentException where a field of the id is missing, in a sentence
    /// @throws com.databroker.core.ProblemException where it is no JSON object within the limits
    String of(Bytes json) {
        if (paths.isEmpty() && !events) {
            return hash(json.toArray());
        }
        Map<String, @Nullable Object> tree = Json.parseObject(json);
        if (paths.isEmpty()) {
            return tree.get("position") instanceof String position && !position.isEmpty()
                    ? limited(position)
                    : hash(json.toArray());
        }
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < paths.size(); i++) {
            String text = DefinedPath.text(paths.get(i).in(tree));
            if (text == null || text.isEmpty()) {
                throw new IllegalArgumentException("the field " + names.get(i) + " of its id is missing ("
                        + paths.get(i) + "), or is several values");
            }
            if (i > 0) {
                id.append(':');
            }
            text = DIGITS.contains(types.get(i)) ? digits(text) : text;
            id.append(paths.size() == 1 ? text : text.replace("\\", "\\\\").replace(":", "\\:"));
        }
        return limited(id.toString());
    }

    /// The same number is the same record, however it is written. What is none becomes poison in the parser, and
    /// is told there.
    private static String digits(String text) {
        try {
            return Long.toString(DefinedParser.whole(text));
        } catch (IllegalArgumentException | ArithmeticException noNumber) {
            return text;
        }
    }

    private String limited(String id) {
        byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
        return bytes.length > Collected.ID_BYTES_MAX ? hash(bytes) : id;
    }

    private String hash(byte[] bytes) {
        return "sha256-" + HexFormat.of().formatHex(sha256.digest(bytes), 0, HASH_BYTES);
    }
}
