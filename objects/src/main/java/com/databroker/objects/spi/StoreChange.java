package com.databroker.objects.spi;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// One commit as others hear of it.
///
/// @param number tells it from others of its store; later ones need not be greater
/// @param principal who committed; `database` where it was not by a broker
/// @param overturned whether more was changed than the entries say: nothing that was read before counts
public record StoreChange(long number, String principal, Instant time, List<Entry> entries, boolean overturned) {
    /// What became of an object.
    public enum Kind {
        CREATED,
        UPDATED,
        DELETED
    }

    /// @param version after the change, of a deleted object the last one increased by one; 0 where the
    ///     type has none or nobody knows
    /// @param fields those that changed, with the values before and after; only tagged ones need be here
    /// @param visible whether anything changed that anybody may see: if not, copies go for their version alone
    public record Entry(
            Kind kind, ObjectKey key, long version, Map<String, ObjectMessage.Edit> fields, boolean visible) {
        public Entry(Kind kind, ObjectKey key, long version, Map<String, ObjectMessage.Edit> fields) {
            this(kind, key, version, fields, true);
        }
    }
}
