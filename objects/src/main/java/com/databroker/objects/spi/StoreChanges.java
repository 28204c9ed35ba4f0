package com.databroker.objects.spi;

import com.databroker.core.Position;
import java.util.List;

/// @param changes may hold some that were told before
/// @param at whoever has heard of these stands here
public record StoreChanges(List<StoreChange> changes, Position at) {}
