package com.databroker.files;

import com.databroker.core.ByteSize;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How much of each rule's `quota` and `files-max` is taken: by files, and by what is to become one.
///
/// ```text
/// a path takes   bytes: the more of   the file that is there  |  all that is coming there, together
///                files: 1 where something is there or coming
/// ```
///
/// So what takes the place of a file needs room only for what it has more, however many do so at once the room
/// of the old one is given once, and what was let in fits at its end: a commit takes no more than its [Claim] did.
/// For threads; index and count change in one step ([#together]), under a lock for which nobody waits long.
final class Quotas {
    /// What is to come to a path, beside what is counted as being there.
    private static final class Coming {
        private long size;
        private int there;
        private long bytes;
        private int uploads;
        private int leaving;

        Coming(@Nullable Known file) {
            stands(file);
        }

        final void stands(@Nullable Known file) {
            size = sizeOf(file);
            there = file == null ? 0 : 1;
        }

        /// Beyond the file. Where that is about to leave for another place of the same rule, it is no room for others.
        long moreBytes() {
            return leaving > 0 ? bytes : Math.max(0, bytes - size);
        }

        long moreFiles() {
            int coming = uploads > 0 ? 1 : 0;
            return leaving > 0 ? coming : Math.max(0, coming - there);
        }

        boolean isOver() {
            return uploads == 0 && leaving == 0;
        }
    }

    /// One rule, and what it has counted.
    private final class Rule {
        private final String name;
        private final FileRule says;
        private final Pattern pattern;
        private final Map<String, Coming> coming = new HashMap<>();
        private long bytes;
        private long files;

        Rule(String name, FileRule says) {
            this.name = name;
            this.says = says;
            this.pattern = says.pattern();
        }

        void count(String path, @Nullable Known before, @Nullable Known after) {
            bytes += sizeOf(after) - sizeOf(before);
            files += (after == null ? 0 : 1) - (before == null ? 0 : 1);
            Coming at = coming.get(path);
            if (at != null) {
                add(at, -1);
                at.stands(after);
                add(at, 1);
            }
        }

        private void add(Coming at, int sign) {
            bytes += sign * at.moreBytes();
            files += sign * at.moreFiles();
        }

        void come(String path, long moreBytes, int moreUploads, int moreLeaving) {
            Coming at = coming.computeIfAbsent(path, fresh -> new Coming(index.get(fresh)));
            add(at, -1);
            at.bytes += moreBytes;
            at.uploads += moreUploads;
            at.leaving += moreLeaving;
            add(at, 1);
            if (at.isOver()) {
                coming.remove(path);
            }
        }

        /// Takes back what does not fit.
        void comeIfFits(String path, long moreBytes, int moreUploads, int moreLeaving) {
            long bytesBefore = bytes;
            long filesBefore = files;
            come(path, moreBytes, moreUploads, moreLeaving);
            ProblemException full = refusal(bytesBefore, filesBefore);
            if (full != null) {
                come(path, -moreBytes, -moreUploads, -moreLeaving);
                throw full;
            }
        }

        /// A limit that was lowered, or passed by another program, refuses only what takes more.
        private @Nullable ProblemException refusal(long bytesBefore, long filesBefore) {
            ByteSize quota = says.quota();
            String all = "the files of " + says.path() + ", with those under way, ";
            if (quota != null && bytes > bytesBefore && bytes > quota.bytes()) {
                return new ProblemException(
                        Problem.QUOTA_EXCEEDED,
                        all + "would have more than " + quota + " (files.rules." + name + ".quota)");
            }
            if (says.filesMax() > 0 && files > filesBefore && files > says.filesMax()) {
                return new ProblemException(
                        Problem.QUOTA_EXCEEDED,
                        all + "would be more than " + says.filesMax() + " (files.rules." + name + ".files-max)");
            }
            return null;
        }
    }

    /// Room that is held until [#release] gives it back. What becomes a file releases it in the same step in which
    /// the file is counted.
    final class Claim {
        private final String path;
        private final List<Rule> counting;
        private final int leaving;
        private long bytes;
        private boolean held;

        private Claim(String path, List<Rule> counting, boolean leaves) {
            this.path = path;
            this.counting = counting;
            this.leaving = leaves ? 1 : 0;
        }

