package com.databroker.files;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Finds places in an XML file by reading it once more, as far as is needed: the parser tells where a tag ends, and
/// people look where it begins.
///
/// Lines end as in XML: LF, CR LF and CR alone. The parser counts columns in UTF-16, people count characters.
final class XmlPlaces implements AutoCloseable {
    private static final int CHUNK = 8192;

    private final Reader reader;
    /// Of the next character, as the parser counts.
    private int line = 1;

    private int column = 1;
    private int surrogates;
    private int before;
    private JsonPlaces.Place tag = new JsonPlaces.Place(1, 1);

    /// @param encoding as the parser found it; what is not of it is replaced, for it may come after the last place
    XmlPlaces(Path file, Charset encoding) throws IOException {
        this.reader = new BufferedReader(new InputStreamReader(Files.newInputStream(file), encoding));
    }

    /// Where the tag begins that ends at `line` and `column`. To be asked in the order of the file.
    JsonPlaces.Place tagThatEndsAt(int endLine, int endColumn) throws IOException {
        while (line < endLine || (line == endLine && column < endColumn)) {
            if (!read()) {
                break;
            }
        }
        return tag;
    }

    /// Where the first bytes are that are not UTF-8; the end where there are none.
    static JsonPlaces.Place notUtf8(Path file) throws IOException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.allocate(CHUNK).limit(0);
        CharBuffer chars = CharBuffer.allocate(CHUNK);
        try (SeekableByteChannel in = Files.newByteChannel(file);
                XmlPlaces places = new XmlPlaces(file, StandardCharsets.UTF_8)) {
            boolean end = false;
            CoderResult result = CoderResult.UNDERFLOW;
            while (!end && !result.isError()) {
                end = in.read(bytes.compact()) < 0;
                result = decoder.decode(bytes.flip(), chars.clear(), end);
                chars.flip().chars().forEach(places::step);
            }
            return places.here();
        }
    }

    private JsonPlaces.Place here() {
        return new JsonPlaces.Place(line, column - surrogates);
    }

    private boolean read() throws IOException {
        int c = reader.read();
        if (c < 0) {
            return false;
        }
        step(c);
        return true;
    }

    private void step(int c) {
        if (c == '<') {
            tag = here();
        }
        boolean inLineEnd = c == '\n' && before == '\r';
        before = c;
        if (inLineEnd) {
            return;
        }
        if (c == '\n' || c == '\r') {
            line++;
            column = 1;
            surrogates = 0;
        } else if (c != '\uFEFF' || line > 1 || column > 1) {
            column++;
            surrogates += Character.isLowSurrogate((char) c) ? 1 : 0;
        }
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
