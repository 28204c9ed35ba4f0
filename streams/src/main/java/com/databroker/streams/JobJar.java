package com.databroker.streams;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;

/// A jar for Flink clusters, made of the libraries that this very program runs with.
///
/// ```
/// META-INF/MANIFEST.MF      Main-Class: StreamJobMain
/// databroker/jobs           see JobBundle
/// lib/<library>.jar         Flink takes them out and gives them to the job
/// ```
final class JobJar {
    /// A cluster brings Flink and a log of its own, and a job neither serves nor searches: of Lucene it needs what
    /// makes
    /// words of a text.
    private static final List<String> LEFT_OUT = List.of(
            "databroker-access",
            "databroker-cli",
            "databroker-client",
            "databroker-events",
            "databroker-files",
            "databroker-server",
            "databroker-testkit",
            "flink-",
            "kafka",
            "scala-",
            "lucene-",
            "netty-",
            "vertx-",
            "HdrHistogram",
            "hash4j",
            "re2j",
            "pcollections",
            "metrics-core",
            "caffeine",
            "jopt-simple",
            "kryo",
            "minlog",
            "objenesis",
            "reflectasm",
            "bcprov",
            "sshd-",
            "picocli",
            "prometheus-",
            "snakeyaml",
            "json-schema",
            "slf4j-",
            "log4j-",
            "logback-");

    private static final List<String> KEPT = List.of(
            "flink-connector-base", "flink-connector-kafka", "kafka-clients", "lucene-core", "lucene-analysis-common");

    private JobJar() {}

    /// Writes the jar, for its owner alone, since it holds secrets.
    static void write(JobBundle bundle, List<Path> libraries, Path file) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(draft);
        if (draft.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        try (OutputStream out = Files.newOutputStream(draft)) {
            write(bundle, libraries, out);
        }
        Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void write(JobBundle bundle, List<Path> libraries, OutputStream to) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, StreamJobMain.class.getName());
        JarOutputStream jar = new JarOutputStream(to, manifest);
        // What is in it is compressed already.
        jar.setLevel(Deflater.NO_COMPRESSION);
        jar.putNextEntry(new ZipEntry(JobBundle.ENTRY));
        bundle.write(jar);
        jar.closeEntry();
        for (int i = 0; i < libraries.size(); i++) {
            Path library = libraries.get(i);
            if (Files.isDirectory(library)) {
                jar.putNextEntry(new ZipEntry("lib/classes-" + i + ".jar"));
                jar.write(packed(library));
            } else {
                jar.putNextEntry(new ZipEntry("lib/" + library.getFileName()));
                Files.copy(library, jar);
            }
            jar.closeEntry();
        }
        jar.finish();
        jar.flush();
    }

    /// Classes as the compiler wrote them: a program that was started without being packed.
    private static byte[] packed(Path classes) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(bytes);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                jar.putNextEntry(
                        new ZipEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, jar);
                jar.closeEntry();
            }
        }
        return bytes.toByteArray();
    }

    /// Those of this program's that a job needs.
    static List<Path> libraries() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(Files::exists)
                .filter(path -> isNeeded(String.valueOf(path.getFileName())))
                .distinct()
                .toList();
    }

    private static boolean isNeeded(String name) {
        return KEPT.stream().anyMatch(name::startsWith) || LEFT_OUT.stream().noneMatch(name::startsWith);
    }
}
