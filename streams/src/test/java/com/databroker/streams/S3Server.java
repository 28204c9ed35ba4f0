package com.databroker.streams;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An S3 server written by others, in a process of its own on loopback, with one bucket that is empty.
final class S3Server implements AutoCloseable {
    static final String BUCKET = "lake";

    private static final Pattern STARTED = Pattern.compile("Started .*ServerConnector.*\\{127\\.0\\.0\\.1:(\\d+)}");
    private static final String USER = "tester";
    private static final String SECRET = "open sesame";

    private final Process process;
    private final int port;

    private S3Server(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /// @param folder for its settings and its log
    static S3Server start(Path folder) throws IOException {
        Path settings = Files.writeString(
                folder.resolve("s3.properties"),
                "s3proxy.endpoint=http://127.0.0.1:0\ns3proxy.authorization=aws-v4\ns3proxy.identity=" + USER
                        + "\ns3proxy.credential=" + SECRET
                        + "\njclouds.provider=transient-nio2\njclouds.identity=x\njclouds.credential=x\n");
        Path log = folder.resolve("s3.log");
        // Written by Maven; the server's libraries are on no class path of ours.
        String classPath =
                Files.readString(Path.of("target/s3-server.classpath")).strip();
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dlogback.configurationFile="
                                + S3Server.class.getResource("/s3-server.xml").getPath(),
                        "-cp",
                        classPath,
                        "org.gaul.s3proxy.Main",
                        "--properties",
                        settings.toString()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            Await.until("the S3 server listens", () -> !process.isAlive() || port(log) > 0);
            if (port(log) == 0) {
                throw new IOException("the S3 server did not start: " + Files.readString(log));
            }
        } catch (Exception | Error failed) {
            process.destroyForcibly();
            throw new IOException(failed);
        }
        System.setProperty("aws.accessKeyId", USER);
        System.setProperty("aws.secretAccessKey", SECRET);
        S3Server server = new S3Server(process, port(log));
        S3Clients.of(server.place("any")).createBucket(create -> create.bucket(BUCKET));
        return server;
    }

    private static int port(Path log) throws IOException {
        Matcher started = STARTED.matcher(Files.readString(log));
        return started.find() ? Integer.parseInt(started.group(1)) : 0;
    }

    /// What another process needs to sign in.
    static List<String> credentials() {
        return List.of("-Daws.accessKeyId=" + USER, "-Daws.secretAccessKey=" + SECRET);
    }

    String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    S3Place place(String prefix) {
        return new S3Place(BUCKET, prefix, endpoint(), null);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    }
}
