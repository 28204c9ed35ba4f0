package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.events.CurveKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;

/// The CURVE key of the ZeroMQ door: made at the first start, kept in the data folder.
final class CurveKeyFile {
    static final String NAME = "curve.key";

    private CurveKeyFile() {}

    /// @param file a key given by the user must exist; only the one in the data folder is made
    static CurveKeys open(Path file, DataFolder data, SecureRandom random) {
        if (Files.exists(file)) {
            return read(file);
        }
        if (!file.equals(data.resolve(NAME))) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID, "zmq.curve-key-file: " + file + " does not exist");
        }
        CurveKeys keys = CurveKeys.generate(random);
        data.write(NAME, HexFormat.of().formatHex(keys.secretKey().toArray()) + "\n", true);
        return keys;
    }

    private static CurveKeys read(Path file) {
        try {
            return CurveKeys.of(
                    Bytes.wrap(HexFormat.of().parseHex(Files.readString(file).strip())));
        } catch (IOException unreadable) {
            throw DataFolder.problem(file, unreadable);
        } catch (IllegalArgumentException malformed) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "zmq.curve-key-file: " + file + " is not a secret key of 64 hexadecimal digits");
        }
    }
}
