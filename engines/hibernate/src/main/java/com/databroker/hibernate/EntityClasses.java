package com.databroker.hibernate;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.Annotation;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.attribute.RuntimeVisibleAnnotationsAttribute;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/// Finds the classes that JPA maps, by the annotations in their files: none of them is loaded for that, and
/// no `persistence.xml` is needed to name them.
final class EntityClasses {
    private static final String PACKAGE = "Ljakarta/persistence/";
    private static final Set<String> MAPPED =
            Set.of(PACKAGE + "Entity;", PACKAGE + "Embeddable;", PACKAGE + "MappedSuperclass;", PACKAGE + "Converter;");
    private static final String CLASS = ".class";

    private EntityClasses() {}

    /// Their names.
    static Set<String> in(List<URL> places) {
        Set<String> names = new TreeSet<>();
        for (URL place : places) {
            try {
                Path path = Path.of(place.toURI());
                if (Files.isDirectory(path)) {
                    ofFolder(path, names);
                } else {
                    ofJar(path, names);
                }
            } catch (IOException | IllegalArgumentException unreadable) {
                throw new ProblemException(
                        Problem.CONFIGURATION_INVALID, place + " holds no classes that can be read", unreadable);
            } catch (URISyntaxException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        return names;
    }

    private static void ofFolder(Path folder, Set<String> names) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(folder)) {
            all.filter(file -> file.toString().endsWith(CLASS)).forEach(files::add);
        }
        for (Path file : files) {
            add(Files.readAllBytes(file), names);
        }
    }

    private static void ofJar(Path jar, Set<String> names) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Enumeration<JarEntry> entries = file.entries();
            while (entries.hasMoreElements()) {
                JarEntry entry = entries.nextElement();
                boolean versioned = entry.getName().startsWith("META-INF/");
                if (entry.getName().endsWith(CLASS)
                        && !versioned
                        && !entry.getName().endsWith("module-info.class")) {
                    try (InputStream in = file.getInputStream(entry)) {
                        add(in.readAllBytes(), names);
                    }
                }
            }
        }
    }

    private static void add(byte[] bytes, Set<String> names) {
        ClassModel read = ClassFile.of().parse(bytes);
        RuntimeVisibleAnnotationsAttribute annotations =
                read.findAttribute(Attributes.runtimeVisibleAnnotations()).orElse(null);
        if (annotations == null) {
            return;
        }
        for (Annotation annotation : annotations.annotations()) {
            if (MAPPED.contains(annotation.className().stringValue())) {
                names.add(read.thisClass().asInternalName().replace('/', '.'));
            }
        }
    }
}
