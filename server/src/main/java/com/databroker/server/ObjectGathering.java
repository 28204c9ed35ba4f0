package com.databroker.server;

import com.databroker.core.ObjectMessage;
import com.databroker.core.Trace;
import com.databroker.objects.ObjectCaller;
import com.databroker.objects.ObjectPlane;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Those who want single objects of the same type at the same time are answered together: by one thread, with one
/// question to the store. Whoever comes while nobody else waits is answered at once.
///
/// What can be answered without waiting for anybody is answered on the thread that asks.
///
/// A thread for each of them would cost more than all that is done for it: it has to be woken, waits for the same
/// answer as the others, and is woken again.
final class ObjectGathering {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectGathering.class);

    /// At work for one type: while one waits for the store the other one writes answers.
    private static final int WORKERS_MAX = 2;

    private static final int TOGETHER_MAX = 256;

    private final ObjectPlane plane;
    private final Executor blocking;

    /// By the name of the type, of which there are as many as stores have.
    private final Map<String, Line> lines = new ConcurrentHashMap<>();

    /// Who waits for an answer.
    interface Asking {
        /// Makes the answer, on a thread of the gathering's or on that which asked.
        ///
        /// @return sends it; where all are made before the first is sent, what goes to the same connection goes
        ///     together
        Runnable answer(ObjectMessage.Reply reply);

        /// It has to be answered by itself.
        void alone();
    }

    private record Waiting(ObjectPlane.Wanted wanted, Asking asking) {}

    ObjectGathering(ObjectPlane plane, Executor blocking) {
        this.plane = plane;
        this.blocking = blocking;
    }

    /// Whether it is taken; otherwise it has to be answered by itself.
    boolean takes(ObjectCaller caller, ObjectMessage.Request request, Asking asking) {
        // Each of them has a span of its own.
        String line = Trace.isOn() ? null : plane.line(request);
        if (line == null || !(request instanceof ObjectMessage.Get get)) {
            return false;
        }
        ObjectPlane.Wanted wanted = new ObjectPlane.Wanted(caller, get);
        ObjectMessage.Reply known = plane.atOnce(line, wanted);
        if (known == null) {
            lines.computeIfAbsent(line, Line::new).add(new Waiting(wanted, asking));
        } else {
            asking.answer(known).run();
        }
        return true;
    }

    /// Those who wait for objects of one type.
    private final class Line {
        private final String name;

        // Guards what follows.
        private final Object lock = new Object();
        private final Queue<Waiting> waiting = new ArrayDeque<>();
        private int workers;

        Line(String name) {
            this.name = name;
        }

        void add(Waiting one) {
            synchronized (lock) {
                waiting.add(one);
                if (workers == WORKERS_MAX) {
                    return;
                }
                workers++;
            }
            blocking.execute(this::work);
        }

        private void work() {
            for (List<Waiting> some = next(); some != null; some = next()) {
                List<ObjectMessage.@Nullable Reply> replies = replies(some);
                List<Runnable> answers = new ArrayList<>(replies.size());
                for (int i = 0; i < replies.size(); i++) {
                    ObjectMessage.Reply reply = replies.get(i);
                    Asking asking = some.get(i).asking;
                    answers.add(reply == null ? asking::alone : asking.answer(reply));
                }
                answers.forEach(Runnable::run);
            }
        }

        /// Whatever happens to one of them, those who come after it have to find somebody at work.
        private List<ObjectMessage.@Nullable Reply> replies(List<Waiting> some) {
            try {
                return plane.together(name, some.stream().map(Waiting::wanted).toList());
            } catch (Error failed) {
                LOG.atError().addKeyValue("type", name).setCause(failed).log("objects were not answered together");
                return Collections.nCopies(some.size(), null);
            }
        }

        /// @return null where nobody waits: then there is one less at work
        private @Nullable List<Waiting> next() {
            synchronized (lock) {
                if (waiting.isEmpty()) {
                    workers--;
                    return null;
                }
                List<Waiting> some = new ArrayList<>(Math.min(waiting.size(), TOGETHER_MAX));
                while (!waiting.isEmpty() && some.size() < TOGETHER_MAX) {
                    some.add(waiting.remove());
                }
                return some;
            }
        }
    }
}
