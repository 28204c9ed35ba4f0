/// The events plane: one log of recent events, cursors over it, and the ZeroMQ protocol.
///
/// An event is appended to the log once, in the bytes of ZeroMQ's protocol. A subscriber is a cursor over that log:
/// live while its connection keeps up, behind when it does not, in the past when it asked for a position. All three are
/// one mechanism, so a slow reader costs memory to nobody: when the window moves past its cursor it is told the gap.
@NullMarked
package com.databroker.events;

import org.jspecify.annotations.NullMarked;
