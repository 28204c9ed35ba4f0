/// The words both ends of a conversation with databroker agree on.
@org.jspecify.annotations.NullMarked
module com.databroker.core {
    requires static transitive org.jspecify;
    requires tools.jackson.core;
    requires tools.jackson.dataformat.cbor;

    exports com.databroker.core;
}
