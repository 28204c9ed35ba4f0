package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.kernel.defaults.engine.fileio.PositionOutputStream;
import io.delta.kernel.defaults.engine.fileio.SeekableInputStream;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class S3FileIOTest {
    @TempDir
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static S3Server server;

    private final S3Place place = server.place("tables/one");
    private final S3FileIO io = new S3FileIO(place, Map.of("key", "value"));

    @BeforeAll
    static void start() throws IOException {
        server = S3Server.start(folder);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.close();
    }

    private String at(String name) {
        return place.location() + "/" + name;
    }

    private static CloseableIterator<String> lines(String... lines) {
        return Utils.toCloseableIterator(List.of(lines).iterator());
    }

    private List<String> from(String name) throws IOException {
        List<String> found = new ArrayList<>();
        try (CloseableIterator<FileStatus> files = io.listFrom(at(name))) {
            files.forEachRemaining(file -> found.add(file.getPath()));
        }
        return found;
    }

    private byte[] read(String name, long size) throws IOException {
        try (SeekableInputStream in = io.newInputFile(at(name), size).newStream()) {
            return in.readAllBytes();
        }
    }

    private String text(String name) throws IOException {
        return new String(read(name, 0), StandardCharsets.UTF_8);
    }

    @Test
    void of_those_who_write_a_version_at_the_same_time_one_succeeds() throws Exception {
        for (int version = 0; version < 20; version++) {
            String location = at("race/" + version + ".json");
            List<Future<Boolean>> all = new ArrayList<>();
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                for (int i = 0; i < 4; i++) {
                    String line = "writer " + i;
                    all.add(threads.submit(() -> {
                        try {
                            io.newOutputFile(location).writeAtomically(lines(line), false);
                            return true;
                        } catch (FileAlreadyExistsException taken) {
                            return false;
                        }
                    }));
                }
            }
            int winner = -1;
            for (int i = 0; i < all.size(); i++) {
                if (all.get(i).get()) {
                    assertThat(winner).as("a second winner").isEqualTo(-1);
                    winner = i;
                }
            }
            assertThat(text("race/" + version + ".json")).isEqualTo("writer " + winner + "\n");
        }
    }

    @Test
    void a_version_whose_answer_was_lost_is_known_as_ones_own() throws IOException {
        io.newOutputFile(at("lost.json")).writeAtomically(lines("commit 4711"), false);
        // The same bytes come again where the first answer did not arrive.
        io.newOutputFile(at("lost.json")).writeAtomically(lines("commit 4711"), false);
        assertThatThrownBy(() -> io.newOutputFile(at("lost.json")).writeAtomically(lines("commit 4712"), false))
                .isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void what_is_written_again_replaces_what_was() throws IOException {
        io.newOutputFile(at("again/_last")).writeAtomically(lines("a"), true);
        io.newOutputFile(at("again/_last")).writeAtomically(lines("b", "c"), true);
        assertThat(text("again/_last")).isEqualTo("b\nc\n");
        io.newOutputFile(at("again/empty")).writeAtomically(lines(), false);
        assertThat(text("again/empty")).isEmpty();
        assertThat(io.delete(at("again/empty"))).isTrue();
        io.copyFileAtomically(at("again/_last"), at("again/copy"), false);
        assertThat(text("again/copy")).isEqualTo("b\nc\n");
        assertThatThrownBy(() -> io.copyFileAtomically(at("again/_last"), at("again/copy"), false))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> io.copyFileAtomically(at("again/none"), at("again/copy"), true))
                .isInstanceOf(FileNotFoundException.class);
        assertThat(io.delete(at("again/copy"))).isTrue();
        assertThat(from("again/")).containsExactly(at("again/_last"));
    }

    @Test
    void a_large_file_is_seen_when_it_is_whole_and_read_from_anywhere() throws IOException {
        byte[] bytes = new byte[40 << 20];
        new Random(7).nextBytes(bytes);
        System.arraycopy("PAR1".getBytes(StandardCharsets.US_ASCII), 0, bytes, bytes.length - 4, 4);
        try (PositionOutputStream out = io.newOutputFile(at("large/whole")).create(true)) {
            out.write(bytes, 0, 17);
            out.write(bytes[17]);
            out.write(bytes, 18, bytes.length - 18);
            assertThat(out.getPos()).isEqualTo(bytes.length);
            assertThatThrownBy(() -> io.getFileStatus(at("large/whole"))).isInstanceOf(FileNotFoundException.class);
        }
        assertThat(io.getFileStatus(at("large/whole")).getSize()).isEqualTo(bytes.length);
        assertThat(read("large/whole", bytes.length)).isEqualTo(bytes);
        Random random = new Random(8);
        try (SeekableInputStream in =
                io.newInputFile(at("large/whole"), bytes.length).newStream()) {
            for (int i = 0; i < 30; i++) {
                int length = random.nextInt(1, i % 2 == 0 ? 100 : 3 << 20);
                int begin = random.nextInt(bytes.length - length);
                byte[] part = new byte[length];
                in.seek(begin);
                in.readFully(part, 0, length);
                assertThat(part).isEqualTo(Arrays.copyOfRange(bytes, begin, begin + length));
                assertThat(in.getPos()).isEqualTo(begin + length);
            }
        }
    }

    @Test
    void a_file_that_was_given_up_is_never_seen_and_its_parts_are_removed() throws IOException {
        try (PositionOutputStream broken =
                io.newOutputFile(at("given-up/small")).create(true)) {
            broken.write(new byte[200_000]);
        }
        try (PositionOutputStream broken =
                io.newOutputFile(at("given-up/large")).create(true)) {
            broken.write(new byte[20 << 20]);
        }
        // A process that was killed: never closed.
        io.newOutputFile(at("given-up/killed")).create(true).write(new byte[20 << 20]);
        assertThatThrownBy(() -> from("given-up/")).isInstanceOf(FileNotFoundException.class);
        assertThat(uploads()).containsExactly("tables/one/given-up/killed");
        new S3Folder(place).old(Instant.now().minus(Duration.ofDays(7)));
        assertThat(uploads()).hasSize(1);
        new S3Folder(place).old(Instant.now().plus(Duration.ofDays(1)));
        assertThat(uploads()).isEmpty();
    }

    private List<String> uploads() {
        return S3Clients.of(place).listMultipartUploads(list -> list.bucket(S3Server.BUCKET)).uploads().stream()
                .map(upload -> upload.key())
                .toList();
    }

    @Test
    void files_are_listed_from_a_name_on_and_in_order_however_many_they_are() throws IOException {
        for (String name : List.of("c", "a", "b", "folder/d")) {
            io.newOutputFile(at("list/" + name)).writeAtomically(lines(name), false);
        }
        assertThat(from("list/b")).containsExactly(at("list/b"), at("list/c"));
        assertThat(from("list/x")).isEmpty();
        assertThatThrownBy(() -> from("none/b")).isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> io.getFileStatus(at("none"))).isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> io.newInputFile(at("none"), 0).newStream()).isInstanceOf(FileNotFoundException.class);
        assertThat(io.getConf("key")).contains("value");
        assertThat(io.getConf("another")).isEmpty();
        List<String> many = new ArrayList<>();
        for (int i = 0; i < 1_010; i++) {
            many.add(at("many/%05d".formatted(i)));
            io.newOutputFile(many.getLast()).writeAtomically(lines("x"), true);
        }
        assertThat(from("many/00003")).isEqualTo(many.subList(3, many.size()));
    }

    @Test
    void a_server_that_is_not_there_is_told_soon_and_strangers_are_refused() {
        S3FileIO nobody = new S3FileIO(new S3Place(S3Server.BUCKET, "x", "http://127.0.0.1:9", null), Map.of());
        assertThatThrownBy(() -> nobody.getFileStatus("s3a://lake/x/y"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("s3a://lake/x/y");
        S3FileIO noBucket = new S3FileIO(new S3Place("elsewhere", "x", server.endpoint(), null), Map.of());
        assertThatThrownBy(() -> noBucket.newOutputFile("s3a://elsewhere/x/y").writeAtomically(lines("a"), false))
                .isInstanceOf(IOException.class);
    }

    @Test
    void a_place_is_a_text_that_a_job_can_carry() {
        S3Place full = new S3Place("bucket-1", "a/b=c", "https://s3.example.org:9000", "eu-central-1");
        assertThat(S3Place.parse(full.text())).isEqualTo(full);
        assertThat(S3Place.parse(full.child("github").text()).location()).isEqualTo("s3a://bucket-1/a/b=c/github");
        StreamsConfig.Cold cold = new StreamsConfig.Cold(
                "s3a://bucket-1/a/", "http://127.0.0.1:9000", null, StreamsConfig.Databricks.defaults());
        assertThat(cold.table("github", Path.of("/otherwise")))
                .isEqualTo("s3a://bucket-1/a/github?endpoint=http://127.0.0.1:9000&region=");
        assertThat(StreamsConfig.Cold.defaults().table("github", Path.of("/otherwise")))
                .isEqualTo("/otherwise/github");
        S3Place plain = S3Place.parse("s3a://bucket/");
        assertThat(plain).isEqualTo(new S3Place("bucket", "", null, null));
        assertThat(plain.child("x").text()).isEqualTo("s3a://bucket/x");
        for (String wrong :
                List.of("s3a://", "s3a://B", "s3a://bucket/a b", "s3a://bucket/a%20", "s3a://bucket/../x")) {
            assertThatThrownBy(() -> S3Place.parse(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
        for (String wrong : List.of("s3.example.org", "ftp://x", "https://x?y", "https://u@x", "https://x&region=y")) {
            assertThatThrownBy(() -> S3Place.checkEndpoint(wrong))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
