package com.databroker.streams;

import java.io.IOException;

/// Is pushed to from outside, by who does not ask whether it suits: name servers, programs that capture.
///
/// What it takes it gives to its [Reception], and then somebody else sees to it. It runs on a thread of its own as long
/// as the broker does, before the engines are up, too.
public interface Receiver {
    /// Among all collectors only one has it; the operator chose it.
    String name();

    /// The stream for which it receives.
    String stream();

    /// Bytes on the disk for what is not in the raw topic yet.
    long spoolMax();

    /// Receives, until [#close]. When it returns earlier or fails, it is called again, later each time.
    ///
    /// @throws IOException with a sentence for the status
    void receive(Reception to) throws IOException, InterruptedException;

    /// Ends [#receive], from another thread.
    void close();
}
