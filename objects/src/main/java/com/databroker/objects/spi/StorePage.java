package com.databroker.objects.spi;

import java.util.List;

/// @param more whether there are rows behind these
/// @param count of all that there are, -1 where nobody asked
public record StorePage(List<StoreRow> rows, boolean more, long count) {}
