package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.sources.ArxivReader.Reading;
import java.util.Set;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/// One XML document of arXiv. Entries and records are found at any depth, so that a record without its
/// envelope, or several answers under a root of somebody else, read as well.
final class ArxivDocument {
    private static final Set<String> ROOTS = Set.of(
            "feed", "entry", "OAI-PMH", "ListRecords", "GetRecord", "record", "records", "arXiv", "arXivRaw", "dc");

    private final Reading reading;
    private String word = "record";
    private @Nullable String responseDate;
    private @Nullable String resumptionToken;
    private @Nullable Long cursor;
    private @Nullable Long total;
    private @Nullable Long perPage;
    private @Nullable String error;
    private @Nullable String message;

    ArxivDocument(Reading reading) {
        this.reading = reading;
    }

    ArxivAnswer answer() {
        return new ArxivAnswer(
                responseDate, resumptionToken, cursor, total, perPage, error, message, reading.records());
    }

    /// Where reading is, for people.
    String position(int line) {
        return word + ' ' + (reading.records() + 1) + ", line " + line;
    }

    private String position() {
        return word + ' ' + (reading.records() + 1);
    }

    void read(ArxivXml xml) throws XMLStreamException {
        while (xml.next()) {
            if (!xml.isStart()) {
                continue;
            }
            String name = xml.name();
            if (xml.depth() == 1 && !ROOTS.contains(name)) {
                throw new XMLStreamException("its root is " + name + ", not one of arXiv");
            }
            switch (name) {
                case "entry" -> entry(xml);
                case "record" -> record(xml);
                case "arXiv", "arXivRaw", "dc" -> bare(xml);
                case "responseDate" -> responseDate = xml.text().strip();
                case "totalResults" -> total = number(xml.text());
                case "startIndex" -> cursor = number(xml.text());
                case "itemsPerPage" -> perPage = number(xml.text());
                case "resumptionToken" -> {
                    cursor = number(xml.attribute("cursor"));
                    total = number(xml.attribute("completeListSize"));
                    String token = xml.text().strip();
                    resumptionToken = token.isEmpty() ? null : token;
                }
                case "error" -> error(xml.attribute("code"), xml.text().strip());
                default -> {}
            }
        }
    }

    private static @Nullable Long number(@Nullable String text) {
        if (text == null || !text.strip().matches("\\d{1,15}")) {
            return null;
        }
        return Long.valueOf(text.strip());
    }

    private void error(@Nullable String code, String text) {
        error = code == null ? "error" : code;
        message = text;
        if (!error.equals("noRecordsMatch")) {
            String reason = "arXiv answers with the error " + error + ": " + text;
            reading.rejected("error", reason, ArxivReader.excerpt(text));
        }
    }

    /// An entry of the query API.
    private void entry(ArxivXml xml) throws XMLStreamException {
        word = "entry";
        ArxivEntry entry = new ArxivEntry();
        entry.format = "atom";
        String id = "";
        int outer = xml.depth() - 1;
        while (xml.next() && xml.depth() > outer) {
            if (!xml.isStart()) {
                continue;
            }
            switch (xml.name()) {
                case "id" -> id = xml.text().strip();
                case "title" -> entry.put("title", xml.text());
                case "summary" -> entry.put("abstract", xml.text());
                case "published" -> entry.put("published", xml.text());
                case "updated" -> entry.put("updated", xml.text());
                case "comment" -> entry.put("comment", xml.text());
                case "journal_ref" -> entry.put("journal_ref", xml.text());
                case "doi" -> dois(entry, xml.text());
                case "author" -> author(xml, entry);
                case "category" -> term(entry, "categories", xml.attribute("term"));
                case "primary_category" -> {
                    String term = xml.attribute("term");
                    entry.put("primary_category", term == null ? "" : term);
                }
                default -> xml.leave(xml.depth() - 1);
            }
        }
        String title = entry.text("title");
        if (id.contains("/api/errors") || ("Error".equals(title) && ArxivId.of(id) == null)) {
            error = "error";
            message = entry.text("abstract");
            reading.reject(position(), "arXiv answers with an error: " + message, ArxivReader.excerpt(id));
        } else {
            give(xml, entry, id);
        }
    }

