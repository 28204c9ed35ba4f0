package com.databroker.client;

import com.databroker.client.CacheWorld.Change;
import com.databroker.core.ObjectKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What holds whatever happens in a [CacheWorld].
abstract sealed class CacheInvariant {
    /// @throws AssertionError with the name of the invariant
    final void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(getClass().getSimpleName() + ": " + what);
        }
    }

    /// A client never sees an object older than it has seen it, or has made it, or was promised by a
    /// position.
    static final class ReadsNeverGoBack extends CacheInvariant {
        private final Map<ObjectKey, Long> seen = new HashMap<>();

        long floor(ObjectKey key) {
            return seen.getOrDefault(key, 0L);
        }

        void saw(ObjectKey key, long number) {
            seen.merge(key, number, Math::max);
        }

        /// @param floor when the read began
        void read(ObjectKey key, @Nullable Long number, long floor) {
            if (number != null && !key.type().equals("Loose")) {
                check(number >= floor, key + " was seen at change " + floor + " and is read at " + number);
                saw(key, number);
            }
        }
    }

    /// What a finder gives was true at some time since the client's own last change.
    static final class FindersSeeOwnChanges extends CacheInvariant {
        private int own;

        int floor() {
            return own;
        }

        void committed(Change change) {
            own = (int) Math.max(own, change.number());
        }

        void found(CacheWorld world, int group, List<ObjectKey> keys, int floor) {
            boolean true_ = false;
            for (int changes = world.log.size(); changes >= floor && !true_; changes--) {
                true_ = CacheWorld.members(world.state(changes), group).equals(keys);
            }
            check(true_, "group " + group + " as " + keys + " was not there since change " + floor);
        }
    }

    /// What was acknowledged was done, and whatever was sent twice was done once.
    static final class CommitsAreDoneOnce extends CacheInvariant {
        void acknowledged(@Nullable Integer times) {
            check(times != null && times == 1, "an acknowledged commit was done " + times + " times");
        }
    }

    /// When everything has come to rest, nobody holds what is not true.
    static final class NothingIsStaleForGood extends CacheInvariant {
        void rests(CacheWorld world, RowCache cache) {
            for (CacheEntry entry : cache.entries()) {
                Cached item = entry.state instanceof Cached there ? there : entry.state == null ? entry.held() : null;
                if (item instanceof Row row) {
                    Change change = world.primary.get(row.ref.key());
                    Object number = row.wire("number");
                    check(
                            change != null && number instanceof Long held && held == change.number(),
                            row.ref + " is held at change " + number + " and is " + change + ", " + world.mood);
                } else if (item instanceof Result result && entry.key instanceof ObjectLoader.Query query) {
                    Long group = (Long) query.where().get(0).values().get(0);
                    List<ObjectKey> held =
                            result.refs.stream().map(ref -> ref.key()).toList();
                    List<ObjectKey> is = CacheWorld.members(world.primary, group.intValue());
                    check(
                            held.equals(is),
                            "group " + group + " is held as " + held + " and is " + is + ", " + world.mood);
                }
            }
        }
    }

    /// When everything has come to rest, whoever asks is given what is there, and hears what is not.
    static final class WhatIsThereCanBeRead extends CacheInvariant {
        private int asked;
        private int answered;
        private @Nullable String wrong;

        void asked() {
            asked++;
        }

        void answered(CacheWorld world, ObjectKey key, @Nullable Row row, @Nullable Throwable failure) {
            answered++;
            Change change = world.primary.get(key);
            Object number = row == null ? null : row.wire("number");
            if (failure != null || !Objects.equals(number, change == null ? null : change.number())) {
                wrong = key + " is " + change + " and was read as change " + number + ", " + failure;
            }
        }

        void rests() {
            check(wrong == null, String.valueOf(wrong));
            check(answered == asked, (asked - answered) + " of " + asked + " reads were not answered");
        }
    }

    /// The number of objects and tags that are kept stays within its bounds.
    static final class NothingLeaks extends CacheInvariant {
        void rests(RowCache cache, int countMax) {
            check(cache.count() <= countMax, cache.count() + " of " + countMax);
            check(cache.size() <= countMax, cache.size() + " entries, of which " + cache.count() + " hold something");
        }
    }
}
