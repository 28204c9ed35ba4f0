package com.databroker.streams;

/// Says why a collected record cannot become one of its schema.
public final class PoisonException extends Exception {
    private static final long serialVersionUID = 1;

    /// @param reason one sentence for whoever corrects it
    public PoisonException(String reason) {
        super(reason);
    }

    public PoisonException(String reason, Throwable cause) {
        super(reason, cause);
    }

    public String reason() {
        String message = getMessage();
        return message == null ? "unknown" : message;
    }
}
