package com.databroker.core;

/// One place in a document and what is wrong there.
///
/// @param line counted from 1; 0 where the whole document is meant
/// @param column counted from 1; 0 where the whole line is meant
/// @param message what is wrong and what would be right
public record Finding(int line, int column, String message) {
    @Override
    public String toString() {
        return line == 0 ? message : "line " + line + ", column " + column + ": " + message;
    }
}
