package com.databroker.objects.spi;

import com.databroker.core.ObjectKey;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One object as it is.
///
/// @param version greater after every change; 0 where the type has none
/// @param fields every field of the type; nobody changes the map
public record StoreRow(ObjectKey key, long version, Map<String, @Nullable Object> fields) {}
