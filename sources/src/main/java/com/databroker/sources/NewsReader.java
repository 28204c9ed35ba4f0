package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.Intake;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// Reads a feed of any format, and gives each of its entries.
///
/// The format is told by what the document is, not by what it is called: JSON begins with a brace, all else
/// is looked through for the first element of a feed. A document that came compressed is unpacked, up to
/// the same limit.
final class NewsReader implements BodyReader {
    /// The largest document, unpacked.
    static final int DOCUMENT_MAX = 10 << 20;

    private static final int EXCERPT_MAX = 400;

    @Override
    public void read(Body body, Intake into) throws IOException {
        byte[] bytes = unpacked(body.bytes().readNBytes(DOCUMENT_MAX + 1));
        boolean cut = bytes.length > DOCUMENT_MAX;
        String document = FeedCharset.decode(
                cut ? Arrays.copyOf(bytes, DOCUMENT_MAX) : bytes, body.headers().get("content-type"));
        if (FeedChars.isBlank(document)) {
            into.reject("byte 0", "the document is empty", Bytes.EMPTY);
            return;
        }
        String address = address(body);
        FeedHead head = new FeedHead();
        Found found = new Found();
        boolean json = startsWithBrace(document);
        String reason = json
                ? new FeedJson(document, address, head, found).read()
                : new FeedXmlReader(document, address, head, found).read();
        if (reason != null) {
            into.reject("byte 0", reason, excerpt(document, 0, document.length()));
            return;
        }
        String name =
                FeedUrls.withoutUser(FeedChars.clean(body.name(), 0, body.name().length()));
        give(found, new NewsItems(head, FeedUrls.isHttp(name) ? name : "", name), document, into);
        if (cut) {
            into.reject(
                    "byte " + DOCUMENT_MAX,
                    "the document has more than " + DOCUMENT_MAX + " bytes; what follows is not read",
                    Bytes.EMPTY);
        }
    }

    private static void give(Found found, NewsItems items, String document, Intake into) {
        for (Object part : found.parts) {
            if (part instanceof Rejected rejected) {
                into.reject(rejected.position, rejected.reason, excerpt(document, rejected.begin, rejected.end));
            } else if (part instanceof FeedItem item) {
                Collected collected = items.collected(item);
                if (collected.json().length() > Collected.JSON_BYTES_MAX) {
                    String reason = "the entry has more than " + Collected.JSON_BYTES_MAX + " bytes as JSON";
                    into.reject("entry " + item.number, reason, excerpt(document, item.begin, item.end));
                } else {
                    into.record(collected);
                }
            }
        }
    }

    /// To what the links of the document are relative.
    private static String address(Body body) {
        String name = FeedUrls.isHttp(body.name()) ? FeedUrls.withoutUser(body.name()) : "";
        String location = body.headers().get("content-location");
        if (location == null || location.isBlank()) {
            return name;
        }
        String resolved = FeedUrls.resolve(name, location);
        return FeedUrls.isHttp(resolved) ? resolved : name;
    }

    private static boolean startsWithBrace(String document) {
        int i = 0;
        while (i < document.length() && (document.charAt(i) <= ' ' || document.charAt(i) == '\uFEFF')) {
            i++;
        }
        return i < document.length() && (document.charAt(i) == '{' || document.charAt(i) == '[');
    }

    private static byte[] unpacked(byte[] bytes) {
        if (bytes.length < 18 || (bytes[0] & 0xFF) != 0x1F || (bytes[1] & 0xFF) != 0x8B) {
            return bytes;
        }
        try (InputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return readAsFarAsPossible(unpacked);
        } catch (IOException notGzip) {
            return bytes;
        }
    }

    private static byte[] readAsFarAsPossible(InputStream in) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 14];
        try {
            int count = in.read(buffer);
            while (count >= 0 && out.size() <= DOCUMENT_MAX) {
                out.write(buffer, 0, count);
                count = in.read(buffer);
            }
        } catch (IOException cutOff) {
            // What came before the damage is read as a document that is cut off.
        }
        return out.toByteArray();
    }

    private static Bytes excerpt(String document, int begin, int end) {
        int from = Math.min(Math.max(begin, 0), document.length());
        int to = Math.min(Math.min(Math.max(end, from), document.length()), from + EXCERPT_MAX);
        return Bytes.utf8(document.substring(from, to).strip());
    }

    private record Rejected(String position, String reason, int begin, int end) {}

    /// All parts in order: the feed's own words may come after its entries, and the ids need them.
    private static final class Found implements FeedFound {
        private final List<Object> parts = new ArrayList<>();

        @Override
        public void item(FeedItem item) {
            parts.add(item);
        }

        @Override
        public void reject(String position, String reason, int begin, int end) {
            parts.add(new Rejected(position, reason, begin, end));
        }
    }
}
