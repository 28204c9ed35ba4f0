import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// The peer: JeroMQ's XSUB/XPUB proxy. Arguments: publishers' port, subscribers' port.
public final class JeromqProxy {
    /// More than the load generator's window, so that nothing is dropped.
    private static final int HIGH_WATER_MARK = 8192;

    private JeromqProxy() {}

    public static void main(String[] arguments) {
        try (ZContext context = new ZContext()) {
            ZMQ.Socket in = door(context, SocketType.XSUB, arguments[0]);
            ZMQ.Socket out = door(context, SocketType.XPUB, arguments[1]);
            ZMQ.proxy(in, out, null);
        }
    }

    private static ZMQ.Socket door(ZContext context, SocketType type, String port) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setHWM(HIGH_WATER_MARK);
        if (!socket.bind("tcp://127.0.0.1:" + port)) {
            throw new IllegalStateException("cannot bind port " + port);
        }
        return socket;
    }
}
