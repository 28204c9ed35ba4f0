package com.databroker.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// OpenSSH's clients and rsync, as one user of a broker: they know the broker's key from its data folder, and
/// nothing of this machine's own configuration.
final class SshClients {
    private final int port;
    private final Path folder;
    private final Path settings;
    private final List<String> environment = new ArrayList<>();

    private SshClients(int port, Path folder, String name) {
        this.port = port;
        this.folder = folder;
        this.settings = folder.resolve(name + ".conf");
    }

    /// With a token, which is asked for as a password.
    static SshClients withToken(TestBroker broker, Path folder, String user, String token) throws IOException {
        return withToken(broker.sshPort(), folder, user, token);
    }

    /// Of a broker in a process of its own.
    static SshClients withToken(int port, Path folder, String user, String token) throws IOException {
        SshClients clients = new SshClients(port, folder, user);
        Path asked = folder.resolve(user + ".sh");
        Files.writeString(asked, "#!/bin/sh\necho '" + token + "'\n");
        Files.setPosixFilePermissions(asked, PosixFilePermissions.fromString("rwx------"));
        clients.environment.addAll(List.of("SSH_ASKPASS=" + asked, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none"));
        clients.configure(user, "PreferredAuthentications password\n");
        return clients;
    }

    static SshClients admin(TestBroker broker, Path folder) throws IOException {
        return withToken(broker, folder, "admin", broker.token());
    }

    /// With the key in `file`, made where it is missing.
    static SshClients withKey(TestBroker broker, Path folder, String user, String file, String type)
            throws IOException, InterruptedException {
        SshClients clients = new SshClients(broker.sshPort(), folder, user + "-" + file);
        Path key = folder.resolve(file);
        if (!Files.exists(key)) {
            Peers.run("ssh-keygen", "-q", "-t", type, "-N", "", "-C", "test", "-f", key.toString());
        }
        clients.configure(user, "PreferredAuthentications publickey\nIdentityFile " + key + "\nIdentitiesOnly yes\n");
        return clients;
    }

    /// These clients behind a proxy that begins each connection with `header`.
    SshClients behind(byte[] header) throws IOException {
        Path said = Files.write(Files.createTempFile(folder, "header", ""), header);
        Files.writeString(
                settings,
                "ProxyCommand bash -c 'exec 2>/dev/null 3<>/dev/tcp/%h/%p; trap \"\" HUP; cat <&3 & exec >&3; cat "
                        + said + " -; kill $!'\n",
                StandardOpenOption.APPEND);
        return this;
    }

    /// The element of the users file for the key in `file`.
    static String key(Path folder, String file) throws IOException {
        return "<ssh-key>" + Files.readString(folder.resolve(file + ".pub")).strip() + "</ssh-key>";
    }

    private void configure(String user, String more) throws IOException {
        Files.writeString(
                settings,
                "Host b\nHostName 127.0.0.1\nPort "
                        + port
                        + "\nUser " + user + "\nUserKnownHostsFile " + folder.resolve("known")
                        + "\nStrictHostKeyChecking no\nLogLevel ERROR\nNumberOfPasswordPrompts 1\nIdentityAgent none\n"
                        + more);
    }

    private String[] command(String... words) {
        List<String> command = new ArrayList<>(List.of("env"));
        command.addAll(environment);
        command.addAll(Arrays.asList(words));
        return command.toArray(new String[0]);
    }

    private String[] with(String program, String... words) {
        List<String> command = new ArrayList<>(List.of(program, "-F", settings.toString()));
        command.addAll(Arrays.asList(words));
        return command(command.toArray(new String[0]));
    }

    private String[] rsyncCommand(String... words) {
        List<String> command = new ArrayList<>(List.of("rsync", "-e", "ssh -F " + settings));
        command.addAll(Arrays.asList(words));
        return command(command.toArray(new String[0]));
    }

    Peers.Result ssh(String... words) throws IOException, InterruptedException {
        return Peers.run(with("ssh", words));
    }

    /// From another address of this machine.
    Peers.Result sshFrom(String address) throws IOException, InterruptedException {
        return ssh("-b", address, "b");
    }

    Peer startSsh(String... words) throws IOException {
        return Peer.start(with("ssh", words));
    }

    Peers.Result scp(String... words) throws IOException, InterruptedException {
        return Peers.run(with("scp", words));
    }

    Peer startScp(String... words) throws IOException {
        return Peer.start(with("scp", words));
    }

    Peers.Result rsync(String... words) throws IOException, InterruptedException {
        return Peers.run(rsyncCommand(words));
    }

    Peer startRsync(String... words) throws IOException {
        return Peer.start(rsyncCommand(words));
    }

    /// One sftp session; a line that begins with `-` may fail.
    Peers.Result sftp(String... lines) throws IOException, InterruptedException {
        Path batch = Files.createTempFile(folder, "batch", ".txt");
        Files.write(batch, List.of(lines));
        // A batch would never ask for a password.
        return Peers.run(with("sftp", "-oBatchMode=no", "-b", batch.toString(), "b"));
    }

    /// An sftp that is told what to do line by line.
    Peer startSftp() throws IOException {
        return Peer.start(sftpCommand());
    }

    /// One line of lftp, whose SFTP is its own, and its connection OpenSSH's.
    String[] lftpCommand(String line) {
        return command(
                "HOME=" + folder,
                "lftp",
                "-c",
                "set sftp:connect-program \"ssh -a -x -F " + settings + "\"; set net:max-retries 1; open sftp://b; "
                        + line);
    }

    String[] sftpCommand() {
        return with("sftp", "b");
    }
}
