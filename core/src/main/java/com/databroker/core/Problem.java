package com.databroker.core;

import org.jspecify.annotations.Nullable;

/// The catalogue of everything that can go wrong, one number each. `docs/reference/problems.md` is
/// generated from it.
///
/// 1xxx the request, 2xxx access, 3xxx events, 4xxx files, 5xxx the broker itself, 6xxx streams, 7xxx
/// objects,
/// 9xxx start and configuration.
/// A WebSocket close code of 4000 to 4499 tells the client to stay away, 4500 to 4999 to come back later.
public enum Problem {
    BAD_REQUEST(1001, "malformed request", 400, 4400, false, "Correct the request as the detail says."),
    TOPIC_INVALID(1002, "invalid topic", 400, 4400, false, "Use segments between slashes, as builds/core/done."),
    PATTERN_INVALID(1003, "invalid pattern", 400, 4400, false, "Use * for one segment and ** for any number."),
    PAYLOAD_TOO_LARGE(1004, "payload too large", 413, 4413, false, "Send less, or raise the limit that is named."),
    HEADERS_TOO_LARGE(1005, "headers too large", 431, 4400, false, "Send fewer or shorter headers."),
    PATH_INVALID(1006, "invalid path", 400, 4400, false, "Use a plain relative path without '..' or odd characters."),
    POSITION_INVALID(1007, "invalid position", 400, 4400, false, "Use a position that this broker gave."),
    NOT_FOUND(1008, "not found", 404, 4404, false, "Check the name; GET / lists the addresses that there are."),
    METHOD_NOT_ALLOWED(1009, "method not allowed", 405, 4405, false, "Use a method of the Allow header."),
    MEDIA_TYPE_UNSUPPORTED(1010, "media type not supported", 415, 4415, false, "Use a media type that is named."),
    MESSAGE_INVALID(1011, "malformed message", 400, 4400, false, "Correct the message as the protocol page says."),
    BODY_INCOMPLETE(1012, "body does not match what was announced", 400, 4400, true, "Send the whole body again."),
    REQUEST_TIMEOUT(1013, "too slow", 408, 4508, true, "Send faster, or raise the limit that is named."),
    TARGET_TOO_LONG(1014, "address too long", 414, 4400, false, "Ask for less at a time, or send it in a body."),

    NOT_AUTHENTICATED(2001, "not authenticated", 401, 4401, false, "Send a valid token or certificate of a user."),
    FORBIDDEN(2002, "not permitted", 403, 4403, false, "Ask an administrator for a grant that covers this."),
    TOPIC_RESERVED(
            2003,
            "topic belongs to the broker",
            403,
            4403,
            false,
            "Publish outside files/, objects/, streams/ and broker/."),
    TOO_MANY_FAILURES(
            2004,
            "too many failed attempts",
            429,
            4529,
            true,
            "Wait for the time that is named, then use a valid token."),
    ACCESS_REVOKED(2005, "access revoked", 401, 4401, false, "Ask an administrator for a new token."),
    USERS_FILE_INVALID(
            2006,
            "invalid users file",
            422,
            4422,
            false,
            "Correct the lines that are named; the old file stays in force."),

    SIGNATURE_INVALID(
            2007,
            "signature not valid",
            403,
            4403,
            false,
            "Sign the bytes of the body with a secret of this hook, as X-Hub-Signature-256 has it."),
    CONNECTION_ENDED(
            2008,
            "ended by an administrator",
            503,
            4503,
            true,
            "Connect again, or ask the administrator who is named."),

    TOO_MANY_SUBSCRIPTIONS(3001, "too many subscriptions", 429, 4429, false, "Subscribe to a wider pattern instead."),
    TOO_MANY_CONNECTIONS(
            3002, "too many connections", 503, 4503, true, "Close some, wait, or raise the limit that is named."),
    POSITION_GONE(
            3003,
            "position no longer held",
            410,
            4410,
            false,
            "Subscribe without a position and reload what you need."),

    FILE_NOT_FOUND(4001, "no such file", 404, 4404, false, "Check the path; GET on the folder lists it."),
    PRECONDITION_FAILED(4002, "precondition failed", 412, 4412, false, "Read it again and repeat with its new ETag."),
    VALIDATION_FAILED(
            4003, "file refused by its validator", 422, 4422, false, "Correct what is named and send it again."),
    STORAGE_FULL(4004, "no space left", 507, 4507, true, "Make room on the broker's disk, then try again."),
    PATH_CONFLICT(4005, "path is taken", 409, 4409, false, "A file stands where a folder should be, or the reverse."),
    RANGE_UNSATISFIABLE(4006, "range outside the file", 416, 4416, false, "Ask for bytes that the file has."),
    STORAGE_FAILED(
            4007, "disk refused the write", 500, 4500, true, "See the broker's log; nothing of the file was changed."),
    QUOTA_EXCEEDED(
            4008,
            "quota exceeded",
            507,
            4507,
            true,
            "Delete files of that rule, finish or give up uploads, or raise the limit."),
    DIGEST_MISMATCH(4009, "digest does not match", 400, 4400, true, "The bytes were changed on the way; send again."),
    UPLOAD_NOT_FOUND(4010, "no such upload", 404, 4404, false, "Begin a new upload; this one ended or expired."),
    UPLOAD_OFFSET(4011, "wrong upload offset", 409, 4409, true, "Ask for the offset with HEAD and go on from there."),

