package com.databroker.sources;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where name servers connect to: `unix:/run/databroker/dnstap.sock` or `tcp:127.0.0.1:6000`.
///
/// A socket file that nobody listens at any more was left by a process that was killed, and is replaced. One that
/// somebody listens at, and whatever is no socket, stays.
///
/// @param file of the socket, null for TCP
/// @param rights of the file
/// @param host of TCP, empty for a file
record DnstapAddress(@Nullable Path file, Set<PosixFilePermission> rights, String host, int port) {
    private static final int PATH_MAX = 107;
    private static final int BACKLOG = 128;

    DnstapAddress {
        rights = Set.copyOf(rights);
    }

    /// @throws IllegalArgumentException with a sentence
    static DnstapAddress parse(String text, String rights) {
        if (text.startsWith("unix:/")) {
            Path file = Path.of(text.substring("unix:".length()));
            if (file.toString().length() > PATH_MAX) {
                throw new IllegalArgumentException(
                        "a socket's path has up to " + PATH_MAX + " letters, " + file + " has more");
            }
            return new DnstapAddress(file, PosixFilePermissions.fromString(rights), "", 0);
        }
        int colon = text.lastIndexOf(':');
        if (text.startsWith("tcp:") && colon > "tcp:".length()) {
            String host = text.substring("tcp:".length(), colon);
            String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
            int port = port(text.substring(colon + 1));
            if (port >= 0 && DnsAddresses.parse(bare) != null) {
                return new DnstapAddress(null, Set.of(), bare, port);
            }
        }
        throw new IllegalArgumentException(
                "\"" + text + "\" is neither unix:/<path> nor tcp:<address>:<port>, as tcp:127.0.0.1:6000");
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            return port > 65_535 ? -1 : port;
        } catch (NumberFormatException noNumber) {
            return -1;
        }
    }

    /// A socket that listens; closing it removes its file.
    record Bound(
            ServerSocketChannel channel,
            String text,
            @Nullable Path file,
            @Nullable String key) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            channel.close();
            // Somebody may have put another in its place.
            if (file != null && Objects.equals(key, keyOf(file))) {
                Files.deleteIfExists(file);
            }
        }
    }

    Bound bind() throws IOException {
        return file == null ? bindTcp() : bindFile(file);
    }

    private Bound bindTcp() throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.bind(new InetSocketAddress(InetAddress.getByAddress(DnsAddresses.parse(host)), port), BACKLOG);
            InetSocketAddress bound = (InetSocketAddress) channel.getLocalAddress();
            String shown = host.indexOf(':') < 0 ? host : "[" + host + "]";
            return new Bound(channel, "tcp:" + shown + ":" + bound.getPort(), null, null);
        } catch (IOException | RuntimeException refused) {
            channel.close();
            throw new IOException(
                    "tcp:" + host + ":" + port + " cannot be listened at: " + refused.getMessage(), refused);
        }
    }

    private Bound bindFile(Path at) throws IOException {
        clear(at);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(at), BACKLOG);
            Files.setPosixFilePermissions(at, rights);
            return new Bound(channel, "unix:" + at, at, keyOf(at));
        } catch (IOException | RuntimeException refused) {
            channel.close();
            throw new IOException("unix:" + at + " cannot be listened at: " + refused.getMessage(), refused);
        }
    }

    /// Removes what a killed process left.
    private static void clear(Path at) throws IOException {
        BasicFileAttributes found;
        try {
            found = Files.readAttributes(at, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException free) {
            return;
        }
        if (!found.isOther()) {
            throw new IOException(at + " is there already, and is no socket");
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(at));
        } catch (ConnectException nobody) {
            Files.deleteIfExists(at);
            return;
        }
        throw new IOException("another program listens at " + at);
    }

    private static @Nullable String keyOf(Path at) throws IOException {
        try {
            BasicFileAttributes found = Files.readAttributes(at, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            // Numbers of files are used again.
            return found.fileKey() + " " + found.creationTime();
        } catch (NoSuchFileException gone) {
            return null;
        }
    }
}
