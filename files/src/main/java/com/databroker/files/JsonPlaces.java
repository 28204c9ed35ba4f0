package com.databroker.files;

/// Lines and columns of a document in UTF-8, both counted from 1; a column is a character, as editors count.
///
/// Fast where it is asked in the order of the document.
final class JsonPlaces {
    record Place(int line, int column) {}

    private final byte[] bytes;
    private int at;
    private int line = 1;
    private int column = 1;

    JsonPlaces(byte[] bytes) {
        this.bytes = bytes;
    }

    /// The place of the character that begins at `offset`, or of the end.
    Place of(int offset) {
        if (offset < at) {
            at = 0;
            line = 1;
            column = 1;
        }
        for (int end = Math.min(offset, bytes.length); at < end; at++) {
            byte b = bytes[at];
            if (b == '\n' || (b == '\r' && (at + 1 == bytes.length || bytes[at + 1] != '\n'))) {
                line++;
                column = 1;
            } else if ((b & 0xC0) != 0x80) {
                column++;
            }
        }
        return new Place(line, column);
    }
}
