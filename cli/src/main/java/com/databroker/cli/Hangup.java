package com.databroker.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/// SIGHUP, which asks a broker to read its configuration again.
///
/// The one class of the JDK that hears signals belongs to no API, so that a compiler warns of its name: it is looked up
/// here. Where it is not there, or the system has no such signal, the signal does what it does otherwise.
final class Hangup {
    private Hangup() {}

    /// @return whether `task` is run at each signal from now on, on a thread of its own
    static boolean hear(Runnable task) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object hears = Proxy.newProxyInstance(
                    Hangup.class.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            task.run();
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), hears);
            return true;
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | InstantiationException
                | IllegalAccessException
                | InvocationTargetException notHere) {
            return false;
        }
    }
}
