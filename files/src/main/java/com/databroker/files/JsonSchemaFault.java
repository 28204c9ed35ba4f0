package com.databroker.files;

/// Something in a schema that cannot be meant, and where.
final class JsonSchemaFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient JsonValue at;

    JsonSchemaFault(JsonValue at, String message) {
        super(message);
        this.at = at;
    }

    JsonValue at() {
        return at;
    }
}
