package com.databroker.client;

import java.lang.reflect.InvocationTargetException;
import java.net.http.HttpClient;

/// The end of a Java HTTP client, where there is one.
///
/// Its thread waits in the kernel, and a virtual machine that ends waits 0.3 s for such threads. Up to Java 20 that
/// cannot be helped: the client ends when nobody knows it any more.
final class HttpEnd {
    private HttpEnd() {}

    /// What is under way comes to its end; there is nothing more after it.
    static void shutdown(HttpClient client) {
        try {
            HttpClient.class.getMethod("shutdown").invoke(client);
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException older) {
            // Java 17 to 20.
        }
    }
}
