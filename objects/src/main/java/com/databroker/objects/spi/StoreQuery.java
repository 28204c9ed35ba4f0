package com.databroker.objects.spi;

import com.databroker.core.ObjectMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is asked for. Fields exist, operators fit them, values fit the kind of their fields.
///
/// @param order may be empty; the key decides where it leaves two equal. Null is greater than everything
///     else
/// @param limit rows at most; 0 for none
/// @param after values of the fields of the order, then the parts of the key, of the row to go on behind;
///     null for the beginning
/// @param count whether to count all that there are
public record StoreQuery(
        String type,
        List<ObjectMessage.Condition> where,
        List<ObjectMessage.Order> order,
        int limit,
        @Nullable List<@Nullable Object> after,
        boolean count) {}
