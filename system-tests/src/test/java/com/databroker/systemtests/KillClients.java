package com.databroker.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Those who keep a broker busy until it dies; what they do and hear is written into a ledger.
final class KillClients {
    static final String MOVED = "m";

    /// What sftp says where all is well.
    private static final Pattern SAID = Pattern.compile("sftp> |Connected to |Remote working directory");

    private static final int PATHS = 3;
    private static final int DELETE_EVERY = 4;
    private static final int LARGE_EVERY = 3;
    private static final int SMALL_BYTES = 5_000;
    private static final int LARGE_BYTES = 600_000;

    private final KillLedger ledger;
    private final String token;

    /// Held for each request where there is to be one at a time.
    private final ReentrantLock turn = new ReentrantLock();

    KillClients(KillLedger ledger, String token) {
        this.ledger = ledger;
        this.token = token;
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// Subscribes to all that this life announces, from its first event: the position is one of another life.
    /// When this returns the subscription is in force.
    AttackSocket subscribe(int port) throws IOException {
        AttackSocket events = AttackSocket.connect(port);
        events.send("GET /events?topic=files/** HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token
                + "\r\nLast-Event-ID: 1a-7\r\n\r\n");
        for (String line = line(events); !line.equals(": welcome"); line = line(events)) {
            ledger.heard(line);
        }
        return events;
    }

    private static String line(AttackSocket events) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = events.read(); c != '\n'; c = events.read()) {
            if (c < 0) {
                throw new IOException("the stream ended");
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    /// Hears until the stream ends, or until the announcement of `last`.
    void listen(AttackSocket events, @Nullable String last) {
        try {
            for (String line = line(events); ; line = line(events)) {
                ledger.heard(line);
                if (last != null && line.startsWith("data: ") && line.contains("\"" + last + "\"")) {
                    return;
                }
            }
        } catch (IOException ended) {
            if (last != null) {
                ledger.wrong("the stream of events ended before " + last + ": " + ended);
            }
        }
    }

    /// Stores, overwrites and deletes files of `folder` until the broker is gone.
    void upload(int port, String folder, boolean alone) {
        try (AttackSocket socket = AttackSocket.connect(port)) {
            for (int i = 0; ; i++) {
                String path = folder + "/f" + i % PATHS;
                String before = ledger.certain(path);
                take(alone);
                try {
                    if (i % DELETE_EVERY == DELETE_EVERY - 1 && before != null && !before.isEmpty()) {
                        delete(socket, path, before);
                    } else {
                        put(socket, path, i % LARGE_EVERY == 0 ? LARGE_BYTES : SMALL_BYTES);
                    }
                } finally {
                    give(alone);
                }
            }
        } catch (IOException killed) {
            // What was not answered may be there or not.
        }
    }

    private void take(boolean alone) {
        if (alone) {
            turn.lock();
        }
    }

    private void give(boolean alone) {
        if (alone) {
            turn.unlock();
        }
    }

    private AttackSocket.Answer ask(AttackSocket socket, String method, String path, byte[] body) throws IOException {
        socket.send(method + " /files/" + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token
                + "\r\nContent-Length: " + body.length + "\r\n\r\n");
        AttackSocket.Answer answer = socket.send(body).answer();
        if (answer.status() != 201 && answer.status() != 204) {
            ledger.wrong(method + " " + path + ": " + answer.head() + answer.body());
            throw new IOException("refused");
        }
        return answer;
    }

    /// @return what the file is now
    private String put(AttackSocket socket, String path, int bytes) throws IOException {
        String word = path + " " + ledger.next() + "\n";
        byte[] body = word.repeat(bytes / word.length()).getBytes(StandardCharsets.US_ASCII);
        String sha256 = sha256(body);
        ledger.asked(path, sha256);
        ledger.stored(path, sha256, ask(socket, "PUT", path, body).header("etag"));
        return sha256;
    }

    private void delete(AttackSocket socket, String path, String before) throws IOException {
        ledger.asked(path, KillLedger.NONE);
        ask(socket, "DELETE", path, new byte[0]);
        ledger.deleted(path, before);
    }

    /// Stores files and moves each, some over one that is there, until the broker is gone.
    void move(int port, int sshPort, Path folder, boolean alone) throws IOException {
        Process sftp = new ProcessBuilder(
                        SshClients.withToken(sshPort, folder, "admin", token).sftpCommand())
                .redirectErrorStream(true)
                .start();
        try (AttackSocket socket = AttackSocket.connect(port);
                OutputStream say = sftp.getOutputStream();
                BufferedReader said =
                        new BufferedReader(new InputStreamReader(sftp.getInputStream(), StandardCharsets.UTF_8))) {
            say(say, said, "pwd");
            for (int i = 0; ; i++) {
                String from = MOVED + "/from" + i % PATHS;
                String to = MOVED + "/to" + i % 2;
                take(alone);
                try {
                    String sha256 = put(socket, from, SMALL_BYTES);
                    ledger.moving(from, to, sha256);
                    say(say, said, "rename " + from + " " + to);
                    ledger.moved(from, to, sha256);
                } finally {
                    give(alone);
                }
            }
        } catch (IOException killed) {
            // As above.
        } finally {
            sftp.destroyForcibly();
            sftp.onExit().join();
        }
    }

    /// One command of sftp, which says nothing where it is done; so it is asked for a word after it.
    private void say(OutputStream say, BufferedReader said, String command) throws IOException {
        String done = "done" + ledger.next();
        say.write((command + "\n!echo " + done + "\n").getBytes(StandardCharsets.US_ASCII));
        say.flush();
        StringBuilder refused = new StringBuilder();
        for (String line = said.readLine(); !done.equals(line); line = said.readLine()) {
            if (line == null) {
                throw new IOException("sftp ended");
            }
            if (!SAID.matcher(line).lookingAt()) {
                refused.append(line).append('\n');
            }
        }
        if (!refused.isEmpty()) {
            ledger.wrong(command + ": " + refused);
            throw new IOException("refused");
        }
    }
}
