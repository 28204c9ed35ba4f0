package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes cold tables known to a Databricks workspace, through its SQL API.
///
/// ```
///   POST /api/2.0/sql/statements  CREATE TABLE IF NOT EXISTS …    ─▶ PENDING, RUNNING ─┐
///   GET  /api/2.0/sql/statements/<id>                             ◀────────────────────┘ until SUCCEEDED
/// ```
/// The data stays in the bucket; the workspace learns where. Whatever fails is tried again, later each time, and told
/// by [#trouble] until it succeeds: a workspace that is away holds up nobody.
final class DatabricksCatalog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DatabricksCatalog.class);
    private static final String STATEMENTS = "/api/2.0/sql/statements";
    private static final int ANSWER_BYTES_MAX = 1 << 20;
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(60);

    /// A warehouse that slept takes minutes to begin.
    private static final int POLLS_MAX = 120;

    private static final Duration POLL_MAX = Duration.ofSeconds(10);
    private static final Duration WAIT_MAX = Duration.ofMinutes(10);

    private final StreamsConfig.Databricks config;
    private final RandomGenerator random;
    private final Duration first;
    private final Map<String, String> troubles = new ConcurrentHashMap<>();
    private final @Nullable ScheduledExecutorService worker;
    private final @Nullable HttpClient client;

    /// @param first how long to wait after the first failure, and before the first look at what is under way
    DatabricksCatalog(StreamsConfig.Databricks config, RandomGenerator random, Duration first) {
        this.config = config;
        this.random = random;
        this.first = first;
        boolean used = config.warehouse() != null;
        this.worker = used
                ? Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("databricks").daemon().factory())
                : null;
        this.client = used
                ? HttpClient.newBuilder()
                        .connectTimeout(CONNECT)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .build()
                : null;
    }

    DatabricksCatalog(StreamsConfig.Databricks config, RandomGenerator random) {
        this(config, random, Duration.ofSeconds(2));
    }

    /// Makes the table of a stream known, as soon as the workspace lets it; does nothing where there is none.
    ///
    /// @param location as [ColdTable#open] takes it, of a bucket
    void register(String stream, String location) {
        if (worker != null) {
            troubles.put(stream, "its table is not registered with Databricks yet");
            String address = S3Place.parse(location).location().replaceFirst("^s3a:", "s3:");
            String[] schema = config.schema().split("\\.", 2);
            String sql = "CREATE TABLE IF NOT EXISTS `" + schema[0] + "`.`" + schema[1] + "`.`" + stream
                    + "` USING DELTA LOCATION '" + address + "'";
            later(new Registration(stream, sql)::begin, Duration.ZERO);
        }
    }

    /// What keeps a table from being known there, one sentence; null where nothing does.
    @Nullable
    String trouble(String stream) {
        return troubles.get(stream);
    }

    private void later(Runnable step, Duration wait) {
        try {
            if (worker != null) {
                worker.schedule(step, wait.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (RejectedExecutionException closed) {
            // Nobody waits for it any more.
        }
    }

    /// The answer of the workspace that is no success.
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        private final int waitSeconds;

        RefusedException(String message, int waitSeconds) {
            super(message);
            this.waitSeconds = waitSeconds;
        }
    }

    /// One table on its way. Its steps run on the worker's thread, one at a time.
    private final class Registration {
        private final String stream;
        private final String sql;
        private int failures;
        private int polls;
        private String statement = "";

        Registration(String stream, String sql) {
            this.stream = stream;
            this.sql = sql;
        }

        void begin() {
            Bytes body = Json.bytes(json -> {
                json.writeStartObject();
                json.writeStringProperty("statement", sql);
                json.writeStringProperty("warehouse_id", String.valueOf(config.warehouse()));
                json.writeStringProperty("wait_timeout", "30s");
                json.writeStringProperty("on_wait_timeout", "CONTINUE");
                json.writeEndObject();
            });
            polls = 0;
            step(request(STATEMENTS).POST(HttpRequest.BodyPublishers.ofByteArray(body.toArray())));
        }

        private void poll() {
            step(request(STATEMENTS + "/" + statement).GET());
        }

        private void step(HttpRequest.Builder request) {
            try {
                judge(send(request.build()));
            } catch (RefusedException refused) {
                again(String.valueOf(refused.getMessage()), refused.waitSeconds);
            } catch (IOException | RuntimeException failed) {
                again(
                        "it does not answer: " + failed.getClass().getSimpleName() + " "
                                + Text.excerpt(String.valueOf(failed.getMessage())),
                        0);
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            }
        }

        private void judge(Map<?, ?> answer) throws RefusedException {
            Map<?, ?> status = answer.get("status") instanceof Map<?, ?> map ? map : Map.of();
            String state = String.valueOf(status.get("state"));
            switch (state) {
                case "SUCCEEDED", "CLOSED" -> {
                    troubles.remove(stream);
                    LOG.atInfo().addKeyValue("stream", stream).log("its cold table is registered with Databricks");
                }
                case "PENDING", "RUNNING" -> {
                    statement = String.valueOf(answer.get("statement_id"));
                    if (!statement.matches("[A-Za-z0-9-]{1,100}") || ++polls > POLLS_MAX) {
                        throw new RefusedException("the statement " + Text.excerpt(statement) + " does not end", 0);
                    }
                    later(this::poll, doubled(first, polls, POLL_MAX));
                }
                default -> throw new RefusedException(state + reason(status.get("error")), 0);
            }
        }

        private void again(String why, int waitSeconds) {
            failures++;
            Duration wait = doubled(first, failures, WAIT_MAX);
            // Several brokers that were refused at the same time do not come back at the same time.
            wait = wait.plusMillis(random.nextLong(wait.toMillis() / 2 + 1));
            Duration asked = Duration.ofSeconds(Math.min(waitSeconds, WAIT_MAX.toSeconds()));
            wait = wait.compareTo(asked) < 0 ? asked : wait;
            String told = "its table is not registered with Databricks: " + why;
            troubles.put(stream, told);
            LOG.atWarn()
                    .addKeyValue("stream", stream)
                    .addKeyValue("again-in", wait)
                    .log(told);
            later(this::begin, wait);
        }
    }

    private static Duration doubled(Duration first, int times, Duration most) {
        Duration wait = first.multipliedBy(1L << Math.min(times - 1, 20));
        return wait.compareTo(most) > 0 ? most : wait;
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(config.host() + path))
                .timeout(ANSWER)
                .header("Authorization", "Bearer " + config.token())
                .header("Content-Type", "application/json")
                .header("User-Agent", "databroker");
    }

    private Map<?, ?> send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<InputStream> response =
                java.util.Objects.requireNonNull(client).send(request, HttpResponse.BodyHandlers.ofInputStream());
        Map<?, ?> answer;
        try (InputStream body = response.body()) {
            byte[] bytes = body.readNBytes(ANSWER_BYTES_MAX);
            answer = Json.parse(Bytes.wrap(bytes)) instanceof Map<?, ?> map ? map : Map.of();
        } catch (ProblemException noJson) {
            answer = Map.of();
        }
        int status = response.statusCode();
        if (status != 200) {
            throw new RefusedException(
                    "it answered " + status + reason(answer),
                    response.headers()
                            .firstValue("Retry-After")
                            .filter(seconds -> seconds.matches("\\d{1,5}"))
                            .map(Integer::parseInt)
                            .orElse(0));
        }
        return answer;
    }

    /// `, CODE: message` where the workspace says so.
    private static String reason(@Nullable Object error) {
        if (!(error instanceof Map<?, ?> map) || map.get("message") == null) {
            return "";
        }
        return ", " + Text.excerpt(String.valueOf(map.get("error_code"))) + ": "
                + Text.excerpt(String.valueOf(map.get("message")));
    }

    @Override
    public void close() {
        if (worker != null) {
            worker.shutdownNow();
        }
        if (client != null) {
            client.shutdownNow();
        }
    }
}
