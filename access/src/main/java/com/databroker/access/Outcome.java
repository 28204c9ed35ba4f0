package com.databroker.access;

import java.util.Locale;

/// What the gate counts, and how a line of the audit file begins.
public enum Outcome {
    /// Credentials were accepted. Counted, not audited.
    AUTHENTICATED,
    /// Credentials were not accepted.
    REFUSED,
    /// An address had too many failures; its credentials were not looked at.
    THROTTLED,
    /// A principal had no grant; see [Gate#denied] for each action.
    DENIED,
    /// A principal did what only an administrator may, as to a stream.
    PERFORMED,
    /// An open session was cut off, since its user, credential or time ended.
    REVOKED,
    /// The users file was read and is in force.
    RELOADED,
    /// The users file was refused; the one before stays in force.
    RELOAD_FAILED,
    /// A line did not reach the audit file: the disk was too slow or refused it.
    AUDIT_LOST;

    /// As it stands in the audit file: `reload-failed`.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
