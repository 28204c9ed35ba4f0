package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.UUID;

/// What frames and values are written to. A codec says how its bytes hold lists, maps, texts and numbers;
/// what it has no form of its own for is a map of one word, as [GraphWriter] draws it.
interface GraphOut {
    void startMap();

    /// Of a known size, where the codec can make use of it.
    default void startMap(int size) {
        startMap();
    }

    void endMap();

    void startList();

    /// Of a known size, where the codec can make use of it.
    default void startList(int size) {
        startList();
    }

    void endList();

    void name(String name);

    void text(String text);

    /// A text of which there are few, as the rights on an object are.
    default void term(String text) {
        text(text);
    }

    void number(long value);

    void number(double value);

    void truth(boolean value);

    void nothing();

    void bytes(Bytes value);

    default void text(String name, String text) {
        name(name);
        text(text);
    }

    default void number(String name, long value) {
        name(name);
        number(value);
    }

    default void truth(String name, boolean value) {
        name(name);
        truth(value);
    }

    default void word(String word, String text) {
        startMap();
        text(word, text);
        endMap();
    }

    /// A whole number of a user.
    default void whole(long value) {
        number(value);
    }

    default void whole(BigInteger value) {
        word("$int", value.toString());
    }

    default void decimal(BigDecimal value) {
        word("$dec", value.toString());
    }

    default void floating(double value) {
        number(value);
    }

    default void uuid(UUID value) {
        word("$uuid", value.toString());
    }

    default void date(LocalDate value) {
        word("$date", value.toString());
    }

    default void instant(Instant value) {
        word("$instant", value.toString());
    }

    default void offset(OffsetDateTime value) {
        word("$offset", GraphWriter.OFFSET.format(value));
    }

    /// Begins a list or map that will be met again.
    ///
    /// @param number how many were shared before it
    /// @return how many maps are to be ended behind it
    default int share(int number) {
        startMap();
        number("$id", number + 1L);
        name("$v");
        return 1;
    }

    /// The list or map with that number, again.
    default void again(int number) {
        startMap();
        number("$ref", number + 1L);
        endMap();
    }
}
