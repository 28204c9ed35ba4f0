package com.databroker.client;

import com.databroker.client.Tombstones.Tombstone;
import com.databroker.core.ObjectPosition;
import org.jspecify.annotations.Nullable;

/// Whether what an answer brought may be kept: by the lease and by the version, of which neither is enough.
///
/// The lease alone admits what a lagging replica answers after the change was heard of; the version alone
/// admits what was read before a reset, of which no change was ever heard, and has nothing to say of the
/// result of a finder.
interface Admission {
    /// What to do with an answer, from the best to the worst.
    enum Verdict {
        /// Kept and served.
        KEEP,
        /// Served to who asked for it, because the change came while it was on its way; not kept.
        PASS,
        /// Older than what this client knows to exist: to be asked for again.
        OLD;

        Verdict and(Verdict other) {
            return compareTo(other) >= 0 ? this : other;
        }
    }

    /// @param leased whether the lease is still there, and nothing was reset or forgotten since it was
    ///     given
    /// @param birth of the lease: how many changes had been heard of
    /// @param at the position that the answer had seen
    record Offer(Cached item, boolean leased, long birth, ObjectPosition at) {}

    /// @param known of one of the item's tags, null where nothing is
    Verdict judge(Offer offer, @Nullable Tombstone known);

    /// Both rules.
    Admission LEASE_AND_VERSION = (offer, known) -> {
        Verdict lease = offer.leased() ? Verdict.KEEP : Verdict.PASS;
        if (known == null) {
            return lease;
        }
        if (offer.item().isVersioned()) {
            if (known.isSeenBy(offer.birth(), offer.at())) {
                // Also one of a lesser version: it was made anew.
                return lease;
            }
            if (offer.item().version < known.version()) {
                return Verdict.OLD;
            }
            if (known.blind() > offer.birth()) {
                return Verdict.PASS;
            }
            // Of a change of which nobody knows the version, the version says nothing.
            return known.blind() > 0 && !offer.at().covers(known.at()) ? Verdict.OLD : lease;
        }
        if (known.arrival() > offer.birth()) {
            return Verdict.PASS;
        }
        return offer.at().covers(known.at()) ? lease : Verdict.OLD;
    };
}
