package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The header Range (RFC 9110, section 14): `bytes=0-99,200-,-50`.
final class ByteRanges {
    /// More are answered with the whole file: they are an attack more often than a wish.
    private static final int RANGES_MAX = 4;

    private static final String UNIT = "bytes=";
    private static final Pattern RANGE = Pattern.compile("\\s*(\\d{0,18})-(\\d{0,18})\\s*");

    /// Some bytes of a file, both ends included.
    record Range(long first, long last) {
        long length() {
            return last - first + 1;
        }

        String contentRange(long size) {
            return "bytes " + first + "-" + last + "/" + size;
        }
    }

    private ByteRanges() {}

    /// The ranges that a header asks of a file, in order, none overlapping; null for the whole file:
    /// nothing was asked, or what was asked has no meaning, or it would be too many.
    ///
    /// @throws ProblemException [Problem#RANGE_UNSATISFIABLE] where none of them lies in the file
    static @Nullable List<Range> of(@Nullable String header, long size) {
        if (header == null || !header.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
            return null;
        }
        List<Range> ranges = new ArrayList<>();
        String[] parts = header.substring(UNIT.length()).split(",", RANGES_MAX + 1);
        if (parts.length > RANGES_MAX) {
            return null;
        }
        for (String part : parts) {
            Matcher matcher = RANGE.matcher(part);
            if (!matcher.matches()
                    || (matcher.group(1).isEmpty() && matcher.group(2).isEmpty())) {
                return null;
            }
            Range range = range(matcher.group(1), matcher.group(2), size);
            if (range == null) {
                return null;
            }
            if (range.length() > 0) {
                ranges.add(range);
            }
        }
        if (ranges.isEmpty()) {
            throw new ProblemException(
                    Problem.RANGE_UNSATISFIABLE, "the file has " + size + " bytes, and none of those asked for");
        }
        return joined(ranges);
    }

    /// @return null where the range is written wrongly; one without bytes where it lies outside
    private static @Nullable Range range(String first, String last, long size) {
        if (first.isEmpty()) {
            long suffix = Math.min(Long.parseLong(last), size);
            return new Range(size - suffix, size - 1);
        }
        long from = Long.parseLong(first);
        long to = last.isEmpty() ? size - 1 : Long.parseLong(last);
        if (!last.isEmpty() && to < from) {
            return null;
        }
        return from >= size ? new Range(0, -1) : new Range(from, Math.min(to, size - 1));
    }

    private static List<Range> joined(List<Range> ranges) {
        List<Range> sorted =
                ranges.stream().sorted(Comparator.comparingLong(Range::first)).toList();
        List<Range> joined = new ArrayList<>();
        for (Range range : sorted) {
            Range before = joined.isEmpty() ? null : joined.getLast();
            if (before != null && range.first <= before.last + 1) {
                joined.set(joined.size() - 1, new Range(before.first, Math.max(before.last, range.last)));
            } else {
                joined.add(range);
            }
        }
        return joined;
    }
}
