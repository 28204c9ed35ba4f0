package com.databroker.server;

import org.jspecify.annotations.Nullable;

/// The version that runs, from the jar's manifest.
public final class Version {
    /// As `0.1.0-SNAPSHOT`; `development` where classes run that no jar was made of.
    public static final String VERSION =
            orDevelopment(Version.class.getPackage().getImplementationVersion());

    private Version() {}

    private static String orDevelopment(@Nullable String manifest) {
        return manifest == null ? "development" : manifest;
    }
}
