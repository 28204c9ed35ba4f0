/// The words both ends of a conversation with databroker agree on.
@org.jspecify.annotations.NullMarked
@SuppressWarnings("requires-automatic") // It has its name in its manifest.
module com.databroker.core {
    requires static transitive org.jspecify;
    requires static com.rabbitmq.client;
    requires tools.jackson.core;
    requires tools.jackson.dataformat.cbor;

    exports com.databroker.core;
}
