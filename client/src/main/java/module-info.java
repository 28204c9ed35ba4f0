/// The Java client of databroker.
@org.jspecify.annotations.NullMarked
module com.databroker.client {
    requires static transitive org.jspecify;
    requires transitive com.databroker.core;
    requires java.net.http;

    exports com.databroker.client;
}
