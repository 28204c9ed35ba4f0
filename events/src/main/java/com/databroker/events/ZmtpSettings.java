package com.databroker.events;

import com.databroker.access.ConnectionLimit;
import com.databroker.access.Gate;
import com.databroker.core.Topic;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What every connection of a ZeroMQ listener shares.
///
/// @param curve the broker's key pair
/// @param handshakeTimeout from connection to the end of the handshake
/// @param heartbeatInterval silence after which the peer is asked for a sign of life
/// @param heartbeatTimeout silence after that which ends the connection
/// @param proxies addresses from which alone connections come, each with a PROXY protocol header; null where they come
///     without one, from anywhere
/// @param dialogues what DEALER and REQ peers may talk about beside publishing; null for nothing
public record ZmtpSettings(
        EventPlane plane,
        Gate gate,
        ConnectionLimit limit,
        CurveKeys curve,
        SecureRandom random,
        Duration handshakeTimeout,
        Duration heartbeatInterval,
        Duration heartbeatTimeout,
        @Nullable Predicate<String> proxies,
        ZmtpDialogue.@Nullable Service dialogues) {
    /// Bytes of a frame of an event, at most.
    long frameMax() {
        return Math.max(Topic.BYTES_MAX, plane.config().payloadMax().bytes());
    }
}
