package com.databroker.files;

import com.databroker.access.Principal;
import java.nio.file.Path;

/// Looks at a whole upload before it becomes visible.
@FunctionalInterface
public interface Validator {
    /// @param content complete and closed; it must not be changed
    /// @throws com.databroker.core.ProblemException to refuse it; nothing changes then and nobody is told
    void validate(Path content, Principal sender);
}
