package com.databroker.objects;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import java.time.Instant;
import java.util.List;

/// Hears what was changed, in the order of commits and several at a time where many come, from one thread a store.
/// It must not wait: a door puts what it hears into a queue of its own.
public interface ObjectListener {
    /// @param at of those stores that are in it, where whoever has heard this stands
    /// @param committed when the first of them was
    void changed(ObjectPosition at, Instant committed, List<ObjectMessage.Tagged> tags);

    /// Nobody knows what has changed: everything that was read before may be old.
    void reset(String why);
}
