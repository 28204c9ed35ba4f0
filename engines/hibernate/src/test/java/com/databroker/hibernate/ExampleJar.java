package com.databroker.hibernate;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/// The example, compiled as its page says.
final class ExampleJar {
    private ExampleJar() {}

    static Path folder() {
        return Path.of(System.getProperty("databroker.root", "../..")).resolve("examples/objects-hibernate");
    }

    static void write(Path jar) throws IOException {
        Path classes = Files.createTempDirectory(jar.toAbsolutePath().getParent(), "classes");
        List<String> arguments = new ArrayList<>(List.of(
                "-parameters", "-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString()));
        arguments.addAll(files(folder().resolve("shop"), ".java"));
        if (ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(new String[0])) != 0) {
            throw new IllegalStateException("the example does not compile");
        }
        pack(classes, jar);
    }

    /// All that is in a folder, as a jar.
    static void pack(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            for (String one : files(classes, "")) {
                Path path = Path.of(one);
                if (Files.isRegularFile(path)) {
                    out.putNextEntry(new JarEntry(classes.relativize(path).toString()));
                    out.write(Files.readAllBytes(path));
                    out.closeEntry();
                }
            }
        }
    }

    private static List<String> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.map(Path::toString).filter(file -> file.endsWith(suffix)).toList();
        }
    }
}
