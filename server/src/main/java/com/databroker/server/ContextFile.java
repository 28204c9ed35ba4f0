package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// What the command line needs to find and enter a broker, in the data folder.
final class ContextFile {
    private ContextFile() {}

    /// Where the broker is.
    ///
    /// @param certificate a file with the certificate that the HTTP door shows; empty without TLS
    /// @param curve its public CURVE key
    record Addresses(URI http, Optional<Path> certificate, URI zmq, Optional<URI> ssh, Bytes curve) {}

    /// @param token empty where it is kept elsewhere
    static void write(DataFolder data, Addresses addresses, String user, String token) {
        Bytes json = Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringProperty("url", addresses.http.toString());
            addresses.certificate.ifPresent(file -> out.writeStringProperty("certificate", file.toString()));
            out.writeStringProperty("zmq", addresses.zmq.toString());
            addresses.ssh.ifPresent(ssh -> out.writeStringProperty("ssh", ssh.toString()));
            out.writeStringProperty("curve", Z85.encode(addresses.curve.toArray()));
            out.writeStringProperty("user", user);
            out.writeStringProperty("token", token);
            out.writeNumberProperty("pid", ProcessHandle.current().pid());
            out.writeEndObject();
        });
        data.tell(DataFolder.CONTEXT, json.utf8() + "\n", true);
    }
}
