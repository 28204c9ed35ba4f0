package com.databroker.server;

/// Where a value stands: in the file from a line and column to another (counted from 1, the end
/// excluded), or in a variable, a flag or the file as a whole, where the line is 0.
///
/// @param name the file, the variable or the flag
record ConfigPlace(String name, int line, int column, int endLine, int endColumn) {
    static ConfigPlace of(String name) {
        return new ConfigPlace(name, 0, 0, 0, 0);
    }

    /// `databroker.yaml:12` for the table of origins.
    String origin() {
        return line == 0 ? name : name + ":" + line;
    }

    boolean contains(int atLine, int atColumn) {
        boolean begun = atLine > line || (atLine == line && atColumn >= column);
        return begun && (atLine < endLine || (atLine == endLine && atColumn < endColumn));
    }

    @Override
    public String toString() {
        return line == 0 ? name : name + ":" + line + ":" + column;
    }
}
