package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.problem;
import static com.databroker.systemtests.FilesBroker.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tus.java.client.ProtocolException;
import io.tus.java.client.TusClient;
import io.tus.java.client.TusUpload;
import io.tus.java.client.TusUploader;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A condition that is said when a resumable upload begins holds at its beginning and, above all, at its end.
class FilesTusConditionsTest {
    private static final byte[] LATE = "came late".getBytes(StandardCharsets.UTF_8);
    private static final String[] NEW = {"If-None-Match", "*"};

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        files = FilesBroker.start(data.resolve("broker"), Map.of());
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    @BeforeEach
    void hearNothingOld() throws Exception {
        files.told();
    }

    private static HttpResponse<byte[]> begin(FilesBroker broker, String path, String... conditions) throws Exception {
        return broker.send(
                "POST",
                "/files/" + path,
                new byte[0],
                Stream.concat(
                                Stream.of("Tus-Resumable", "1.0.0", "Upload-Length", Integer.toString(LATE.length)),
                                Stream.of(conditions))
                        .toArray(String[]::new));
    }

    private static HttpResponse<byte[]> finish(FilesBroker broker, HttpResponse<byte[]> begun) throws Exception {
        assertThat(begun.statusCode()).as(text(begun)).isEqualTo(201);
        return broker.send(
                "PATCH",
                header(begun, "Location"),
                LATE,
                "Tus-Resumable",
                "1.0.0",
                "Upload-Offset",
                "0",
                "Content-Type",
                "application/offset+octet-stream");
    }

    private static void refused(FilesBroker broker, HttpResponse<byte[]> begun, String path, String there)
            throws Exception {
        HttpResponse<byte[]> answer = finish(broker, begun);
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(412);
        assertThat(problem(answer)).isEqualTo(4002);
        assertThat(broker.text("/files/" + path)).isEqualTo("200 " + there);
        assertThat(broker.told()).isEmpty();
        assertThat(broker.send("HEAD", header(begun, "Location"), "", "Tus-Resumable", "1.0.0")
                        .statusCode())
                .isEqualTo(404);
        String id = header(begun, "Location").substring("/uploads/".length());
        assertThat(broker.drafts()).noneMatch(draft -> draft.contains(id));
    }

    @Test
    void what_came_meanwhile_is_not_replaced_by_what_was_to_be_new() throws Exception {
        HttpResponse<byte[]> begun = begin(files, "new", NEW);
        files.put("/files/new", "first");
        files.told();
        refused(files, begun, "new", "first");
    }

    @ParameterizedTest
    @ValueSource(strings = {"If-Match: $ETAG", "If-Match: \"x\", $ETAG", "If-None-Match: \"x\"", "If-Match: *"})
    void where_the_condition_holds_to_the_end_it_becomes_the_file(String condition) throws Exception {
        String etag = header(files.put("/files/same", "first"), "ETag");
        int colon = condition.indexOf(':');
        String[] headers = {
            condition.substring(0, colon), condition.substring(colon + 2).replace("$ETAG", etag)
        };
        files.told();
        assertThat(finish(files, begin(files, "same", headers)).statusCode()).isEqualTo(204);
        assertThat(files.text("/files/same")).isEqualTo("200 came late");
        assertThat(files.told()).containsExactly("FILE UPDATED same");
    }

    @Test
    void a_version_that_was_replaced_or_deleted_meanwhile_is_missed_at_the_end() throws Exception {
        String etag = header(files.put("/files/version", "first"), "ETag");
        HttpResponse<byte[]> begun = begin(files, "version", "If-Match", etag);
        HttpResponse<byte[]> second = begin(files, "version", "If-Match", etag);
        files.put("/files/version", "second");
        files.told();
        refused(files, begun, "version", "second");
        files.send("DELETE", "/files/version", "");
        assertThat(finish(files, second).statusCode()).isEqualTo(412);
        assertThat(files.get("/files/version").statusCode()).isEqualTo(404);
        files.awaitNoDrafts();
    }

