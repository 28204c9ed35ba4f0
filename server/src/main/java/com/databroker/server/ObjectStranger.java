package com.databroker.server;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import com.databroker.objects.ObjectPlane;

/// Somebody who has not said who it is, where nobody may be anonymous: there is a login, and nothing else.
final class ObjectStranger {
    private ObjectStranger() {}

    /// Where the stores stand, and that they are there, is no stranger's business.
    static ObjectMessage.Reply forStrangers(ObjectMessage.Reply reply) {
        return reply instanceof ObjectMessage.Welcome welcome
                ? new ObjectMessage.Welcome(
                        welcome.server(),
                        ObjectPosition.NONE,
                        false,
                        welcome.types(),
                        welcome.beatMillis(),
                        welcome.now())
                : reply;
    }

    /// What a stranger may ask: what there is to call, which is the login, and that.
    static boolean isForStrangers(ObjectMessage.Request request) {
        return request instanceof ObjectMessage.Types
                || (request instanceof ObjectMessage.Call call
                        && call.target() == null
                        && call.type().equals(ObjectPlane.ROOT)
                        && call.method().equals(ObjectPlane.AUTH));
    }

    static ObjectMessage.Failed notSignedIn(ObjectMessage.Request request) {
        return new ObjectMessage.Failed(
                request.id(),
                Problem.NOT_AUTHENTICATED,
                "call " + ObjectPlane.AUTH + " of " + ObjectPlane.ROOT + " with a token first");
    }
}
