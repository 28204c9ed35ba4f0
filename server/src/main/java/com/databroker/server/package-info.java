/// The composition root and the doors: what a broker consists of, in which order it opens, and the
/// protocols at which data enters and leaves.
///
/// The configuration is a tree of records ([Config]). Everything about it follows from the records:
/// the reader with its messages, environment variables and flags, the reference page, the default
/// file and the schema.
@NullMarked
package com.databroker.server;

import org.jspecify.annotations.NullMarked;
