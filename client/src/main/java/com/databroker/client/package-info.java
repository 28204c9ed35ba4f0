/// The Java client: publish, subscribe, put and get, over one WebSocket connection and plain HTTP.
///
/// [DatabrokerClient] is the way in. Everything has a deadline or a bound; what the broker refuses, and what
/// cannot be reached, is a [com.databroker.core.ProblemException].
package com.databroker.client;
