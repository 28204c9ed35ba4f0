package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.access.Principal;
import com.databroker.core.ByteSize;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is taken of a quota by files, by what replaces them, and by what is moved.
class QuotasTest {
    private static final int QUOTA = 1000;
    private static final Principal BY = Principal.broker();

    @SuppressWarnings("NullAway.Init")
    private FilePlane plane;

    @BeforeEach
    void open(@TempDir Path folder) {
        Map<String, FileRule> rules = new LinkedHashMap<>();
        rules.put("q", rule("q/**", 0));
        rules.put("deep", rule("q/deep/**", 2));
        FilesConfig config = FilesConfig.defaults().withRules(rules);
        plane = FilePlane.open(config, folder.resolve("files"), folder.resolve("index"), InstantSource.system());
        plane.announceUnsent();
    }

    private static FileRule rule(String path, int filesMax) {
        FileRule any = FileRule.of(path);
        return new FileRule(
                path,
                null,
                new ByteSize(QUOTA),
                filesMax,
                0,
                null,
                List.of(),
                null,
                null,
                List.of(),
                any.commandTimeout());
    }

    /// All is given back: what is left of the quota is exactly what the files leave.
    @AfterEach
    void close() {
        plane.deleteTree("q", _ -> {}, Precondition.NONE, BY);
        Quotas.Claim all = plane.quotas().claim("q/all", QUOTA);
        full(() -> plane.quotas().claim("q/more", 1));
        all.release();
        plane.close();
    }

    private void put(String path, int length) {
        plane.put(path, new ByteArrayInputStream(new byte[length]), length, Precondition.NONE, BY);
    }

    private Upload begin(String path, int length) {
        return plane.begin(path, length, Precondition.NONE, BY);
    }

    private void move(String from, String to) {
        plane.move(from, to, (_, _) -> {}, BY);
    }

    private static void full(ThrowingCallable work) {
        assertThatThrownBy(work)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.QUOTA_EXCEEDED));
    }

    @Test
    void a_file_that_fills_its_quota_may_be_moved_within_it() {
        put("q/a", QUOTA);
        move("q/a", "q/b");
        full(() -> put("q/c", 1));
        move("q/b", "q/deep/b");
        full(() -> put("q/c", 1));
        move("q/deep/b", "out");
        put("q/c", QUOTA);
        full(() -> move("out", "q/d"));
        full(() -> move("out", "q/deep/d"));
        // In the place of another it needs what it has more.
        move("out", "q/c");
        assertThat(plane.stat("out")).isEmpty();
    }

    @Test
    void moving_a_file_away_takes_its_room_from_what_was_to_replace_it() {
        put("q/a", QUOTA);
        try (Upload replaces = begin("q/a", QUOTA)) {
            replaces.append(new ByteArrayInputStream(new byte[QUOTA]), QUOTA);
            full(() -> move("q/a", "q/b"));
            // Out of the folder it may go: then there is room for what replaces it.
            move("q/a", "out");
            full(() -> move("out", "q/b"));
            replaces.commit(Precondition.NONE, FileMetadata.NONE);
        }
        full(() -> put("q/b", 1));
    }

    @Test
    void a_move_over_a_file_gives_back_the_room_of_the_file() {
        put("q/a", 400);
        put("q/b", 600);
        move("q/a", "q/b");
        try (Upload fits = begin("q/c", 600)) {
            full(() -> begin("q/d", 1));
            assertThat(fits.size()).isZero();
        }
    }

    @Test
    void what_is_cut_off_before_the_end_is_room_again() {
        try (Upload upload = begin("q/a", -1)) {
            upload.append(new ByteArrayInputStream(new byte[900]), -1);
            full(() -> begin("q/b", 101));
            upload.setSize(100);
            begin("q/b", 900).close();
            full(() -> upload.setSize(QUOTA + 1));
            assertThat(upload.size()).isEqualTo(100);
            upload.commit(Precondition.NONE, FileMetadata.NONE);
        }
        put("q/b", 900);
    }

    @Test
    void who_is_refused_for_one_rule_holds_nothing_of_another() {
        put("q/deep/a", 1);
        put("q/deep/b", 1);
        full(() -> begin("q/deep/c", 900));
        put("q/c", 998);
    }

    @Test
    void a_refused_precondition_holds_nothing() {
        assertThatThrownBy(() -> plane.begin("q/a", QUOTA, Precondition.present(), BY))
                .isInstanceOf(ProblemException.class);
        put("q/a", QUOTA);
    }

    /// Uploads that begin, grow, end, are given up, files that are deleted and moved, by eight threads at once.
    @Test
    void no_interleaving_leaves_more_than_the_quota_or_keeps_room_that_nobody_uses() throws Exception {
        SplittableRandom seeds = new SplittableRandom(20_261_128);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < 40; round++) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    SplittableRandom random = seeds.split();
                    all.add(threads.submit(() -> {
                        for (int step = 0; step < 6; step++) {
                            attempt(random);
                        }
                    }));
                }
                for (Future<?> one : all) {
                    one.get();
                }
                long bytes = bytes("q");
                assertThat(bytes).isLessThanOrEqualTo(QUOTA);
                Quotas.Claim rest = plane.quotas().claim("q/rest", QUOTA - bytes);
                full(() -> plane.quotas().claim("q/more", 1));
                rest.release();
            }
        }
    }

    private void attempt(SplittableRandom random) {
        String path = name(random);
        int length = random.nextInt(1, 700);
        try {
            switch (random.nextInt(6)) {
                case 0 -> plane.delete(path, Precondition.NONE, BY);
                case 1 -> move(path, name(random));
                case 2 -> {
                    try (Upload upload = begin(path, -1)) {
                        upload.append(new ByteArrayInputStream(new byte[length / 2]), -1);
                        upload.append(new ByteArrayInputStream(new byte[length / 2]), -1);
                        if (random.nextBoolean()) {
                            upload.commit(Precondition.NONE, FileMetadata.NONE);
                        }
                    }
                }
                default -> put(path, length);
            }
        } catch (ProblemException refused) {
            assertThat(refused.problem()).isIn(Problem.QUOTA_EXCEEDED, Problem.FILE_NOT_FOUND, Problem.PATH_CONFLICT);
        }
    }

    private static String name(SplittableRandom random) {
        return List.of("q/a", "q/b", "q/c", "q/deep/a", "q/deep/b", "out/a").get(random.nextInt(6));
    }

    private long bytes(String folder) {
        if (plane.stat(folder).isEmpty()) {
            return 0;
        }
        Listing.Query query = new Listing.Query("", Listing.Sort.of("name"), false, "", 100);
        long bytes = 0;
        for (FileEntry entry : plane.list(folder, query, (_, _) -> true).entries()) {
            bytes += entry.folder() ? bytes(entry.path()) : entry.size();
        }
        return bytes;
    }
}
