package com.databroker.events;

import com.databroker.access.Credentials;
import com.databroker.access.Session;
import com.databroker.core.Bytes;
import com.databroker.core.ProblemException;
import java.util.concurrent.ScheduledExecutorService;

/// One end of a dialogue that a DEALER or REQ peer has beside publishing. Who opens the listener brings it:
/// what is said is not this room's business.
///
/// ```
/// [empty]? [$name] [message]      in both directions; no topic begins with $
/// ```
/// Everything here is called from the connection's event loop.
public interface ZmtpDialogue {
    /// @param name with the `$`, one that [Service#speaks] knows
    void received(String name, Bytes message);

    /// Frames go out again as fast as they are written.
    void writable();

    /// The broker ends the connection; what is written now may still arrive.
    void refused(ProblemException why);

    /// The connection is gone. Comes once.
    void ended();

    /// What is talked about.
    interface Service {
        boolean speaks(String name);

        /// Bytes of a message, at most.
        int messageMax();

        /// The first message of a connection is about to come.
        ZmtpDialogue begin(Peer peer);
    }

    /// The other end.
    interface Peer {
        ScheduledExecutorService loop();

        /// What the handshake has shown.
        Credentials credentials();

        /// What the gate made of them.
        Session session();

        String address();

        /// Whether it is a REQ, which takes one answer for each request, and nothing else.
        boolean isLockstep();

        /// Sends a message behind those before.
        void write(String name, Bytes message);

        boolean isWritable();

        /// Reads no more from the peer until [#resume]. What was read already still comes.
        void pause();

        void resume();

        /// Ends the connection, and says why.
        void end(ProblemException why);
    }
}
