package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A page of what is in a folder.
///
/// @param next what [Query#after] must say for the next page, null where there is none
public record Listing(List<FileEntry> entries, @Nullable String next) {
    /// What of a folder is wanted, and how.
    ///
    /// @param match of names, `*` for any characters and `?` for one; empty for all
    /// @param after where the page before ended, empty for the first
    /// @param limit entries of the page, 1 to [#LIMIT_MAX]
    public record Query(String match, Sort sort, boolean descending, String after, int limit) {
        public static final int LIMIT_MAX = 10_000;

        /// All by name, in one page as large as there is.
        public static final Query ALL = new Query("", Sort.NAME, false, "", LIMIT_MAX);

        /// @throws ProblemException [Problem#BAD_REQUEST]
        public Query {
            if (limit < 1 || limit > LIMIT_MAX) {
                throw new ProblemException(Problem.BAD_REQUEST, "limit must be 1 to " + LIMIT_MAX);
            }
            if (match.length() > 255) {
                throw new ProblemException(Problem.BAD_REQUEST, "match has more than 255 characters");
            }
        }

        boolean isByName() {
            return sort == Sort.NAME && !descending;
        }

        /// Folders have no size and come first by it; names decide between equals.
        Comparator<FileEntry> order() {
            Comparator<FileEntry> order = switch (sort) {
                case NAME -> Comparator.comparing(FileEntry::name);
                case SIZE -> Comparator.comparingLong(FileEntry::size).thenComparing(FileEntry::name);
                case MODIFIED -> Comparator.comparing(FileEntry::modified).thenComparing(FileEntry::name);
            };
            return descending ? order.reversed() : order;
        }
    }

    /// What a listing is ordered by.
    public enum Sort {
        NAME,
        SIZE,
        MODIFIED;

        /// @throws ProblemException [Problem#BAD_REQUEST]
        public static Sort of(String word) {
            for (Sort sort : values()) {
                if (sort.name().toLowerCase(Locale.ROOT).equals(word)) {
                    return sort;
                }
            }
            throw new ProblemException(
                    Problem.BAD_REQUEST, "sort \"" + Text.excerpt(word) + "\" is none of name, size and modified");
        }
    }

    /// Who asks for a folder may see some of what is in it.
    @FunctionalInterface
    public interface Visibility {
        boolean isVisible(String path, boolean folder);
    }
}
