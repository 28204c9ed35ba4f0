package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Iterator;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.apache.sshd.common.keyprovider.KeyPairProvider;

/// The key by which clients know the broker again, in the form that `ssh-keygen` writes.
final class SshKeyFile {
    static final String NAME = "ssh_host_key";

    private static final int ED25519_BITS = 256;

    private SshKeyFile() {}

    /// Reads the key, and makes one at the first start where none is named.
    ///
    /// @throws ProblemException [Problem#CONFIGURATION_INVALID]
    static KeyPair open(Path file, DataFolder data) {
        try {
            if (!Files.exists(file)) {
                if (!file.equals(data.resolve(NAME))) {
                    throw new ProblemException(
                            Problem.CONFIGURATION_INVALID, "ssh.host-key: " + file + " does not exist");
                }
                make(data);
            }
            Iterator<KeyPair> keys =
                    new FileKeyPairProvider(file).loadKeys(null).iterator();
            if (keys.hasNext()) {
                return keys.next();
            }
            throw new ProblemException(Problem.CONFIGURATION_INVALID, "ssh.host-key: " + file + " has no key");
        } catch (GeneralSecurityException | IOException | RuntimeException unreadable) {
            if (unreadable instanceof ProblemException told) {
                throw told;
            }
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "ssh.host-key: " + file + " is no private key that can be read without a password",
                    unreadable);
        }
    }

    private static void make(DataFolder data) throws GeneralSecurityException, IOException {
        KeyPair key = KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, ED25519_BITS);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(key, "databroker", null, text);
        data.write(NAME, text.toString(StandardCharsets.US_ASCII), true);
    }
}
