package com.databroker.server;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.sshd.common.BuiltinFactory;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.cipher.BuiltinCiphers;
import org.apache.sshd.common.compression.BuiltinCompressions;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.KexProposalOption;
import org.apache.sshd.common.mac.BuiltinMacs;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.server.ServerBuilder;
import org.jspecify.annotations.Nullable;

/// The algorithms of the SSH door: what is not known to be weak, no CBC, no SHA-1, no compression.
final class SshAlgorithms {
    /// What OpenSSH is offered. Its own first choice is one that the JDK cannot do in hardware, and the client
    /// decides; it has known these since 2013.
    private static final String FAST = "aes128-gcm@openssh.com,aes256-gcm@openssh.com";

    private static final String OPENSSH = "SSH-2.0-OpenSSH_";

    private SshAlgorithms() {}

    static ServerBuilder builder() {
        ServerBuilder builder = ServerBuilder.builder();
        builder.cipherFactories(supported(Stream.of(
                BuiltinCiphers.aes128gcm,
                BuiltinCiphers.aes256gcm,
                BuiltinCiphers.aes128ctr,
                BuiltinCiphers.aes256ctr,
                BuiltinCiphers.cc20p1305_openssh)));
        builder.macFactories(supported(Stream.of(
                BuiltinMacs.hmacsha256etm, BuiltinMacs.hmacsha512etm, BuiltinMacs.hmacsha256, BuiltinMacs.hmacsha512)));
        builder.keyExchangeFactories(NamedFactory.setUpTransformedFactories(
                true,
                List.of(
                        BuiltinDHFactories.mlkem768x25519,
                        BuiltinDHFactories.sntrup761x25519,
                        BuiltinDHFactories.sntrup761x25519_openssh,
                        BuiltinDHFactories.curve25519,
                        BuiltinDHFactories.curve25519_libssh,
                        BuiltinDHFactories.ecdhp256,
                        BuiltinDHFactories.ecdhp384,
                        BuiltinDHFactories.ecdhp521,
                        BuiltinDHFactories.dhg16_512,
                        BuiltinDHFactories.dhg14_256),
                ServerBuilder.DH2KEX));
        builder.signatureFactories(supported(Stream.of(
                BuiltinSignatures.ed25519,
                BuiltinSignatures.sk_ssh_ed25519,
                BuiltinSignatures.nistp256,
                BuiltinSignatures.nistp384,
                BuiltinSignatures.nistp521,
                BuiltinSignatures.sk_ecdsa_sha2_nistp256,
                BuiltinSignatures.rsaSHA512,
                BuiltinSignatures.rsaSHA256)));
        builder.compressionFactories(supported(Stream.of(BuiltinCompressions.none)));
        return builder;
    }

    private static <T> List<NamedFactory<T>> supported(Stream<? extends BuiltinFactory<T>> all) {
        return all.filter(BuiltinFactory::isSupported)
                .<NamedFactory<T>>map(each -> each)
                .toList();
    }

    /// @param client how the client calls itself, null where it has not yet
    static void choose(@Nullable String client, Map<KexProposalOption, String> proposal) {
        if (client != null && client.startsWith(OPENSSH)) {
            proposal.put(KexProposalOption.C2SENC, FAST);
            proposal.put(KexProposalOption.S2CENC, FAST);
        }
    }
}