    private static void term(ArxivEntry entry, String list, @Nullable String term) {
        if (term != null) {
            entry.add(list, term);
        }
    }

    private static void dois(ArxivEntry entry, String text) {
        for (String doi : text.strip().split("\\s+", -1)) {
            entry.add("dois", doi);
        }
    }

    /// Atom has a name, OAI-PMH its parts; both may have institutions.
    private static void author(ArxivXml xml, ArxivEntry entry) throws XMLStreamException {
        ArxivEntry.Author author = new ArxivEntry.Author();
        int outer = xml.depth() - 1;
        while (xml.next() && xml.depth() > outer) {
            if (!xml.isStart()) {
                continue;
            }
            String name = xml.name();
            switch (name) {
                case "name", "keyname", "forenames", "suffix" -> {
                    String text = ArxivText.oneLine(xml.text());
                    if (!text.isEmpty()) {
                        author.texts.merge(name, text, (one, more) -> one + ' ' + more);
                    }
                }
                case "affiliation" -> {
                    String text = ArxivText.oneLine(xml.text());
                    if (!text.isEmpty() && author.affiliations.size() < ArxivEntry.LIST_MAX) {
                        author.affiliations.add(text);
                    }
                }
                default -> xml.leave(xml.depth() - 1);
            }
        }
        entry.add(author);
    }

    /// A record of OAI-PMH.
    private void record(ArxivXml xml) throws XMLStreamException {
        word = "record";
        ArxivEntry entry = new ArxivEntry();
        String id = "";
        int outer = xml.depth() - 1;
        while (xml.next() && xml.depth() > outer) {
            if (!xml.isStart()) {
                continue;
            }
            switch (xml.name()) {
                case "header" -> entry.deleted = "deleted".equals(xml.attribute("status"));
                case "identifier" -> id = xml.text().strip();
                case "datestamp" -> entry.put("datestamp", xml.text());
                case "setSpec" -> entry.add("sets", xml.text());
                case "arXiv", "arXivRaw", "dc" -> metadata(xml, entry);
                case "metadata" -> {}
                default -> xml.leave(xml.depth() - 1);
            }
        }
        give(xml, entry, id.isEmpty() ? entry.texts.getOrDefault("id", "") : id);
    }

    /// The metadata alone, as some keep them.
    private void bare(ArxivXml xml) throws XMLStreamException {
        ArxivEntry entry = new ArxivEntry();
        metadata(xml, entry);
        give(xml, entry, entry.texts.getOrDefault("id", ""));
    }

    private static void metadata(ArxivXml xml, ArxivEntry entry) throws XMLStreamException {
        String format = xml.name();
        entry.format = format.equals("dc") ? "oai_dc" : format;
        int outer = xml.depth() - 1;
        while (xml.next() && xml.depth() > outer) {
            if (xml.isStart()) {
                if (format.equals("dc")) {
                    dublin(xml, entry);
                } else {
                    member(xml, entry);
                }
            }
        }
    }

    private static void member(ArxivXml xml, ArxivEntry entry) throws XMLStreamException {
        switch (xml.name()) {
            case "id" -> entry.put("id", xml.text());
            case "created" -> entry.put("published", xml.text());
            case "updated" -> entry.put("updated", xml.text());
            case "title" -> entry.put("title", xml.text());
            case "abstract" -> entry.put("abstract", xml.text());
            case "comments" -> entry.put("comment", xml.text());
            case "journal-ref" -> entry.put("journal_ref", xml.text());
            case "report-no" -> entry.put("report_no", xml.text());
            case "msc-class" -> entry.put("msc_class", xml.text());
            case "acm-class" -> entry.put("acm_class", xml.text());
            case "license" -> entry.put("license", xml.text());
            case "submitter" -> entry.put("submitter", ArxivText.withoutEmail(xml.text()));
            case "doi" -> dois(entry, xml.text());
            case "categories" -> {
                for (String category : xml.text().strip().split("\\s+", -1)) {
                    entry.add("categories", category);
                }
            }
            case "authors" -> authors(xml, entry);
            case "version" -> version(xml, entry);
            default -> xml.leave(xml.depth() - 1);
        }
    }

