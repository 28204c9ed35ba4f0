/// The objects plane: databases, Java objects and whatever else implements
/// [com.databroker.objects.spi.ObjectStore], as typed, related objects with optimistic commits, and with
/// changes that are told to whoever holds what was changed.
@NullMarked
package com.databroker.objects;

import org.jspecify.annotations.NullMarked;
