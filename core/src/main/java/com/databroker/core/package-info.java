/// The words both ends agree on: topics, patterns, events and positions, file changes, problems,
/// and their forms on the wire. No I/O, no threads, no state.
package com.databroker.core;
