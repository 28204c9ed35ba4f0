package com.databroker.client;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ProblemException;
import java.util.concurrent.CompletableFuture;

/// One connection of the protocol *dbo/1*, from its attempt to its end: frames out, frames in.
interface ObjectLink {
    /// Sends a frame behind those that were sent before, at the latest with the next [#flush]. What cannot be
    /// sent ends the link.
    void send(ObjectMessage.Request request);

    /// Called after [#send], without a lock, so that writing to a socket keeps nobody waiting.
    default void flush() {}

    /// Called by who is about to wait for an answer: may read what comes until it is there, in place of the link's own
    /// thread, so that no thread has to be woken for it.
    ///
    /// @param alone whether nobody else waits for one
    default void help(CompletableFuture<?> answer, boolean alone) {}

    /// Ends the link without a word to its owner.
    void close();

    /// Makes an attempt; tells the owner what becomes of it, not before this method has returned.
    interface Opener {
        ObjectLink open(Owner owner);
    }

    /// Whom a link tells. One call at a time.
    interface Owner {
        void opened(ObjectLink link);

        /// @param frame an [ObjectMessage.Reply] or [ObjectMessage.Push]
        void received(ObjectLink link, ObjectMessage frame);

        /// The last call.
        ///
        /// @param last whether another attempt would end the same way
        void lost(ObjectLink link, ProblemException why, boolean last);
    }
}
