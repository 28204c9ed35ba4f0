package com.databroker.objects.spi;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import java.util.List;
import java.util.UUID;

/// Changes that are made together. References and values in them are keys.
///
/// @param digest of who commits what: the same id with another digest is a mistake, not a repetition
/// @param principal the name of who commits
public record StoreCommit(UUID id, Bytes digest, String principal, List<ObjectMessage.Op> ops) {}
