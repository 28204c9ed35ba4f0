package com.databroker.cli;

import java.io.IOException;

/// One thing that the command can do. The argument parser fills its fields, then it runs once.
interface Verb {
    /// @return the exit code
    int run(Surroundings around) throws IOException, InterruptedException;
}
