package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers whatever happens. What is thrown where nobody expects it, a stack that overflows included, is an answer,
/// too: otherwise whoever asked would wait for it until it gives up, and ask again.
final class ObjectReplies {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectReplies.class);

    private ObjectReplies() {}

    /// What `handling` answers to `request`.
    static ObjectMessage.Reply of(ObjectMessage.Request request, Supplier<ObjectMessage.Reply> handling) {
        try {
            return handling.get();
        } catch (RuntimeException | Error failed) {
            return failed(request.id(), refusal(failed));
        }
    }

    /// The frame of a reply; where it cannot be written, of one that says so under the same number.
    static Bytes frame(ObjectMessages form, long id, ObjectMessage reply) {
        try {
            return form.encode(reply);
        } catch (RuntimeException | Error failed) {
            return form.encode(failed(id, refusal(failed)));
        }
    }

    static ObjectMessage.Failed failed(long id, ProblemException why) {
        return new ObjectMessage.Failed(id, why.problem(), why.detail());
    }

    /// The problem that it is; of what is none the log has all, and who asked is told no more than that.
    static ProblemException refusal(Throwable failed) {
        if (failed instanceof ProblemException refused) {
            return refused;
        }
        LOG.atError().setCause(failed).log("a message about objects failed");
        return new ProblemException(Problem.INTERNAL, "a message about objects failed", failed);
    }
}
