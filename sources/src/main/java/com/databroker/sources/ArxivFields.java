package com.databroker.sources;

import static com.databroker.streams.FieldType.BOOL;
import static com.databroker.streams.FieldType.INT;
import static com.databroker.streams.FieldType.KEYWORD;
import static com.databroker.streams.FieldType.LONG;
import static com.databroker.streams.FieldType.TEXT;
import static com.databroker.streams.FieldType.TIME;

import com.databroker.streams.FieldType;
import com.databroker.streams.Schema;

/// The fields of a paper, or of one of its versions.
final class ArxivFields {
    static final Schema AUTHOR = Schema.named("arxiv.author.v1")
            .add("name", KEYWORD, "forenames, keyname, suffix, in Unicode without LaTeX")
            .add("keyname", KEYWORD, "the name to sort by; told by OAI-PMH, guessed from the name otherwise")
            .add("forenames", KEYWORD, "the rest of the name, without suffix")
            .add("affiliation", FieldType.listOf(KEYWORD), "institutions, as told")
            .build();
    static final Schema VERSION = Schema.named("arxiv.version.v1")
            .add("n", INT, "number of the version, from 1")
            .add("date", TIME, "when it was submitted")
            .add("size", LONG, "bytes of the source, of kilobytes as told")
            .build();
    static final Schema LINKS = Schema.named("arxiv.links.v1")
            .add("abs", KEYWORD, "page of the abstract")
            .add("pdf", KEYWORD, "the paper at arxiv.org")
            .add("doi", KEYWORD, "the published paper, by its DOI")
            .build();

    static final Schema SCHEMA = Schema.named("arxiv.paper.v1")
            .add("id", KEYWORD, "id and version: 2104.12255v1; id@datestamp where OAI-PMH tells no version")
            .add("arxiv_id", KEYWORD, "the id without version, the same for all of them")
            .add("version", INT, "number of the version, from 1; null where it is not told")
            .add("title", TEXT, "as written, in one line")
            .add("abstract", TEXT, "as written, in one line")
            .add("plain_title", TEXT, "the title without LaTeX; null where it has none")
            .add("plain_abstract", TEXT, "the abstract without LaTeX; null where it has none")
            .add("authors", FieldType.listOf(FieldType.structOf(AUTHOR)), "in their order")
            .add("author_count", INT, "how many authors there are, also where more than 20,000 were not kept")
            .add("primary_category", KEYWORD, "the first category: math.CO")
            .add("categories", FieldType.listOf(KEYWORD), "all categories, the primary one too")
            .add(
                    "archives",
                    FieldType.listOf(KEYWORD),
                    "of the categories: math; without categories," + " of the OAI sets")
            .add("groups", FieldType.listOf(KEYWORD), "of the archives: physics")
            .add("msc", FieldType.listOf(KEYWORD), "codes of the Mathematics Subject Classification: 14J60")
            .add("acm", FieldType.listOf(KEYWORD), "codes of the ACM Computing Classification: I.2.7")
            .add("subjects", FieldType.listOf(KEYWORD), "subjects in words, of Dublin Core")
            .add("published", TIME, "when the first version was submitted")
            .add("updated", TIME, "when this version was submitted, else when its record changed, else its arrival")
            .add("datestamp", KEYWORD, "day of the last change of the record, of OAI-PMH")
            .add("sets", FieldType.listOf(KEYWORD), "sets of OAI-PMH: physics:hep-th")
            .add("deleted", BOOL, "whether OAI-PMH says that the record is gone")
            .add("doi", KEYWORD, "the first DOI, lower case, without address")
            .add("dois", FieldType.listOf(KEYWORD), "all of them")
            .add("journal_ref", TEXT, "where it appeared, as told")
            .add("comment", TEXT, "what the authors say of it: pages, figures, conference")
            .add("pages", INT, "pages, by the comment")
            .add("figures", INT, "figures, by the comment; 0 where it says no figures")
            .add("report_no", KEYWORD, "number of the report")
            .add("license", KEYWORD, "address of the licence")
            .add("submitter", KEYWORD, "who submitted it; never the address of e-mail")
            .add("versions", FieldType.listOf(FieldType.structOf(VERSION)), "all versions until then")
            .add("links", FieldType.structOf(LINKS), "addresses of the paper; nothing of it is stored here")
            .add("source", KEYWORD, "api, oai or abs")
            .add("format", KEYWORD, "atom, arXiv, arXivRaw, oai_dc or abs")
            .add("fetched_at", TIME, "when it was collected")
            .add("content_hash", KEYWORD, "SHA-256 of what it says, 64 digits: equal where nothing but dates changed")
            .build();

    private ArxivFields() {}
}
