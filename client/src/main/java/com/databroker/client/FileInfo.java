package com.databroker.client;

/// What the broker holds under a path after it was put or got.
///
/// @param etag strong entity tag without quotes, changes with every version; empty where the broker did not say
/// @param size in bytes
/// @param sha256 of the bytes that passed, lower-case hexadecimal; compared with what the broker says
public record FileInfo(String etag, long size, String sha256) {}
