package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Utf8;
import com.databroker.sources.ArxivReader.Reading;
import com.databroker.streams.Collected;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An `.abs` file: the metadata of a paper as arXiv keeps them, with all its versions until then.
///
/// ```
///   ---------------------------------------------
///   \\
///   arXiv:0704.0001
///   From: Some Body <somebody@example.org>              only the name is taken
///   Date: Mon, 2 Apr 2007 19:18:42 GMT   (764kb)        version 1
///   Date (revised v2): Tue, 24 Jul 2007 …   (707kb,D)   version 2
///
///   Title: …                                            goes on in lines that begin with a space
///   Authors: …
///   Categories: hep-ph
///   \\
///     the abstract
///   \\
/// ```
final class ArxivAbs {
    private static final int BYTES_MAX = Collected.JSON_BYTES_MAX;
    private static final Pattern FIELD =
            Pattern.compile("([A-Z][A-Za-z]*(?:[ -][A-Za-z]+)?)(?: ?\\([^)]{0,40}\\))?:(.*)");
    private static final Pattern REVISION = Pattern.compile("([^(]*)(?:\\(([^,)]*)[^)]*\\))?.*");

    private ArxivAbs() {}

    static void read(InputStream bytes, Reading reading) throws IOException {
        byte[] all = bytes.readNBytes(BYTES_MAX + 1);
        if (all.length > BYTES_MAX) {
            Bytes excerpt = Bytes.copyOf(all, 0, GithubParts.EXCERPT_MAX);
            reading.reject("record 1", "it is longer than " + BYTES_MAX + " bytes", excerpt);
            return;
        }
        String text = Utf8.decode(all, 0, all.length);
        // Before UTF-8, they were Latin-1.
        List<String> lines = (text == null ? new String(all, StandardCharsets.ISO_8859_1) : text)
                .lines()
                .toList();
        int at = 0;
        while ((at = next(lines, at)) < lines.size()) {
            int end = bar(lines, at);
            int last = bar(lines, end + 1);
            ArxivEntry entry = header(lines.subList(at, end));
            String position = "record " + (reading.records() + 1);
            Bytes excerpt = ArxivReader.excerpt(String.join("\n", lines.subList(at, end)));
            if (end == lines.size() || last == lines.size()) {
                reading.reject(position, "it is cut off", excerpt);
            } else if (entry == null) {
                reading.reject(position, "it has no id of arXiv", excerpt);
            } else if (entry.text("title") == null) {
                reading.reject(position, "it has no title", excerpt);
            } else {
                entry.put("abstract", String.join("\n", lines.subList(end + 1, last)));
                reading.record(position, entry);
            }
            at = last + 1;
        }
        if (reading.records() == 0) {
            reading.reject("record 1", "it holds no paper", Bytes.copyOf(all, 0, Math.min(all.length, 1024)));
        }
    }

    /// The line after the bar that a header follows.
    private static int next(List<String> lines, int from) {
        for (int at = from; at < lines.size(); at++) {
            boolean header = lines.get(at).startsWith("arXiv:") || lines.get(at).startsWith("Paper: ");
            if (header && at > 0 && isBar(lines.get(at - 1))) {
                return at;
            }
        }
        return lines.size();
    }

    private static int bar(List<String> lines, int from) {
        int at = Math.min(from, lines.size());
        while (at < lines.size() && !isBar(lines.get(at))) {
            at++;
        }
        return at;
    }

    private static boolean isBar(String line) {
        return line.stripTrailing().equals("\\\\");
    }

    private static @Nullable ArxivEntry header(List<String> lines) {
        ArxivEntry entry = new ArxivEntry();
        entry.format = "abs";
        String name = null;
        StringBuilder value = new StringBuilder();
        List<String[]> fields = new ArrayList<>();
        for (String line : lines) {
            boolean more = line.startsWith(" ") || line.startsWith("\t");
            Matcher matcher = FIELD.matcher(line);
            boolean begins = !more && (line.startsWith("arXiv:") || matcher.matches());
            if (begins) {
                add(fields, name, value);
                int colon = line.startsWith("arXiv:") ? 5 : matcher.start(2) - 1;
                name = line.startsWith("arXiv:") ? "arXiv" : matcher.group(1);
                value.setLength(0);
                value.append(line, colon + 1, line.length());
            } else if (!line.isBlank()) {
                value.append(' ').append(line.strip());
            }
        }
        add(fields, name, value);
        for (String[] field : fields) {
            put(entry, field[0].toLowerCase(Locale.ROOT), field[1]);
        }
        entry.version = entry.versions.size();
        return entry.id.isEmpty() ? null : entry;
    }

    private static void add(List<String[]> fields, @Nullable String name, StringBuilder value) {
        if (name != null) {
            fields.add(new String[] {name, value.toString().strip()});
        }
    }

    private static void put(ArxivEntry entry, String name, String value) {
        switch (name) {
            case "arxiv", "paper" -> {
                ArxivId id = ArxivId.of(value);
                entry.id = id == null ? "" : id.id();
            }
            case "from" -> entry.put("submitter", ArxivText.withoutEmail(value));
            case "date" -> revision(entry, value);
            case "title" -> entry.put("title", value);
            case "author", "authors" -> ArxivNames.authors(value).forEach(entry::add);
            case "categories" -> {
                for (String category : value.split("\\s+", -1)) {
                    entry.add("categories", category);
                }
            }
            case "comment", "comments" -> entry.put("comment", value);
            case "journal-ref" -> entry.put("journal_ref", value);
            case "report-no" -> entry.put("report_no", value);
            case "msc-class" -> entry.put("msc_class", value);
            case "acm-class" -> entry.put("acm_class", value);
            case "license" -> entry.put("license", value);
            case "doi" -> {
                for (String doi : value.split("\\s+", -1)) {
                    entry.add("dois", doi);
                }
            }
            default -> {}
        }
    }

    private static void revision(ArxivEntry entry, String value) {
        Matcher matcher = REVISION.matcher(value);
        if (matcher.matches() && entry.versions.size() < ArxivEntry.LIST_MAX) {
            String size = matcher.group(2) == null ? "" : matcher.group(2).strip();
            int n = entry.versions.size() + 1;
            entry.versions.add(new ArxivEntry.Version(n, matcher.group(1).strip(), size));
        }
    }
}
