package com.databroker.files;

import com.databroker.core.ProblemException;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says of each file of another program that it is left alone since its name is none that the plane takes, once:
/// whoever put it there waits for it otherwise. Names that begin with a dot are hidden, which is what they are for.
final class OddNames {
    private static final Logger LOG = LoggerFactory.getLogger(OddNames.class);
    private static final int TOLD_MAX = 1000;

    private final Set<String> told = new HashSet<>();

    /// Whether that was said now.
    boolean tell(String path) {
        if (path.startsWith(".") || path.contains("/.") || told.size() >= TOLD_MAX || !told.add(path)) {
            return false;
        }
        try {
            FilePath.parse(path);
            return false;
        } catch (ProblemException odd) {
            LOG.atWarn()
                    .addKeyValue("why", odd.detail())
                    .log("a file is left alone, since its name is none here: rename it");
            return true;
        }
    }
}
