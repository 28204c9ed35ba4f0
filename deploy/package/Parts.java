import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// What a package is made of: every jar in its `lib`, no other, with what the lists of its modules know of it.
///
/// Arguments: the folder of the package, the time of all that is in it, then CycloneDX lists in JSON, that of the
/// program first. Packs the program's own jars anew, and writes `sbom.json` and `LICENCES.tsv`. A jar that no list
/// names is an error.
final class Parts {
    private static final Pattern CLASSIFIER = Pattern.compile("[?&]classifier=([^&]+)");

    /// Components by the names of their jars, all that the lists know.
    private final Map<String, Map<String, Object>> known = new TreeMap<>();

    /// By reference, what each needs.
    private final Map<String, Set<String>> needs = new TreeMap<>();

    private final List<String> modules = new ArrayList<>();

    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments[0]);
        Parts parts = new Parts();
        Map<String, Object> program = Map.of();
        for (int i = 2; i < arguments.length; i++) {
            Map<String, Object> list = read(Path.of(arguments[i]));
            parts.add(list);
            program = i == 2 ? list : program;
        }
        LocalDateTime time = OffsetDateTime.parse(arguments[1]).toLocalDateTime();
        for (Path jar : jars(root.resolve("lib"))) {
            if (String.valueOf(jar.getFileName()).startsWith("databroker-")) {
                repack(jar, time);
            }
        }
        parts.write(root, program);
    }

    /// The same entries, without the rights that files had where they were built: those are a matter of umask.
    private static void repack(Path jar, LocalDateTime time) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (ZipFile from = new ZipFile(jar.toFile());
                ZipOutputStream to = new ZipOutputStream(packed)) {
            for (ZipEntry each : Collections.list(from.entries())) {
                ZipEntry entry = new ZipEntry(each.getName());
                // Without a zone: the form has none, and another would be this machine's.
                entry.setTimeLocal(time);
                if (each.isDirectory()) {
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(0);
                    entry.setCrc(0);
                }
                to.putNextEntry(entry);
                from.getInputStream(each).transferTo(to);
                to.closeEntry();
            }
        }
        Files.write(jar, packed.toByteArray());
    }

    private static Map<String, Object> read(Path file) throws IOException {
        return Json.parseObject(Bytes.wrap(Files.readAllBytes(file)));
    }

    private void add(Map<String, Object> list) {
        Map<String, Object> module = object(object(list.get("metadata")).get("component"));
        modules.add(text(module, "bom-ref"));
        known.put(jar(module), module);
        for (Object component : (List<?>) list.get("components")) {
            known.putIfAbsent(jar(object(component)), object(component));
        }
        for (Object dependency : (List<?>) list.get("dependencies")) {
            Set<String> needed = needs.computeIfAbsent(text(object(dependency), "ref"), ref -> new TreeSet<>());
            if (object(dependency).get("dependsOn") instanceof List<?> refs) {
                refs.forEach(ref -> needed.add(String.valueOf(ref)));
            }
        }
    }

    private void write(Path root, Map<String, Object> program) throws IOException {
        Map<String, Object> components = new LinkedHashMap<>();
        List<String> licences = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (Path jar : jars(root.resolve("lib"))) {
            Map<String, Object> found = known.get(String.valueOf(jar.getFileName()));
            if (found == null) {
                unknown.add(root.relativize(jar).toString());
                continue;
            }
            Map<String, Object> component = new LinkedHashMap<>(found);
            component.put("type", "library");
            component.put("hashes", List.of(new TreeMap<>(Map.of("alg", "SHA-256", "content", sha256(jar)))));
            components.put(text(found, "bom-ref"), component);
            licences.add(text(found, "group") + ":" + text(found, "name") + "\t" + text(found, "version") + "\t"
                    + licences(found));
        }
        if (!unknown.isEmpty()) {
            throw new IllegalStateException("no list of parts names " + unknown);
        }
        String itself = modules.getFirst();
        needs.get(itself).addAll(modules.subList(1, modules.size()));
        components.remove(itself);
        List<Object> dependencies = new ArrayList<>();
        needs.forEach((ref, needed) -> {
            if (ref.equals(itself) || components.containsKey(ref)) {
                needed.retainAll(components.keySet());
                dependencies.add(new TreeMap<>(Map.of("ref", ref, "dependsOn", List.copyOf(needed))));
            }
        });
        Map<String, Object> sbom = new LinkedHashMap<>(program);
        sbom.put("components", List.copyOf(components.values()));
        sbom.put("dependencies", dependencies);
        Files.write(root.resolve("sbom.json"), Json.bytes(json -> Json.writeTree(json, sbom)).toArray());
        Files.write(root.resolve("LICENCES.tsv"), licences.stream().sorted().distinct().toList());
    }

    private static List<Path> jars(Path lib) throws IOException {
        try (Stream<Path> files = Files.walk(lib)) {
            return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
    }

    private static String jar(Map<String, Object> component) {
        Matcher classifier = CLASSIFIER.matcher(text(component, "purl"));
        return text(component, "name") + "-" + text(component, "version")
                + (classifier.find() ? "-" + classifier.group(1) : "") + ".jar";
    }

    private static String licences(Map<String, Object> component) {
        List<String> names = new ArrayList<>();
        if (component.get("licenses") instanceof List<?> choices) {
            for (Object choice : choices) {
                Map<String, Object> each = object(choice);
                if (each.get("license") instanceof Map<?, ?> licence) {
                    names.add(String.valueOf(licence.get(licence.containsKey("id") ? "id" : "name")));
                } else {
                    names.add(text(each, "expression"));
                }
            }
        }
        return names.isEmpty() ? "see its jar" : String.join(", ", names);
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new IllegalStateException(everyJavaHasIt);
        }
    }

    private static String text(Map<String, Object> object, String name) {
        return String.valueOf(object.getOrDefault(name, ""));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object tree) {
        return (Map<String, Object>) tree;
    }
}
