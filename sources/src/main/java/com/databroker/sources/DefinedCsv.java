package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Utf8;
import com.databroker.streams.Intake;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads comma-separated values as RFC 4180 has them: `{"<column>": "<cell>", …}` for each row.
///
/// ```
///   row    cell *(separator cell) (CRLF / LF / end), or CR in a file whose first row ends so
///   cell   quote *(anything, quotes twice) quote     or     anything but separator and line end
/// ```
/// A row with more or fewer cells than there are columns is set aside: nobody knows which of them is missing. Where
/// a quote has no end, the row ends at its limit, and reading goes on with the line after that.
///
/// What is set aside has the first row as its head where that says the columns, so that it can be read without its
/// file.
final class DefinedCsv {
    private static final int ROW_MAX = 1 << 20;
    private static final int CELLS_MAX = 1000;
    private static final int BUFFER = 64 << 10;
    private static final int END = -1;
    private static final int NONE = -2;

    private final Definition definition;
    private final GithubBytes from;
    private final DefinedReader.Found found;
    private final int separator;
    private final int quote;
    private final boolean piece;
    private final boolean headed;

    private final byte[] buffer = new byte[BUFFER];
    private int at;
    private int end;
    private int pushed = NONE;

    private List<String> columns;
    private Bytes head = Bytes.EMPTY;
    private final List<byte[]> cells = new ArrayList<>();
    private final ByteArrayOutputStream cell = new ByteArrayOutputStream();
    private final ByteArrayOutputStream raw = new ByteArrayOutputStream();
    private long line = 1;
    private int ending = NONE;
    private @Nullable String wrong;

    /// @param piece as [com.databroker.streams.Body#PIECE] has it; null of a whole body
    DefinedCsv(Definition definition, GithubBytes from, DefinedReader.Found found, @Nullable String piece) {
        this.definition = definition;
        this.from = from;
        this.found = found;
        this.piece = piece != null;
        this.headed = piece != null && !piece.equals("0");
        this.separator = definition.format().cellSeparator();
        this.quote = definition.format().cellQuote();
        this.columns = definition.format().columns();
    }

    void read() throws IOException {
        mark();
        for (int i = 0; !piece && i < definition.format().skip(); i++) {
            passLine();
        }
        if (columns.isEmpty() && !header()) {
            return;
        }
        if (headed) {
            // Whoever corrected what follows may have ended its rows otherwise, and counts from its beginning.
            line = 1;
            ending = NONE;
        }
        long began = line;
        while (row()) {
            boolean blank = cells.size() == 1 && cells.getFirst().length == 0 && wrong == null;
            if (!blank && !(headed && began == 1 && isHeaderAgain())) {
                take("line " + began);
            }
            began = line;
        }
    }

    /// Whether somebody put the header in front of what was set aside, where it stands already.
    private boolean isHeaderAgain() {
        return cells.stream()
                .map(each -> String.valueOf(Utf8.decode(each, 0, each.length)).strip())
                .toList()
                .equals(columns);
    }

    /// The byte order mark that some programs write in front.
    private void mark() throws IOException {
        pushed = next();
        if (pushed == 0xef && end - at >= 2 && buffer[at] == (byte) 0xbb && buffer[at + 1] == (byte) 0xbf) {
            at += 2;
            pushed = NONE;
        }
    }

    private boolean header() throws IOException {
        if (!row()) {
            return false;
        }
        List<String> names = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (byte[] each : cells) {
            String name = Utf8.decode(each, 0, each.length);
            if (name == null) {
                wrong = "a column's name is not UTF-8";
            } else if (!name.isBlank() && !seen.add(name.strip())) {
                wrong = "there are two columns " + name.strip();
            }
            names.add(name == null ? "" : name.strip());
        }
        String lacking = definition.fields().entrySet().stream()
                .filter(field -> field.getValue().required() || definition.id().contains(field.getKey()))
                .map(field -> field.getValue().from(field.getKey()))
                .filter(name -> !seen.contains(name))
                .collect(Collectors.joining(", "));
        if (wrong == null && !lacking.isEmpty()) {
            wrong = "the first row has no column " + lacking;
        }
        if (piece && !headed && names().noneMatch(seen::contains)) {
            wrong = "the first row is no header: no field is of a column with such a name";
        }
        if (wrong != null) {
            // Without it, nothing below means anything.
            found.reject("the first row", wrong, Bytes.wrap(raw.toByteArray()));
            return false;
        }
        columns = names;
        head = raw.size() <= Intake.HEAD_BYTES_MAX ? Bytes.wrap(raw.toByteArray()) : Bytes.EMPTY;
        return true;
    }

