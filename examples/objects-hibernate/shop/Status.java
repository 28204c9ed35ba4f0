package shop;

/// How far an order is; a text on the wire.
public enum Status {
    OPEN,
    PAID,
    SENT
}
