package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FileEntry;
import com.databroker.files.OpenFile;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Answers GET and HEAD with the bytes of a file: all of them, some, or none where the reader has them.
/// Whole files and single ranges go from the disk to the socket without a copy.
final class FileSender {
    private static final int COPY_BYTES = 64 << 10;

    /// The entity tag follows, which is made of the file's own digest: no file can contain it.
    private static final String BOUNDARY = "part-of-";

    private FileSender() {}

    /// Sends `file` and closes it; on the loop.
    static void send(Exchange exchange, OpenFile file) {
        HttpServerRequest request = exchange.request();
        HttpServerResponse response = exchange.response();
        FileEntry entry = file.entry();
        boolean sending = false;
        try {
            // Asked first: a refusal must not carry what is said of the file.
            boolean known = Conditions.isKnown(request, entry);
            List<ByteRanges.Range> ranges = known || exchange.isMethod(HttpMethod.HEAD) ? null : ranges(request, entry);
            FileHeaders.describe(request, file.memo(FileHeaders.Description.class, FileHeaders.Description::of));
            if (known) {
                exchange.empty(304);
                return;
            }
            if (exchange.target().parameter("download") != null) {
                response.putHeader("Content-Disposition", FileHeaders.attachment(entry.name()));
            }
            if (exchange.isMethod(HttpMethod.HEAD)) {
                response.putHeader("Content-Length", Long.toString(entry.size()))
                        .end();
                return;
            }
            sending = true;
            if (ranges == null) {
                sendRange(exchange, file, 0, entry.size());
            } else if (ranges.size() == 1) {
                ByteRanges.Range range = ranges.getFirst();
                response.setStatusCode(206).putHeader("Content-Range", range.contentRange(entry.size()));
                sendRange(exchange, file, range.first(), range.length());
            } else {
                sendRanges(exchange, file, ranges);
            }
        } finally {
            if (!sending) {
                file.close();
            }
        }
    }

    private static @Nullable List<ByteRanges.Range> ranges(HttpServerRequest request, FileEntry entry) {
        if (!Conditions.rangeApplies(request, entry)) {
            return null;
        }
        try {
            return ByteRanges.of(request.getHeader("Range"), entry.size());
        } catch (ProblemException unsatisfiable) {
            if (unsatisfiable.problem() == Problem.RANGE_UNSATISFIABLE) {
                request.response().putHeader("Content-Range", "bytes */" + entry.size());
            }
            throw unsatisfiable;
        }
    }

    private static void sendRange(Exchange exchange, OpenFile file, long first, long length) {
        HttpServerResponse response = exchange.response();
        if (file.bytes() != null) {
            byte[] bytes = file.bytes().toArray();
            response.end(Buffer.buffer(bytes).slice((int) first, (int) (first + length)));
        } else {
            response.sendFile(file.channel(), first, length)
                    .onComplete(sent -> file.close())
                    .onFailure(exchange::fail);
        }
    }

    /// Several ranges in one answer, each with a head of its own.
    private static void sendRanges(Exchange exchange, OpenFile file, List<ByteRanges.Range> ranges) {
        HttpServerResponse response = exchange.response();
        FileEntry entry = file.entry();
        String type = response.headers().get("Content-Type");
        String boundary = BOUNDARY + entry.etag();
        byte[] end = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII);
        List<byte[]> heads = ranges.stream()
                .map(range -> ("\r\n--" + boundary + "\r\nContent-Type: " + type + "\r\nContent-Range: "
                                + range.contentRange(entry.size()) + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII))
                .toList();
        long length = end.length;
        for (int i = 0; i < ranges.size(); i++) {
            length += heads.get(i).length + ranges.get(i).length();
        }
        response.setStatusCode(206)
                .putHeader("Content-Type", "multipart/byteranges; boundary=" + boundary)
                .putHeader("Content-Length", Long.toString(length));
        exchange.blocking(() -> {
            try (OpenFile open = file;
                    ResponseStream out = new ResponseStream(exchange)) {
                for (int i = 0; i < ranges.size(); i++) {
                    out.write(heads.get(i));
                    copy(open, ranges.get(i), out);
                }
                out.write(end);
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
            exchange.onLoop(response::end);
        });
    }

    private static void copy(OpenFile file, ByteRanges.Range range, ResponseStream out) throws IOException {
        if (file.bytes() != null) {
            out.write(file.bytes().toArray(), (int) range.first(), (int) range.length());
            return;
        }
        FileChannel channel = file.channel();
        ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
        long at = range.first();
        while (at <= range.last()) {
            buffer.clear().limit((int) Math.min(COPY_BYTES, range.last() - at + 1));
            int read = channel.read(buffer, at);
            if (read < 0) {
                throw new IOException("the file became shorter");
            }
            out.write(buffer.array(), 0, read);
            at += read;
        }
    }
}
