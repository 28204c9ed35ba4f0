package com.databroker.access;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// The published XML schema of the users file, served at `/schemas/broker_users.xsd`.
public final class UsersSchema {
    /// The namespace of every element.
    public static final String NAMESPACE = "urn:databroker:users:1";

    static final String RESOURCE = "broker_users.xsd";

    private UsersSchema() {}

    /// The schema as it stands in the jar.
    public static Bytes bytes() {
        try (InputStream in = UsersSchema.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is missing from the jar");
            }
            return Bytes.wrap(in.readAllBytes());
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
