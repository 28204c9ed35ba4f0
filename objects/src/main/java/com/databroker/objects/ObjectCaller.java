package com.databroker.objects;

import com.databroker.access.Credentials;
import com.databroker.access.Principal;

/// Who asks, as the door knows it. Asked once for each request, so that what was revoked is revoked.
public interface ObjectCaller {
    Principal principal();

    /// Lets the caller in as somebody else, from the next request on: it called `auth` on the root.
    ///
    /// @throws com.databroker.core.ProblemException where the credentials are not good, or nobody can
    ///     sign in here
    void authenticate(Credentials credentials);
}