    private Stream<String> names() {
        return definition.fields().entrySet().stream()
                .map(field -> field.getValue().from(field.getKey()));
    }

    private void take(String position) {
        if (wrong == null && cells.size() != columns.size()) {
            wrong = "it has " + cells.size() + (cells.size() == 1 ? " cell" : " cells") + ", and there are "
                    + columns.size() + " columns";
        }
        List<String> texts = new ArrayList<>();
        for (byte[] each : cells) {
            String text = Utf8.decode(each, 0, each.length);
            if (text == null && wrong == null) {
                wrong = "it is not UTF-8";
            }
            texts.add(text == null ? "" : text);
        }
        if (wrong != null) {
            found.reject(position, wrong, Bytes.wrap(raw.toByteArray()), head);
            return;
        }
        Bytes json = Json.bytes(out -> {
            out.writeStartObject();
            for (int i = 0; i < texts.size(); i++) {
                if (!columns.get(i).isEmpty() && !texts.get(i).isEmpty()) {
                    out.writeStringProperty(columns.get(i), texts.get(i));
                }
            }
            out.writeEndObject();
        });
        found.record(position, json, Bytes.wrap(raw.toByteArray()), head);
    }

    /// Reads a row; false where there is none.
    private boolean row() throws IOException {
        cells.clear();
        cell.reset();
        raw.reset();
        wrong = null;
        int first = next();
        if (first == END) {
            return false;
        }
        pushed = first;
        while (cell()) {
            if (cells.size() > CELLS_MAX) {
                wrong = "it has more than " + CELLS_MAX + " cells";
                passLine();
                return true;
            }
        }
        return true;
    }

    /// Reads a cell; whether another follows.
    private boolean cell() throws IOException {
        cell.reset();
        int b = taken();
        if (b == quote && quote != 0) {
            b = quoted();
        }
        while (b != END && b != separator && !endsRow(b)) {
            if (raw.size() > ROW_MAX) {
                return tooLong();
            }
            cell.write(b);
            b = taken();
        }
        byte[] bytes = cell.toByteArray();
        boolean carriage = b != separator && bytes.length > 0 && bytes[bytes.length - 1] == '\r';
        cells.add(carriage ? java.util.Arrays.copyOf(bytes, bytes.length - 1) : bytes);
        return b == separator;
    }

    /// From behind the quote that begins it to the byte behind the one that ends it.
    private int quoted() throws IOException {
        int b = taken();
        while (b != END) {
            if (b == quote) {
                b = taken();
                if (b != quote) {
                    return behindQuote(b);
                }
            }
            if (raw.size() > ROW_MAX) {
                tooLong();
                return END;
            }
            cell.write(b);
            b = taken();
        }
        wrong = "a quote has no end";
        return END;
    }

    /// Whether a byte outside quotes ends the row. A carriage return alone does in a file whose first row ends with
    /// one, as some programs still write them; in any other file it belongs to the cell.
    private boolean endsRow(int b) throws IOException {
        if (ending == NONE && b == '\r') {
            pushed = next();
            ending = pushed == '\n' ? '\n' : '\r';
            line += ending == '\r' ? 1 : 0;
        } else if (ending == NONE && b == '\n') {
            ending = '\n';
        }
        return b == ending;
    }

    private int behindQuote(int b) throws IOException {
        if (endsRow(b)) {
            return b;
        }
        if (b == '\r') {
            int after = taken();
            if (after == '\n' || after == END) {
                return after;
            }
            b = after;
        }
        if (b != separator && b != END && !endsRow(b) && wrong == null) {
            wrong = "something stands behind the quote that ends a cell";
        }
        return b;
    }

    private boolean tooLong() throws IOException {
        wrong = "it is longer than " + ROW_MAX + " bytes; perhaps a quote has no end";
        passLine();
        return false;
    }

    private void passLine() throws IOException {
        int b = next();
        while (b != END && !endsRow(b)) {
            b = next();
        }
    }

    private int taken() throws IOException {
        int b = next();
        if (b != END && raw.size() <= ROW_MAX) {
            raw.write(b);
        }
        return b;
    }

    private int next() throws IOException {
        if (pushed != NONE) {
            int b = pushed;
            pushed = NONE;
            return b;
        }
        if (at == end) {
            at = 0;
            end = Math.max(from.read(buffer, 0, BUFFER), 0);
            if (end == 0) {
                return END;
            }
        }
        int b = buffer[at++] & 0xff;
        if (b == '\n' || (b == '\r' && ending == '\r')) {
            line++;
        }
        return b;
    }
}
