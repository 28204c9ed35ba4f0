package com.databroker.files;

import com.databroker.access.Principal;

/// Looks at a whole upload before it becomes visible. Called from many threads at once, and may block.
@FunctionalInterface
public interface Validator {
    /// @throws com.databroker.core.ProblemException to refuse it; nothing changes then and nobody is told
    void validate(Candidate candidate, Principal sender);
}