        private Claim take(long size, boolean checked) {
            come(size, 1 - leaving, leaving, checked);
            held = true;
            return this;
        }

        /// Holds room for `size` bytes from now on.
        ///
        /// @throws ProblemException [Problem#QUOTA_EXCEEDED], it holds what it held then
        void resize(long size) {
            if (counting.isEmpty()) {
                return;
            }
            synchronized (Quotas.this) {
                if (held && size != bytes) {
                    come(size - bytes, 0, 0, true);
                }
            }
        }

        private void come(long moreBytes, int moreUploads, int moreLeaving, boolean checked) {
            for (int i = 0; i < counting.size(); i++) {
                try {
                    if (checked) {
                        counting.get(i).comeIfFits(path, moreBytes, moreUploads, moreLeaving);
                    } else {
                        counting.get(i).come(path, moreBytes, moreUploads, moreLeaving);
                    }
                } catch (ProblemException full) {
                    counting.subList(0, i).forEach(rule -> rule.come(path, -moreBytes, -moreUploads, -moreLeaving));
                    throw full;
                }
            }
            bytes += moreBytes;
        }

        void release() {
            synchronized (Quotas.this) {
                if (held) {
                    held = false;
                    come(-bytes, leaving - 1, -leaving, false);
                }
            }
        }
    }

    private final Index index;
    private final List<Rule> rules = new ArrayList<>();

    /// Counts what the index knows.
    Quotas(Map<String, FileRule> says, Index index) {
        this.index = index;
        says.forEach((name, rule) -> {
            if (rule.quota() != null || rule.filesMax() > 0) {
                rules.add(new Rule(name, rule));
            }
        });
        if (!rules.isEmpty()) {
            index.files("", (path, known) -> count(path, null, known));
        }
    }

    /// How full each is.
    synchronized List<FilesStatus.Quota> status() {
        return rules.stream()
                .map(rule -> new FilesStatus.Quota(
                        rule.name,
                        rule.says.path(),
                        rule.bytes,
                        rule.says.quota() == null ? 0 : rule.says.quota().bytes(),
                        rule.files,
                        rule.says.filesMax()))
                .sorted(Comparator.comparing(FilesStatus.Quota::rule))
                .toList();
    }

    private List<Rule> of(String path) {
        return rules.isEmpty()
                ? List.of()
                : rules.stream().filter(rule -> rule.pattern.matches(path)).toList();
    }

    private static long sizeOf(@Nullable Known file) {
        return file == null ? 0 : file.state().size();
    }

    /// Room for a file that is to come to `path`.
    ///
    /// @throws ProblemException [Problem#QUOTA_EXCEEDED]
    Claim claim(String path, long size) {
        return take(new Claim(path, of(path), false), size, true);
    }

    /// As [#claim], for what was let in by an earlier life, whatever the quotas say now.
    Claim claimAgain(String path, long size) {
        return take(new Claim(path, of(path), false), size, false);
    }

    /// Room for a file that is about to be moved: where a rule is of both places, it stands there already.
    ///
    /// @return to be released when it was moved or was not
    /// @throws ProblemException [Problem#QUOTA_EXCEEDED]
    synchronized List<Claim> claimMove(String from, String to, long size) {
        List<Rule> left = of(from);
        List<Rule> entered = new ArrayList<>(of(to));
        List<Rule> both = left.stream().filter(entered::contains).toList();
        entered.removeAll(left);
        Claim goes = take(new Claim(from, both, true), 0, true);
        try {
            return List.of(goes, take(new Claim(to, entered, false), size, true));
        } catch (ProblemException full) {
            goes.release();
            throw full;
        }
    }

    private synchronized Claim take(Claim claim, long size, boolean checked) {
        return claim.take(size, checked);
    }

    /// Counts what became of a file, whatever the quotas say.
    synchronized void count(String path, @Nullable Known before, @Nullable Known after) {
        of(path).forEach(rule -> rule.count(path, before, after));
    }

    /// Has all that `change` does to index, counts and claims happen in one step for whoever claims.
    synchronized void together(Runnable change) {
        change.run();
    }
}
