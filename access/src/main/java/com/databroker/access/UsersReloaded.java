package com.databroker.access;

/// A new users file came into force.
///
/// @param users how many it has, disabled ones included
/// @param tokens how many it has, expired ones included
/// @param principalOrDisk who sent it, or `disk` where it was changed behind the broker's back
public record UsersReloaded(int users, int tokens, String principalOrDisk) {}
