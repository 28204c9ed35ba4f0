package com.databroker.opentelemetry;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.GrpcResponse;
import io.opentelemetry.sdk.common.export.GrpcSender;
import io.opentelemetry.sdk.common.export.GrpcSenderConfig;
import io.opentelemetry.sdk.common.export.GrpcStatusCode;
import io.opentelemetry.sdk.common.export.MessageWriter;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The one kind of call that traces need, by the HTTP/2 client that the server has anyway. The JDK's cannot: it does
/// not
/// begin HTTP/2 without TLS, and keeps trailers, in which the status is, to itself.
///
/// ```
/// request   POST /<service>/<method>  content-type: application/grpc  te: trailers
/// message   compressed(1) = 0  length(4)  protobuf
/// answer    headers, a message, trailers with grpc-status and grpc-message; or headers with these
/// ```
final class OtlpGrpcSender implements GrpcSender {
    private static final int PREFIX = 5;
    private static final int ANSWER_MAX = 1 << 20;

    /// Those after which the same spans may be sent again, by OTLP's table.
    private static final Set<GrpcStatusCode> PASSING = EnumSet.of(
            GrpcStatusCode.CANCELLED,
            GrpcStatusCode.DEADLINE_EXCEEDED,
            GrpcStatusCode.ABORTED,
            GrpcStatusCode.OUT_OF_RANGE,
            GrpcStatusCode.UNAVAILABLE,
            GrpcStatusCode.DATA_LOSS);

    private final GrpcSenderConfig config;
    private final Vertx vertx;
    private final HttpClient client;

    /// What came back, or what the status of HTTP says where no call was understood.
    private record Answer(GrpcStatusCode status, String description, Buffer message) implements GrpcResponse {
        @Override
        public GrpcStatusCode getStatusCode() {
            return status;
        }

        @Override
        public String getStatusDescription() {
            return description;
        }

        @Override
        public byte[] getResponseMessage() {
            return message.length() <= PREFIX ? new byte[0] : message.getBytes(PREFIX, message.length());
        }
    }

    OtlpGrpcSender(GrpcSenderConfig config) {
        this.config = config;
        vertx = Vertx.vertx(
                new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1).setInternalBlockingPoolSize(1));
        boolean tls = "https".equals(config.getEndpoint().getScheme());
        client = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setSsl(tls)
                .setUseAlpn(tls)
                .setConnectTimeout((int) config.getConnectTimeout().toMillis()));
    }

    @Override
    public void send(MessageWriter message, Consumer<GrpcResponse> answered, Consumer<Throwable> failed) {
        Buffer body;
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.getContentLength());
            message.writeMessage(bytes);
            body = Buffer.buffer(PREFIX + bytes.size())
                    .appendByte((byte) 0)
                    .appendInt(bytes.size())
                    .appendBytes(bytes.toByteArray());
        } catch (IOException unwritten) {
            failed.accept(unwritten);
            return;
        }
        RetryPolicy policy = config.getRetryPolicy();
        long backoff = policy == null ? 0 : policy.getInitialBackoff().toMillis();
        attempt(body, policy == null ? 1 : policy.getMaxAttempts(), backoff)
                .timeout(config.getTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(answered::accept, failed::accept);
    }

    private Future<Answer> attempt(Buffer body, int attempts, long backoff) {
        return call(body).transform((answer, refused) -> {
            boolean passing = answer == null ? refused instanceof IOException : PASSING.contains(answer.status);
            if (attempts <= 1 || !passing) {
                return answer == null ? Future.failedFuture(refused) : Future.succeededFuture(answer);
            }
            return vertx.timer(Math.max(backoff, 1), TimeUnit.MILLISECONDS)
                    .compose(_ -> attempt(body, attempts - 1, longer(backoff)));
        });
    }

    private long longer(long backoff) {
        RetryPolicy policy = config.getRetryPolicy();
        return policy == null
                ? backoff
                : Math.min(
                        (long) (backoff * policy.getBackoffMultiplier()),
                        policy.getMaxBackoff().toMillis());
    }

    private Future<Answer> call(Buffer body) {
        URI to = config.getEndpoint();
        int port = to.getPort() > 0 ? to.getPort() : "https".equals(to.getScheme()) ? 443 : 80;
        return client.request(new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost(to.getHost())
                        .setPort(port)
                        .setURI("/" + config.getFullMethodName())
                        .setTimeout(config.getTimeout().toMillis()))
                .compose(request -> send(request, body))
                .compose(OtlpGrpcSender::answer);
    }

    private Future<HttpClientResponse> send(HttpClientRequest request, Buffer body) {
        request.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
        config.getHeadersSupplier().get().forEach(request::putHeader);
        return request.send(body);
    }

    private static Future<Answer> answer(HttpClientResponse response) {
        Buffer message = Buffer.buffer();
        response.handler(part -> {
            if (message.length() + part.length() <= ANSWER_MAX) {
                message.appendBuffer(part);
            }
        });
        return response.end().map(_ -> {
            String status = first(response, "grpc-status");
            String description = first(response, "grpc-message");
            return status == null
                    ? new Answer(GrpcStatusCode.UNKNOWN, "HTTP " + response.statusCode(), Buffer.buffer())
                    : new Answer(code(status), description == null ? "" : description, message);
        });
    }

    /// In the trailers, or in the headers of an answer that has nothing else.
    private static @Nullable String first(HttpClientResponse response, String name) {
        String trailer = response.getTrailer(name);
        return trailer == null ? response.getHeader(name) : trailer;
    }

    private static GrpcStatusCode code(String status) {
        try {
            return GrpcStatusCode.fromValue(Integer.parseInt(status));
        } catch (NumberFormatException odd) {
            return GrpcStatusCode.UNKNOWN;
        }
    }

    @Override
    public CompletableResultCode shutdown() {
        CompletableResultCode ended = new CompletableResultCode();
        vertx.close().onComplete(_ -> ended.succeed(), ended::failExceptionally);
        return ended;
    }
}
