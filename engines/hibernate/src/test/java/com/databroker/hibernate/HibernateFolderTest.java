package com.databroker.hibernate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.objects.ObjectPlane;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The program as it lies on a disk: Hibernate in a folder beside its jars, in nobody's class path.
class HibernateFolderTest {
    @TempDir
    Path folder;

    @Test
    @SuppressWarnings("unchecked")
    void what_maps_entities_is_found_in_the_folder_beside_the_program_and_nowhere_else() throws Exception {
        Path program = Files.createDirectory(folder.resolve("program"));
        Path objects = placeOf(ObjectPlane.class);
        Path engine = placeOf(HibernateEngine.class);
        List<URL> classPath = new ArrayList<>();
        List<Path> apart = new ArrayList<>(List.of(engine));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, 0)) {
            Path place = Path.of(entry).toAbsolutePath();
            boolean library = place.getFileName()
                    .toString()
                    .matches("(hibernate|jakarta|byte-buddy|antlr4|jaxb|txw2|istack|angus|jboss-logging).*\\.jar");
            if (library) {
                apart.add(place);
            } else if (!place.equals(engine) && !place.equals(objects)) {
                classPath.add(place.toUri().toURL());
            }
        }
        classPath.add(brought(objects, program.resolve("objects.jar")).toUri().toURL());
        ExampleJar.write(folder.resolve("shop.jar"));
        try (URLClassLoader loader =
                new URLClassLoader(classPath.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
            Function<Path, List<String>> probe =
                    (Function<Path, List<String>>) loader.loadClass(ProgramProbe.class.getName())
                            .getConstructor()
                            .newInstance();
            assertThatThrownBy(() -> probe.apply(folder)).hasMessageContaining("what maps entities is not there");
            Path hibernate = Files.createDirectory(program.resolve("hibernate"));
            for (Path library : apart) {
                brought(library, hibernate.resolve(apart.indexOf(library) + ".jar"));
            }
            assertThat(probe.apply(folder)).containsExactly("Customer", "Line", "Product", "Purchase", "Root");
            assertThatThrownBy(() -> loader.loadClass("org.hibernate.Session"))
                    .isInstanceOf(ClassNotFoundException.class);
        }
    }

    /// @param library a jar, or a folder of classes where nothing was packed yet
    private static Path brought(Path library, Path jar) throws IOException {
        if (Files.isDirectory(library)) {
            ExampleJar.pack(library, jar);
            return jar;
        }
        return Files.copy(library, jar);
    }

    private static Path placeOf(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
