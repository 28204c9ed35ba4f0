package com.databroker.hibernate;

import com.databroker.objects.StoreConfig;
import com.databroker.objects.StoreEngine;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;

/// Entities that only one test has, out of their source: in the folder of the other tests' classes they would be
/// in every store.
final class CompiledEntities {
    private static final Pattern NAME = Pattern.compile("\\b(?:class|record|enum) (\\w+)");

    private CompiledEntities() {}

    /// A store of entities in the package `odd`, with tables that Hibernate makes.
    static StoreEngine.Opened open(StoreConfig config, Path folder, String... sources) throws IOException {
        Path code = Files.createDirectories(folder.resolve("source/odd"));
        Path classes = Files.createDirectories(folder.resolve("compiled"));
        List<String> arguments = new ArrayList<>(List.of(
                "-parameters", "-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString()));
        for (String source : sources) {
            Matcher name = NAME.matcher(source);
            if (!name.find()) {
                throw new IllegalArgumentException(source);
            }
            String head = "package odd; import jakarta.persistence.*; import java.util.*;\n";
            arguments.add(Files.writeString(code.resolve(name.group(1) + ".java"), head + source)
                    .toString());
        }
        if (ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(new String[0])) != 0) {
            throw new IllegalStateException("the entities do not compile");
        }
        Files.writeString(classes.resolve("hibernate.properties"), "hibernate.hbm2ddl.auto=update\n");
        URL place = classes.toUri().toURL();
        return new HibernateEngine()
                .open(
                        new StoreEngine.Wanted(
                                "odd",
                                config,
                                Duration.ofHours(1),
                                folder,
                                InstantSource.system(),
                                new SplittableRandom(1)),
                        List.of(place),
                        new URLClassLoader(new URL[] {place}, CompiledEntities.class.getClassLoader()));
    }
}
