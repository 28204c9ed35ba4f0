package com.databroker.access;

import java.time.Instant;

/// Who a [Proof] is of, or why of nobody.
sealed interface Resolution {
    /// @param until when the credential ends; [Instant#MAX] where it does not
    record Accepted(Principal principal, Instant until) implements Resolution {}

    /// @param who the user it would have been, as the users file calls it; empty where there is none
    /// @param why for the audit file only: whoever asked is never told which of these it was
    record Refused(String who, String why) implements Resolution {}
}
