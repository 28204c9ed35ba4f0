package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `/docs`: the pages of the manual as they are in the source, which the build puts beside the classes.
///
/// ```
///   /docs                        what there is, each with title and headings
///   /docs/reference/files.md     one page, as Markdown; the console shows it
///   /docs/runbooks/down.md       what an alert's runbook_url names, behind the broker's address
///   /docs/guide/console-live.webp
/// ```
final class DocsHandler {
    private static final List<String> FOLDERS = List.of("guide", "explanation", "reference", "runbooks");
    private static final String ENDING = ".md";
    private static final String FENCE = "```";
    private static final Pattern NAME =
            Pattern.compile("(guide|explanation|reference|runbooks)/[A-Za-z0-9_-]+\\.(md|webp|yaml|json)");
    private static final Map<String, String> TYPES = Map.of(
            "md", "text/markdown; charset=utf-8",
            "webp", "image/webp",
            "yaml", "application/yaml",
            "json", Exchange.JSON);

    private volatile @Nullable Bytes list;

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        exchange.target().allow();
        String name = exchange.target().tail();
        exchange.blocking(() -> {
            boolean all = name.isEmpty();
            Bytes body = all ? list() : page(name);
            String type = all ? Exchange.JSON : TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "");
            exchange.onLoop(() -> {
                exchange.response()
                        .putHeader("X-Content-Type-Options", "nosniff")
                        .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                        .putHeader("Cache-Control", "no-cache");
                exchange.answer(200, type, body);
            });
        });
    }

    private static Bytes page(String name) {
        if (NAME.matcher(name).matches()) {
            try (InputStream in = DocsHandler.class.getResourceAsStream("docs/" + name)) {
                if (in != null) {
                    return Bytes.wrap(in.readAllBytes());
                }
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
        throw new ProblemException(Problem.NOT_FOUND, "the manual has no page " + Text.excerpt(name) + "; see /docs");
    }

    /// Made when it is asked for first; two who ask at once make the same.
    private Bytes list() {
        Bytes known = list;
        if (known != null) {
            return known;
        }
        List<String> names = new ArrayList<>();
        for (String folder : FOLDERS) {
            pages(folder).sorted().forEach(name -> names.add(folder + "/" + name));
        }
        Bytes made = Json.bytes(json -> {
            json.writeStartObject();
            json.writeName("pages");
            json.writeStartArray();
            for (String name : names) {
                List<String> headings = headings(page(name).utf8());
                json.writeStartObject();
                json.writeStringProperty("path", name.substring(0, name.length() - ENDING.length()));
                json.writeStringProperty("title", headings.isEmpty() ? name : headings.getFirst());
                json.writeName("headings");
                json.writeStartArray();
                headings.stream().skip(1).forEach(json::writeString);
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
        list = made;
        return made;
    }

    private static List<String> headings(String text) {
        List<String> headings = new ArrayList<>();
        boolean code = false;
        for (String line : text.split("\n", -1)) {
            if (line.startsWith(FENCE)) {
                code = !code;
            } else if (!code && (line.startsWith("# ") || line.startsWith("## "))) {
                headings.add(line.substring(line.indexOf(' ') + 1).strip());
            }
        }
        return headings;
    }

    /// Names of the pages of a folder: in a jar by its entries, in a build by its files.
    private static Stream<String> pages(String folder) {
        URL place = DocsHandler.class.getResource("docs/" + folder);
        if (place == null) {
            return Stream.empty();
        }
        try {
            if (place.openConnection() instanceof JarURLConnection inJar) {
                return inJar(inJar);
            }
            try (Stream<Path> files = Files.list(Path.of(URI.create(place.toString())))) {
                return files
                        .map(file -> String.valueOf(file.getFileName()))
                        .filter(name -> name.endsWith(ENDING))
                        .toList()
                        .stream();
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Stream<String> inJar(JarURLConnection connection) throws IOException {
        // A jar of its own: the one that classes are loaded from must stay open.
        connection.setUseCaches(false);
        String prefix = connection.getEntryName().replaceAll("/?$", "/");
        try (JarFile jar = connection.getJarFile()) {
            return jar.stream()
                    .map(JarEntry::getName)
                    .filter(name -> name.startsWith(prefix) && name.endsWith(ENDING))
                    .map(name -> name.substring(prefix.length()))
                    .toList()
                    .stream();
        }
    }
}
