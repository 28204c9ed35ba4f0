package com.databroker.objects.spi;

/// What a back-end can do. A test of the contract holds it to each of them, also to those that it denies.
///
/// @param kind as shown in the status: `postgresql`, `h2`, `memory`
/// @param durable whether what was committed survives the loss of power
/// @param shared whether several servers may stand over the same data
/// @param watchesOthers whether changes by others can be recorded
/// @param atHand whether [ObjectStore#loadAtOnce] may have something
public record StoreTraits(String kind, boolean durable, boolean shared, boolean watchesOthers, boolean atHand) {}