    INTERNAL(5001, "internal error", 500, 4500, true, "See the broker's log under the time of this answer."),
    SHUTTING_DOWN(5002, "shutting down", 503, 4503, true, "Connect again in a moment."),
    UNAVAILABLE(5003, "not available", 503, 4503, true, "Try again in a moment; see /health/ready."),

    RECORD_UNREADABLE(
            6001,
            "cannot become a record",
            422,
            4422,
            false,
            "Correct the bytes as the detail says, and send them in the place of those that were set aside."),

    OBJECT_NOT_FOUND(7001, "no such object", 404, 4404, false, "It was deleted or never there; find it again."),
    OBJECT_CONFLICT(
            7002,
            "somebody else changed the same",
            409,
            4409,
            false,
            "Read what is there now, merge, and commit again under a new id."),
    CAPABILITY_INVALID(
            7003,
            "key without its proof",
            403,
            4403,
            false,
            "Use references as this broker gave them to you: find the object again."),
    TYPE_UNKNOWN(
            7004,
            "no such type of objects",
            404,
            4404,
            false,
            "The description of the types lists those that you may see."),
    FIELD_UNKNOWN(7005, "no such field", 422, 4422, false, "The description of the type lists its fields."),
    VALUE_INVALID(7006, "value does not fit", 422, 4422, false, "Send a value of the kind that is named."),
    VALUE_TOO_LARGE(7007, "value or message too large", 413, 4413, false, "Send less at a time, or keep it in a file."),
    METHOD_UNKNOWN(7008, "no such method", 404, 4404, false, "The description of the type lists what may be called."),
    METHOD_FAILED(7009, "method failed", 500, 4500, false, "See the broker's log under the time of this answer."),
    READ_ONLY(7010, "cannot be changed here", 403, 4403, false, "Change it in its database, or in the configuration."),
    CONSTRAINT_BROKEN(
            7011,
            "database refused the change",
            422,
            4422,
            false,
            "Correct what the constraint that is named asks for; nothing was changed."),
    STORE_UNAVAILABLE(7012, "store not available", 503, 4503, true, "Try again in a moment; see the store's status."),
    QUERY_INVALID(7013, "cannot be found that way", 400, 4400, false, "Use fields and limits that are named."),
    OBJECT_KEY_INVALID(7014, "malformed key of an object", 400, 4400, false, "Write <type>/<key>, as Person/42."),
    COMMIT_REUSED(
            7015,
            "id of another commit",
            409,
            4409,
            false,
            "Take a new id for each commit, and the same one only to send the same again."),

    CONFIGURATION_INVALID(9001, "invalid configuration", 422, 4422, false, "Correct every line that is named."),
    PORT_IN_USE(
            9002,
            "address in use",
            500,
            4500,
            false,
            "Stop the other program, or choose another port (0 finds a free one)."),
    DATA_IN_USE(
            9003,
            "data folder in use",
            500,
            4500,
            false,
            "Stop the other broker, or choose another folder with --data."),
    DATA_NOT_WRITABLE(
            9004,
            "data folder not writable",
            500,
            4500,
            false,
            "Give the folder to the broker's user, or choose another with --data."),
    DATA_VERSION(
            9005,
            "data folder of another version",
            500,
            4500,
            false,
            "Use a version of databroker that knows this format, or restore the backup from before; see"
                    + " docs/guide/upgrade.md."),
    DATA_INCOMPLETE(
            9010,
            "half-restored data folder",
            500,
            4500,
            false,
            "Run restore again with the same folder; what is in it is replaced."),
    DATA_NOT_EMPTY(
            9011,
            "data folder not empty",
            500,
            4500,
            false,
            "Name another folder with --data, or move what is there away."),
    BACKUP_DAMAGED(
            9012,
            "damaged or no backup",
            500,
            4500,
            false,
            "Take another copy of it, or an earlier backup; backup --verify tells."),
    BACKUP_VERSION(
            9013,
            "backup of a newer version",
            500,
            4500,
            false,
            "Restore it with the version of databroker that is named, or a later one."),
    BACKUP_UNSAFE(
            9014,
            "backup that leads elsewhere",
            500,
            4500,
            false,
            "No backup of databroker has that; do not trust whoever gave you this file.");

    private final int number;
    private final String title;
    private final int status;
    private final int closeCode;
    private final boolean retry;
    private final String remedy;

    Problem(int number, String title, int status, int closeCode, boolean retry, String remedy) {
        this.number = number;
        this.title = title;
        this.status = status;
        this.closeCode = closeCode;
        this.retry = retry;
        this.remedy = remedy;
    }

    public int number() {
        return number;
    }

    /// The short name shown to people.
    public String title() {
        return title;
    }

    /// The HTTP status.
    public int status() {
        return status;
    }

    /// The WebSocket close code; 4500 and above ask the client to reconnect.
    public int closeCode() {
        return closeCode;
    }

    /// Whether the same request may succeed later.
    public boolean retry() {
        return retry;
    }

    public String remedy() {
        return remedy;
    }

    /// The `type` of the problem document, relative to the broker.
    public String type() {
        return "/problems/" + number;
    }

    /// The problem of a number, null where there is none.
    public static @Nullable Problem ofNumber(long number) {
        for (Problem problem : values()) {
            if (problem.number == number) {
                return problem;
            }
        }
        return null;
    }
}
