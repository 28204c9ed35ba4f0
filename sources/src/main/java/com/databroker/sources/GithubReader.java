package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.Intake;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// Reads what GitHub says of events: answers of its API, hours of GH Archive, bodies of webhooks.
///
/// ```
///   event    {"_source":"api", <the event as it came, addresses of e-mail masked>
///   webhook  {"_source":"webhook","id":"<delivery>","type":"PushEvent","payload":<the body, masked>}
/// ```
///
/// Not shared between threads.
final class GithubReader implements BodyReader {
    private static final long UNPACKED_MAX = 32L << 30;
    private static final int PART_MAX = Collected.JSON_BYTES_MAX - 1024;
    private static final int REJECTS_MAX = 1000;
    private static final int FORM_MAX = 3 * Collected.JSON_BYTES_MAX;
    private static final int FORM_FIELDS_MAX = 16;
    private static final String FORM_FIELD = "payload=";

    private static final byte[] FROM_API = utf8("{\"_source\":\"api\",");
    private static final byte[] FROM_ARCHIVE = utf8("{\"_source\":\"gharchive\",");
    private static final int[] NO_EMAILS = {};
    private static final byte[] NOTHING = {};
    private static final Pattern ARCHIVE = Pattern.compile("(.*/)?\\d{4}-\\d\\d-\\d\\d-\\d{1,2}\\.json(\\.gz)?");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.:-]{1,100}");
    private static final Pattern TIME = Pattern.compile("[0-9TZ:/ .+-]{1,40}");

    private final long unpackedMax;
    private final int partMax;
    private final GithubShape shape = new GithubShape();
    private final GithubEmails emails = new GithubEmails();
    private final MessageDigest sha256 = sha256();

    GithubReader() {
        this(UNPACKED_MAX, PART_MAX);
    }

    /// With other limits than in production.
    GithubReader(long unpackedMax, int partMax) {
        this.unpackedMax = unpackedMax;
        this.partMax = partMax;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException inEveryJdk) {
            throw new IllegalStateException(inEveryJdk);
        }
    }

    /// What a body is about, and how far it is.
    private static final class Reading {
        private final Map<String, String> headers;
        private final Intake into;
        private boolean archive;
        private int records;
        private long rejects;

        Reading(Body body, Intake into) {
            this.headers = body.headers();
            this.into = into;
        }

        void reject(String position, String reason, Bytes excerpt) {
            rejects++;
            if (rejects <= REJECTS_MAX) {
                into.reject(position, reason, excerpt);
            }
        }

        void end() {
            if (rejects > REJECTS_MAX) {
                into.reject("to the end", (rejects - REJECTS_MAX) + " more parts cannot be read", Bytes.EMPTY);
            }
        }
    }

    @Override
    public void read(Body body, Intake into) throws IOException {
        Reading reading = new Reading(body, into);
        GithubBytes bytes = new GithubBytes(form(body), unpackedMax);
        GithubParts parts = new GithubParts(bytes, partMax);
        boolean named = ARCHIVE.matcher(body.name()).matches();
        while (parts.next()) {
            reading.archive = named || (bytes.packed() && parts.isLine());
            String reason = parts.broken();
            if (reason == null) {
                reason = take(reading, parts.array(), parts.from(), parts.length());
            }
            if (reason != null) {
                byte[] excerpt = parts.excerpt();
                Bytes masked = emails.mask(NOTHING, excerpt, 0, excerpt.length, 0, NO_EMAILS, 0);
                reading.reject(parts.position(), reason, masked);
            }
        }
        reading.end();
    }

    /// Webhooks may come as a form with the JSON in one field; a file has no header that says so.
    private static InputStream form(Body body) throws IOException {
        String type = body.headers().getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
        PushbackInputStream start = new PushbackInputStream(body.bytes(), FORM_FIELD.length());
        byte[] head = start.readNBytes(FORM_FIELD.length());
        start.unread(head);
        boolean begins = new String(head, StandardCharsets.ISO_8859_1).equals(FORM_FIELD);
        if (!begins && !type.startsWith("application/x-www-form-urlencoded")) {
            return start;
        }
        byte[] form = start.readNBytes(FORM_MAX);
        try {
            for (String field : new String(form, StandardCharsets.UTF_8).split("&", FORM_FIELDS_MAX)) {
                if (field.startsWith(FORM_FIELD)) {
                    String json = URLDecoder.decode(field.substring(FORM_FIELD.length()), StandardCharsets.UTF_8);
                    return new ByteArrayInputStream(utf8(json));
                }
            }
            return new ByteArrayInputStream(form);
        } catch (IllegalArgumentException notEncoded) {
            return new ByteArrayInputStream(form);
        }
    }

    /// Takes an object; why it cannot be taken, or null.
    private @Nullable String take(Reading reading, byte[] bytes, int from, int length) {
        try {
            shape.read(bytes, from, length);
        } catch (JacksonException notJson) {
            return GithubShape.reason(notJson);
        }
        if (!GithubWords.ascii(bytes, from, from + length) && !GithubWords.utf8(bytes, from, length)) {
            return "it is not UTF-8";
        }
        String header = reading.headers.get("x-github-event");
        if (header != null) {
            return takeWebhook(reading, GithubKind.ofHeader(header), bytes, from, length);
        }
        if (shape.type() != null && (shape.has("payload") || shape.has("actor") || shape.createdAt() != null)) {
            return takeEvent(reading, bytes, from, length);
        }
        if (shape.has("sender") || shape.has("zen") || (shape.has("repository") && shape.has("action"))) {
            return takeWebhook(reading, GithubKind.ofMembers(shape), bytes, from, length);
        }
        String message = shape.message();
        return message == null
                ? "it is neither an event nor a webhook"
                : "it is an error: " + message.substring(0, Math.min(message.length(), 200));
    }

    private @Nullable String takeEvent(Reading reading, byte[] bytes, int from, int length) {
        String type = shape.type();
        String time = shape.createdAt() == null ? "" : shape.createdAt();
        if (type == null || !WORD.matcher(type).matches()) {
            return "its type is not a word";
        }
        boolean isOther = shape.createdAt() == null && shape.has("created_at");
        if (isOther || (!time.isEmpty() && !TIME.matcher(time).matches())) {
            return "its created_at is not a time";
        }
        String id = shape.id() == null ? hash(bytes, from, length) : shape.id();
        if (!WORD.matcher(id).matches()) {
            return "its id is not one";
        }
        byte[] before = reading.archive ? FROM_ARCHIVE : FROM_API;
        Bytes json = emails.mask(before, bytes, from, length, 1, shape.emails(), shape.emailCount());
        return give(reading, type + ':' + id + ':' + time, json);
    }

    private @Nullable String takeWebhook(Reading reading, String type, byte[] bytes, int from, int length) {
        String delivery = reading.headers.get("x-github-delivery");
        boolean named = delivery != null
                && reading.records == 0
                && WORD.matcher(delivery).matches();
        String id = named && delivery != null ? delivery : hash(bytes, from, length);
        byte[] before = utf8("{\"_source\":\"webhook\",\"id\":\"" + id + "\",\"type\":\"" + type + "\",\"payload\":");
        Bytes payload = emails.mask(before, bytes, from, length, 0, shape.emails(), shape.emailCount());
        return give(reading, id, closed(payload));
    }

    private static Bytes closed(Bytes open) {
        byte[] closed = new byte[open.length() + 1];
        open.asReadOnlyBuffer().get(closed, 0, open.length());
        closed[open.length()] = '}';
        return Bytes.wrap(closed);
    }

    private static @Nullable String give(Reading reading, String id, Bytes json) {
        if (json.length() > Collected.JSON_BYTES_MAX) {
            return "it is longer than " + Collected.JSON_BYTES_MAX + " bytes";
        }
        reading.records++;
        reading.into.record(new Collected(id, json));
        return null;
    }

    /// What stands for the id of what has none: half of the SHA-256 of its bytes, as they came.
    private String hash(byte[] bytes, int from, int length) {
        sha256.update(bytes, from, length);
        return "sha256-" + HexFormat.of().formatHex(sha256.digest(), 0, 16);
    }
}
