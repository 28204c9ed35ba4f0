package com.databroker.server;

import com.databroker.core.ObjectMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The tags that one stream of *dbo/1* has given away in its answers. A client that held nothing when the stream
/// began can depend on no others, so it need not hear of them: of many programs that share a store, each has
/// copies of little.
///
/// What is read before a change is told, and given after that, has missed it: so what is left out is remembered
/// for as long as anybody waits who had asked before, and told with the answer. Its owner calls it from one
/// thread at a time, in the order of the stream.
final class GivenTags {
    /// Who is given more hears of everything.
    private static final int GIVEN_MAX = 100_000;

    private static final int LEFT_OUT_MAX = 20_000;

    /// With the newest version that was given, 0 for what has none.
    private final TagTable given = new TagTable();

    /// What was left out while those wait who are counted under `earlier`, and since then.
    private Map<String, Long> leftOutBefore = new HashMap<>();

    private Map<String, Long> leftOutSince = new HashMap<>();

    /// Who waits for an answer: those who asked until the last turn, and those who asked since.
    private int earlier;

    private int later;
    private long turn;
    private boolean everything;
    private final Total total;

    /// How many tags all streams of a door remember; a tag takes up to 48 bytes.
    static final class Total {
        private static final int MAX = 1_500_000;

        private final AtomicInteger tags = new AtomicInteger();
    }

    /// @param everything whether the client may depend on what another stream has given to it
    GivenTags(boolean everything, Total total) {
        this.everything = everything;
        this.total = total;
    }

    /// Those of the same stream, of which it is known now what its client may depend on.
    GivenTags of(boolean everything) {
        return new GivenTags(everything, total);
    }

    /// Somebody asks.
    ///
    /// @return to be given back with the answer
    long asked() {
        later++;
        return turn;
    }

    /// Of changes those that are to be told.
    List<ObjectMessage.Tagged> told(List<ObjectMessage.Tagged> changes) {
        if (everything) {
            return changes;
        }
        boolean awaited = earlier + later > 0;
        List<ObjectMessage.Tagged> some = new ArrayList<>();
        for (ObjectMessage.Tagged change : changes) {
            long its = given.get(change.tag());
            if (its != TagTable.ABSENT) {
                some.add(change);
                // Nobody has it any more who was told so: not unless it is given again.
                if (change.version() == 0 || change.version() > its) {
                    given.remove(change.tag());
                    total.tags.decrementAndGet();
                }
            } else if (awaited) {
                leftOutSince.merge(change.tag(), change.version(), ObjectMessage.Tagged::newer);
            }
        }
        return leftOutSince.size() > LEFT_OUT_MAX ? withLeftOut(some) : some;
    }

    private List<ObjectMessage.Tagged> withLeftOut(List<ObjectMessage.Tagged> some) {
        everything = true;
        forget();
        List<ObjectMessage.Tagged> all = new ArrayList<>(some);
        for (Map<String, Long> leftOut : List.of(leftOutBefore, leftOutSince)) {
            leftOut.forEach((tag, version) -> all.add(new ObjectMessage.Tagged(tag, version)));
            leftOut.clear();
        }
        return all;
    }

    /// A part goes ahead of an answer.
    ///
    /// @return what was left out and has to be told now
    List<ObjectMessage.Tagged> ahead(ObjectMessage.Part part) {
        return give(part);
    }

    /// Somebody is answered.
    ///
    /// @param asked as [#asked] gave it
    /// @return what was left out and has to be told now
    List<ObjectMessage.Tagged> answered(long asked, ObjectMessage.Reply reply) {
        if (asked == turn) {
            later--;
        } else {
            earlier--;
        }
        List<ObjectMessage.Tagged> missed = give(reply);
        if (!everything && earlier == 0) {
            turn();
        }
        return missed;
    }

    /// The stream has ended.
    void forget() {
        total.tags.addAndGet(-given.size());
        given.clear();
    }

    private List<ObjectMessage.Tagged> give(ObjectMessage.Reply reply) {
        if (everything) {
            return List.of();
        }
        int before = given.size();
        List<ObjectMessage.Tagged> missed = new ArrayList<>();
        // Without a default: who adds an answer has to say what it gives.
        switch (reply) {
            case ObjectMessage.Part part -> part.rows().forEach(row -> give(row.tag(), row.version(), missed));
            case ObjectMessage.Ok ok -> {
                ok.rows().forEach(row -> give(row.tag(), row.version(), missed));
                ok.tags().forEach(tag -> give(tag, 0, missed));
                ok.lists().forEach(list -> give(list.tag(), 0, missed));
            }
            case ObjectMessage.Conflict _, ObjectMessage.Failed _, ObjectMessage.Welcome _ -> {}
        }
        total.tags.addAndGet(given.size() - before);
        return given.size() > GIVEN_MAX || total.tags.get() > Total.MAX ? withLeftOut(missed) : missed;
    }

    private void give(String tag, long version, List<ObjectMessage.Tagged> missed) {
        given.putGreatest(tag, version);
        missed(tag, leftOutBefore, missed);
        missed(tag, leftOutSince, missed);
    }

    private static void missed(String tag, Map<String, Long> leftOut, List<ObjectMessage.Tagged> missed) {
        @Nullable Long its = leftOut.isEmpty() ? null : leftOut.get(tag);
        if (its != null) {
            missed.add(new ObjectMessage.Tagged(tag, its));
        }
    }

    /// Nobody waits any more who asked before the last turn, and what was left out until then nobody misses.
    private void turn() {
        Map<String, Long> forgotten = leftOutBefore;
        forgotten.clear();
        leftOutBefore = leftOutSince;
        leftOutSince = forgotten;
        earlier = later;
        later = 0;
        turn++;
        if (earlier == 0) {
            leftOutBefore.clear();
        }
    }
}
