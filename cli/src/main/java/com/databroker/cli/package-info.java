/// The command: `serve` runs a broker in this process, every other verb talks to one that runs.
///
/// Data goes to standard output, messages go to standard error, and the exit code says what kind of end it
/// was ([Exit]). A verb is a class of its own, made only when it is asked for: describing all of them to the
/// argument parser costs more time than most of them take to run.
@NullMarked
package com.databroker.cli;

import org.jspecify.annotations.NullMarked;