    /// Of `arXiv` elements, of `arXivRaw` one text.
    private static void authors(ArxivXml xml, ArxivEntry entry) throws XMLStreamException {
        if (entry.format.equals("arXivRaw")) {
            ArxivNames.authors(xml.text()).forEach(entry::add);
            return;
        }
        int outer = xml.depth() - 1;
        while (xml.next() && xml.depth() > outer) {
            if (xml.isStart()) {
                if (xml.name().equals("author")) {
                    author(xml, entry);
                } else {
                    xml.leave(xml.depth() - 1);
                }
            }
        }
    }

    private static void version(ArxivXml xml, ArxivEntry entry) throws XMLStreamException {
        String told = xml.attribute("version");
        int n = told != null && told.matches("v[1-9]\\d{0,2}") ? Integer.parseInt(told.substring(1)) : 0;
        String date = "";
        String size = "";
        int outer = xml.depth() - 1;
        while (xml.next() && xml.depth() > outer) {
            if (!xml.isStart()) {
                continue;
            }
            switch (xml.name()) {
                case "date" -> date = xml.text().strip();
                case "size" -> size = xml.text().strip();
                default -> xml.leave(xml.depth() - 1);
            }
        }
        if (entry.versions.size() < ArxivEntry.LIST_MAX) {
            entry.versions.add(new ArxivEntry.Version(n, date, size));
            entry.version = Math.max(entry.version, n);
        }
    }

    /// Dublin Core says everything in words; the second description is the comment.
    private static void dublin(ArxivXml xml, ArxivEntry entry) throws XMLStreamException {
        String name = xml.name();
        String text = xml.text();
        switch (name) {
            case "title" -> entry.put("title", text);
            case "creator" -> entry.add(ArxivNames.sorted(text));
            case "subject" -> entry.add("subjects", text);
            case "description" -> {
                boolean comment = text.strip().startsWith("Comment:");
                entry.put(
                        comment ? "comment" : "abstract", comment ? text.strip().substring(8) : text);
            }
            case "date" -> entry.add("dates", text);
            case "identifier" -> identifier(entry, text.strip());
            default -> {}
        }
    }

    private static void identifier(ArxivEntry entry, String text) {
        if (text.startsWith("doi:")) {
            entry.add("dois", text);
        } else if (ArxivId.of(text) != null) {
            entry.put("id", text);
        } else if (!text.startsWith("http")) {
            entry.put("journal_ref", text);
        }
    }

    private void give(ArxivXml xml, ArxivEntry entry, String told) {
        if (xml.wasTooLong()) {
            reading.reject(
                    position(),
                    "a text of it is longer than " + ArxivXml.TEXT_CHARS_MAX + " characters",
                    ArxivReader.excerpt(told));
            return;
        }
        ArxivId id = ArxivId.of(told);
        if (id == null) {
            Bytes excerpt = ArxivReader.excerpt(told.isEmpty() ? entry.texts.getOrDefault("title", "") : told);
            reading.reject(position(), "it has no id of arXiv", excerpt);
            return;
        }
        entry.texts.remove("id");
        entry.id = id.id();
        entry.version = Math.max(entry.version, id.version());
        if (!entry.deleted && entry.text("title") == null) {
            reading.reject(position(), "it has no title", ArxivReader.excerpt(told));
        } else {
            reading.record(position(), entry);
        }
    }
}