    @Test
    void a_condition_that_does_not_hold_at_the_beginning_refuses_the_beginning() throws Exception {
        String etag = header(files.put("/files/early", "first"), "ETag");
        for (String[] condition : List.of(
                NEW, new String[] {"If-None-Match", etag}, new String[] {"If-Match", "\"other\""}, new String[] {
                    "If-Unmodified-Since", "Mon, 02 Jan 2006 15:04:05 GMT"
                })) {
            HttpResponse<byte[]> answer = begin(files, "early", condition);
            assertThat(answer.statusCode()).as(text(answer)).isEqualTo(412);
            assertThat(problem(answer)).isEqualTo(4002);
        }
        assertThat(begin(files, "none", "If-Match", "*").statusCode()).isEqualTo(412);
        assertThat(begin(files, "none", "If-Match", "bare").statusCode()).isEqualTo(400);
        files.awaitNoDrafts();
    }

    /// The condition is in the folder of drafts, with the upload.
    @Test
    void it_is_kept_over_a_restart(@TempDir Path data) throws Exception {
        HttpResponse<byte[]> fresh;
        HttpResponse<byte[]> old;
        HttpResponse<byte[]> dated;
        HttpResponse<byte[]> right;
        try (FilesBroker first = FilesBroker.start(data, Map.of())) {
            String etag = header(first.put("/files/old", "first"), "ETag");
            String date = header(first.send("HEAD", "/files/old", ""), "Last-Modified");
            fresh = begin(first, "fresh", NEW);
            old = begin(first, "old", "If-Match", "\"ä\", " + etag);
            dated = begin(first, "other", "If-Unmodified-Since", "Mon, 02 Jan 2006 15:04:05 GMT");
            right = begin(first, "old", "If-Unmodified-Since", date, "If-Match", etag);
        }
        try (FilesBroker second = FilesBroker.start(data, Map.of())) {
            assertThat(finish(second, right).statusCode()).isEqualTo(204);
            second.put("/files/fresh", "meanwhile");
            second.put("/files/other", "meanwhile");
            second.told();
            assertThat(finish(second, fresh).statusCode()).isEqualTo(412);
            assertThat(finish(second, dated).statusCode()).isEqualTo(412);
            refused(second, old, "old", "came late");
        }
    }

    @Test
    void of_many_that_are_to_be_new_one_is() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 10; round++) {
                String path = "race/" + round;
                List<Callable<Integer>> ends = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    HttpResponse<byte[]> begun = begin(files, path, NEW);
                    ends.add(() -> finish(files, begun).statusCode());
                }
                List<Integer> statuses = new ArrayList<>();
                for (Future<Integer> one : threads.invokeAll(ends)) {
                    statuses.add(one.get());
                }
                assertThat(statuses).containsOnlyOnce(204).containsOnly(204, 412);
                assertThat(files.told()).containsExactly("FILE CREATED " + path);
            }
        }
        files.awaitNoDrafts();
    }

    /// The protocol's own client says its headers with every request.
    @Test
    void the_client_of_the_protocol_says_a_condition_with_every_request() throws Exception {
        URI folder = files.broker.http("/files/client/");
        sendAll(client(folder).createUpload(upload()));
        assertThat(files.text("/files/client/a")).isEqualTo("200 came late");
        assertThatThrownBy(() -> client(folder).createUpload(upload()))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("412");
        files.send("DELETE", "/files/client/a", "");
        TusUploader late = client(folder).createUpload(upload());
        URL address = late.getUploadURL();
        files.put("/files/client/a", "first");
        assertThatThrownBy(() -> sendAll(late)).isInstanceOf(ProtocolException.class);
        assertThat(files.text("/files/client/a")).isEqualTo("200 first");
        assertThat(files.send("HEAD", address.getPath(), "", "Tus-Resumable", "1.0.0")
                        .statusCode())
                .isEqualTo(404);
    }

    private static TusClient client(URI folder) throws Exception {
        TusClient client = new TusClient();
        client.setUploadCreationURL(folder.toURL());
        Map<String, String> headers = new HashMap<>(Map.of(NEW[0], NEW[1]));
        headers.put("Authorization", "Bearer " + files.broker.token());
        client.setHeaders(headers);
        return client;
    }

    private static TusUpload upload() {
        TusUpload upload = new TusUpload();
        upload.setInputStream(new ByteArrayInputStream(LATE));
        upload.setSize(LATE.length);
        upload.setFingerprint("a");
        upload.setMetadata(Map.of("filename", "a"));
        return upload;
    }

    private static void sendAll(TusUploader uploader) throws Exception {
        while (uploader.uploadChunk() > -1) {
            // Until all is sent.
        }
        uploader.finish();
    }
}
