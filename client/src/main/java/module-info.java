/// The Java client of databroker.
@org.jspecify.annotations.NullMarked
@SuppressWarnings("requires-automatic") // It has its name in its manifest.
module com.databroker.client {
    requires static transitive org.jspecify;
    requires transitive com.databroker.core;
    requires java.net.http;
    requires static com.rabbitmq.client;

    exports com.databroker.client;
}
