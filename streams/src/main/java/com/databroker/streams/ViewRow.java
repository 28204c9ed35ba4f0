package com.databroker.streams;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple7;
import org.jspecify.annotations.Nullable;

/// A row of a view's table: a key on a day, or all keys of the day together that are not kept one by one.
///
/// @param day in days since 1970 UTC
/// @param key null for the others together
/// @param count records of the day with that key; of the others, the sum
/// @param keys 1; of the others, how many
/// @param records of the day, with or without a key
/// @param expected how many there would be as on the days before, NaN where nothing is known of them
/// @param score see [ViewScore], NaN as above
record ViewRow(int day, @Nullable String key, long count, long keys, long records, double expected, double score) {
    /// Between the steps of a job: a key begins with a mark, so that the others are the empty text.
    static final TypeInformation<Tuple7<Integer, String, Long, Long, Long, Double, Double>> TYPE =
            Types.TUPLE(Types.INT, Types.STRING, Types.LONG, Types.LONG, Types.LONG, Types.DOUBLE, Types.DOUBLE);

    static final String MARK = "=";

    static ViewRow of(Tuple7<Integer, String, Long, Long, Long, Double, Double> tuple) {
        String key = tuple.f1.isEmpty() ? null : tuple.f1.substring(MARK.length());
        return new ViewRow(tuple.f0, key, tuple.f2, tuple.f3, tuple.f4, tuple.f5, tuple.f6);
    }

    Tuple7<Integer, String, Long, Long, Long, Double, Double> tuple() {
        return Tuple7.of(day, key == null ? "" : MARK + key, count, keys, records, expected, score);
    }

    ViewRow scored(double asBefore) {
        return new ViewRow(day, key, count, keys, records, asBefore, ViewScore.of(count, asBefore));
    }
}
