package com.databroker.sources;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;
import org.jsoup.safety.Cleaner;
import org.jsoup.safety.Safelist;
import org.jsoup.select.NodeVisitor;

/// HTML of strangers as plain text, and as HTML that does nothing.
final class NewsHtml {
    /// Of longer HTML the rest is not looked at.
    static final int LENGTH_MAX = 1 << 20;

    private static final int DEPTH_MAX = 128;
    private static final Pattern TAG = Pattern.compile("</?([a-zA-Z][a-zA-Z0-9]{0,10})(?:\\s[^<>]{0,2000})?/?>");
    private static final Pattern REFERENCE = Pattern.compile("&(?:#\\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\\w{1,30});");
    private static final Set<String> TAGS = Set.of(
            "a",
            "abbr",
            "article",
            "b",
            "blockquote",
            "br",
            "caption",
            "center",
            "cite",
            "code",
            "col",
            "dd",
            "del",
            "details",
            "dfn",
            "div",
            "dl",
            "dt",
            "em",
            "figcaption",
            "figure",
            "font",
            "footer",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "i",
            "iframe",
            "img",
            "ins",
            "kbd",
            "li",
            "mark",
            "ol",
            "p",
            "pre",
            "q",
            "s",
            "samp",
            "script",
            "section",
            "small",
            "span",
            "strike",
            "strong",
            "style",
            "sub",
            "sup",
            "table",
            "tbody",
            "td",
            "tfoot",
            "th",
            "thead",
            "tr",
            "tt",
            "u",
            "ul",
            "video",
            "audio",
            "object",
            "embed",
            "form");
    /// What nobody reads.
    private static final Set<String> SILENT =
            Set.of("script", "style", "template", "noscript", "head", "iframe", "object", "svg", "math", "textarea");
    private static final Set<String> BLOCKS = Set.of(
            "address",
            "article",
            "aside",
            "blockquote",
            "br",
            "caption",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
            "main",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "table",
            "tr",
            "ul",
            "video",
            "audio",
            "img");
    private static final Set<String> CELLS = Set.of("td", "th");
    /// Pictures that are there to be counted when they are fetched.
    private static final Pattern COUNTERS = Pattern.compile("feedsportal\\.com/|feeds\\.feedburner\\.com/~|/b\\.gif\\?"
            + "|doubleclick\\.net/|pixel\\.wp\\.com/|stats\\.wordpress\\.com/"
            + "|feeds\\.wordpress\\.com/\\d|scorecardresearch\\.com/"
            + "|google-analytics\\.com/|quantserve\\.com/|pheedo\\.com/|/pixel\\.(gif|png)"
            + "|/track(ing)?[/?.]|/1x1\\.(gif|png)"
            + "|blogger\\.googleusercontent\\.com/tracker/|count(er)?\\.(gif|php)|/open\\.gif"
            + "|ivwbox\\.de/|wemfbox\\.ch/");

    private final Cleaner cleaner = new Cleaner(harmless());

    private static Safelist harmless() {
        return Safelist.relaxed()
                .addTags("abbr", "article", "aside", "cite", "del", "details", "dfn", "figcaption", "figure", "footer")
                .addTags("header", "hr", "ins", "kbd", "main", "mark", "nav", "s", "samp", "section", "summary", "time")
                .addTags("tt", "var", "wbr")
                .addAttributes("abbr", "title")
                .addAttributes("time", "datetime")
                .addProtocols("a", "href", "http", "https", "mailto", "ftp", "tel")
                .addEnforcedAttribute("a", "rel", "nofollow noopener noreferrer");
    }

    /// Whether text of which nobody said what it is, is HTML: it has a tag that HTML has, or a character
    /// reference.
    static boolean looksLike(String text) {
        int looked = Math.min(text.length(), 1 << 14);
        String head = text.substring(0, looked);
        Matcher tag = TAG.matcher(head);
        while (tag.find()) {
            if (TAGS.contains(tag.group(1).toLowerCase(Locale.ROOT))) {
                return true;
            }
        }
        return REFERENCE.matcher(head).find();
    }

    Document parse(String html, String base) {
        String bounded = NewsParser.cut(html, LENGTH_MAX);
        Parser parser = Parser.htmlParser().setMaxDepth(DEPTH_MAX);
        // The first one counts: so what strangers say of the base does not.
        StringBuilder whole = new StringBuilder("<base href=\"");
        FeedChars.escape(base, whole);
        Document document =
                parser.parseInput(whole.append("\"><body>").append(bounded).toString(), base);
        document.outputSettings().prettyPrint(false);
        return document;
    }

    /// The words, with a line end between blocks.
    static String text(Document document) {
        StringBuilder text = new StringBuilder();
        document.body().traverse(new NodeVisitor() {
            private int silent;

            @Override
            public void head(Node node, int depth) {
                if (node instanceof Element element) {
                    String name = element.normalName();
                    silent += SILENT.contains(name) ? 1 : 0;
                    gap(text, name);
                } else if (node instanceof TextNode words && silent == 0) {
                    text.append(words.getWholeText());
                }
            }

            @Override
            public void tail(Node node, int depth) {
                if (node instanceof Element element) {
                    silent -= SILENT.contains(element.normalName()) ? 1 : 0;
                    gap(text, element.normalName());
                }
            }
        });
        return tidy(text);
    }

    private static void gap(StringBuilder text, String name) {
        if (BLOCKS.contains(name)) {
            text.append('\u2028');
        } else if (CELLS.contains(name)) {
            text.append(' ');
        }
    }

    /// White space is one blank, a break of blocks one line end; nothing at the ends.
    static String tidy(CharSequence text) {
        StringBuilder tidy = new StringBuilder(text.length());
        char gap = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\u2028' || c == '\u2029') {
                gap = '\n';
            } else if (c <= ' ' || c == '\u00A0' || c == '\u200B' || c == '\uFEFF' || Character.isWhitespace(c)) {
                gap = gap == 0 ? ' ' : gap;
            } else if (c != '\u00AD') {
                if (gap != 0 && !tidy.isEmpty()) {
                    tidy.append(gap);
                }
                gap = 0;
                tidy.append(c);
            }
        }
        return tidy.toString();
    }

    /// The same without anything that runs, fetches or counts. Changes the document.
    String sanitised(Document document) {
        document.select("script, style, iframe, object, embed, form, svg, math, template, noscript, textarea, title")
                .remove();
        for (Element picture : document.select("img")) {
            if (isCounter(picture)) {
                picture.remove();
            }
        }
        Document clean = cleaner.clean(document);
        clean.outputSettings().prettyPrint(false);
        return clean.body().html().strip();
    }

    private static boolean isCounter(Element picture) {
        String style = picture.attr("style").toLowerCase(Locale.ROOT).replace(" ", "");
        boolean hidden = style.contains("display:none") || style.contains("visibility:hidden");
        return hidden
                || isDot(picture.attr("width"))
                || isDot(picture.attr("height"))
                || picture.attr("src").isBlank()
                || COUNTERS.matcher(picture.attr("src")).find();
    }

    private static boolean isDot(String size) {
        String digits = size.strip().replace("px", "");
        return digits.equals("0") || digits.equals("1") || digits.equals("2");
    }
}
