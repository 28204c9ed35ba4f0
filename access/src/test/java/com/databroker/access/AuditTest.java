package com.databroker.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuditTest {
    private static final Instant T = Instant.parse("2027-01-01T00:00:00Z");

    @TempDir
    Path folder;

    private static Audit.Line denied(String principal, String what) {
        return new Audit.Line(Outcome.DENIED, "publish", principal, what, "192.0.2.1", "http");
    }

    private List<Map<String, @Nullable Object>> lines() throws IOException {
        return Files.readAllLines(folder.resolve("audit.jsonl")).stream()
                .map(line -> Json.parseObject(Bytes.utf8(line)))
                .toList();
    }

    private AuditFile file(long bytesMax, int queueMax) {
        return new AuditFile(folder.resolve("audit.jsonl"), bytesMax, 3, queueMax);
    }

    @Test
    void a_line_is_one_line_of_json_whatever_strangers_wrote() throws IOException {
        try (Audit audit = new Audit(file(1 << 20, 100).start())) {
            audit.note(denied("a\r\n{\"outcome\":\"authenticated\"}", "x\u2028\ud800\u0000" + "y".repeat(5000)), T);
            audit.note(denied("b", "dbk_" + "A".repeat(8) + "_" + "S".repeat(43) + "_123456"), T);
        }
        assertThat(lines()).hasSize(2);
        assertThat(lines().getFirst())
                .containsEntry("time", "2027-01-01T00:00:00Z")
                .containsEntry("outcome", "denied")
                .containsEntry("action", "publish")
                .containsEntry("principal", "a\r\n{\"outcome\":\"authenticated\"}")
                .containsEntry("address", "192.0.2.1")
                .containsEntry("door", "http")
                .containsEntry("problem", BigInteger.valueOf(2002));
        assertThat(String.valueOf(lines().getFirst().get("what"))).hasSizeLessThan(300);
        assertThat(lines().getLast()).containsEntry("what", "dbk_…");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("audit.jsonl"))))
                .isEqualTo("rw-------");
    }

    @Test
    void the_same_denial_is_written_once_a_second_and_the_rest_is_counted() throws IOException {
        try (Audit audit = new Audit(file(1 << 20, 100).start())) {
            for (int i = 0; i < 1000; i++) {
                audit.note(denied("a", "x" + i), T.plusMillis(i / 10));
            }
            audit.note(denied("b", "other"), T);
            audit.note(denied("a", "later"), T.plusSeconds(1));
            audit.note(denied("a", "last"), T.plusSeconds(1));
            audit.sweep(T.plusSeconds(1));
            audit.sweep(T.plusSeconds(2));
            audit.sweep(T.plusSeconds(3));
        }
        assertThat(lines()).extracting(line -> line.get("what")).containsExactly("x0", "other", "later", "last");
        assertThat(lines().get(2)).containsEntry("suppressed", BigInteger.valueOf(999));
    }

    @Test
    void the_file_is_renamed_when_it_is_full_and_the_oldest_is_deleted() throws IOException {
        try (Audit audit = new Audit(file(4096, 1000).start())) {
            for (int i = 0; i < 200; i++) {
                audit.note(denied("p" + i, "x"), T);
            }
        }
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("audit.jsonl", "audit.jsonl.1", "audit.jsonl.2");
        }
        assertThat(Files.size(folder.resolve("audit.jsonl.1"))).isBetween(3000L, 4096L);
        assertThat(lines()).last().satisfies(line -> assertThat(line).containsEntry("principal", "p199"));
    }

    @Test
    void a_disk_that_is_too_slow_blocks_nobody_and_what_was_lost_is_told() throws IOException {
        AuditFile slow = file(1 << 20, 10);
        long lost;
        try (Audit audit = new Audit(slow)) {
            for (int i = 0; i < 15; i++) {
                audit.note(denied("p" + i, "x"), T);
            }
            assertThat(audit.lost()).isEqualTo(5);
            slow.start();
            // Until the writer has made room again.
            int i = 15;
            do {
                lost = audit.lost();
                audit.note(denied("p" + i++, "x"), T);
            } while (audit.lost() > lost);
        }
        assertThat(lines()).hasSize(11);
        assertThat(lines().getLast()).containsEntry("lost", BigInteger.valueOf(lost));
    }
}
