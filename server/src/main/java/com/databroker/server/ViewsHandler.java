package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.streams.StreamViews;
import com.databroker.streams.View;
import com.databroker.streams.ViewAnswer;
import com.databroker.streams.ViewQuery;
import com.databroker.streams.ViewStatus;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Views of streams over HTTP: `/views` lists them, `/views/<name>` tells the counts of days, and runs the
/// view when something is posted there.
final class ViewsHandler {
    private static final int LIMIT = 20;
    private static final int DAYS = 7;

    /// The area of who may run a view.
    private static final String AREA = "views";

    private final StreamViews views;
    private final InstantSource clock;

    ViewsHandler(StreamViews views, InstantSource clock) {
        this.views = views;
        this.clock = clock;
    }

    void handle(Exchange exchange) {
        String name = exchange.target().tail();
        if (name.isEmpty()) {
            exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
            exchange.target().allow();
            list(exchange);
            return;
        }
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST);
        require(exchange, name);
        if (exchange.isMethod(HttpMethod.POST)) {
            exchange.require(Action.ADMIN, AREA);
            exchange.target().allow();
            run(exchange, name);
        } else {
            exchange.target().allow("from", "to", "limit", "key");
            show(exchange, name);
        }
    }

    /// Whoever may search a stream sees its views, and nobody else learns whether there is one.
    private void require(Exchange exchange, String name) {
        String stream = views.stream(name);
        if (stream != null && exchange.principal().may(Action.SEARCH, stream)) {
            return;
        }
        exchange.require(Action.SEARCH, name);
        if (stream != null) {
            exchange.require(Action.SEARCH, stream);
        }
        throw new ProblemException(Problem.NOT_FOUND, "there is no view \"" + Text.excerpt(name) + "\"");
    }

    private void list(Exchange exchange) {
        Principal principal = exchange.principal();
        exchange.blocking(() -> {
            List<ViewStatus> all = views.status().stream()
                    .filter(status -> principal.may(Action.SEARCH, status.stream()))
                    .toList();
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartArray();
                all.forEach(status -> write(json, status));
                json.writeEndArray();
            }));
        });
    }

    private static void write(JsonGenerator json, ViewStatus status) {
        View view = status.view();
        json.writeStartObject();
        json.writeStringProperty("name", view.name());
        json.writeStringProperty("title", view.title());
        json.writeStringProperty("stream", status.stream());
        json.writeStringProperty("kind", view.kind().name().toLowerCase(Locale.ROOT));
        json.writeName("fields");
        json.writeStartArray();
        view.fields().forEach(json::writeString);
        json.writeEndArray();
        json.writeBooleanProperty("running", status.isRunning());
        json.writeNumberProperty("done", status.done());
        write(json, "horizon", status.horizon());
        write(json, "last", status.ended());
        if (status.millis() != null) {
            json.writeNumberProperty("millis", status.millis());
        }
        json.writeNumberProperty("rows", status.rows());
        if (!status.failure().isEmpty()) {
            json.writeStringProperty("failure", status.failure());
        }
        write(json, "next", status.next());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, @Nullable Instant time) {
        if (time != null) {
            json.writeStringProperty(name, time.toString());
        }
    }

    private void run(Exchange exchange, String name) {
        exchange.blocking(() -> {
            long run = views.run(name);
            exchange.onLoop(() -> exchange.json(202, json -> {
                json.writeStartObject();
                json.writeStringProperty("name", name);
                json.writeNumberProperty("run", run);
                json.writeEndObject();
            }));
        });
    }

    private void show(Exchange exchange, String name) {
        Instant from = StreamsHandler.time(exchange, "from", clock);
        Instant to = StreamsHandler.time(exchange, "to", clock);
        LocalDate end = to == null ? day(clock.instant()).plusDays(1) : behind(to);
        ViewQuery query = new ViewQuery(
                from == null ? end.minusDays(DAYS) : day(from),
                end,
                (int) StreamsHandler.number(exchange, "limit", 1, ViewQuery.LIMIT_MAX, LIMIT),
                exchange.target().parameter("key"));
        exchange.blocking(() -> {
            ViewAnswer answer = views.answer(name, query);
            Bytes body = Json.bytes(json -> write(json, name, answer));
            exchange.onLoop(() -> exchange.answer(200, Exchange.JSON, body));
        });
    }

    private static LocalDate day(Instant time) {
        return time.atOffset(ZoneOffset.UTC).toLocalDate();
    }

    /// A day counts as a whole: the first one of which nothing is asked.
    private static LocalDate behind(Instant to) {
        LocalDate day = day(to);
        return day.atStartOfDay().toInstant(ZoneOffset.UTC).equals(to) ? day : day.plusDays(1);
    }

    private void write(JsonGenerator json, String name, ViewAnswer answer) {
        json.writeStartObject();
        json.writeStringProperty("view", name);
        json.writeStringProperty("stream", String.valueOf(views.stream(name)));
        json.writeStringProperty("from", answer.query().from().toString());
        json.writeStringProperty("to", answer.query().to().toString());
        write(json, "horizon", answer.horizon());
        if (answer.partial() != null) {
            json.writeStringProperty("partial", answer.partial());
        }
        json.writeName("days");
        json.writeStartArray();
        for (ViewAnswer.Day day : answer.days()) {
            json.writeStartObject();
            json.writeStringProperty("day", day.day().toString());
            json.writeNumberProperty("records", day.records());
            json.writeNumberProperty("others", day.others());
            json.writeName("rows");
            json.writeStartArray();
            day.rows().forEach(row -> write(json, row));
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, ViewAnswer.Row row) {
        json.writeStartObject();
        json.writeStringProperty("key", row.key());
        json.writeNumberProperty("count", row.count());
        if (row.atLeast()) {
            json.writeBooleanProperty("atLeast", true);
        }
        if (row.expected() != null && row.score() != null) {
            json.writeNumberProperty("expected", rounded(row.expected()));
            json.writeNumberProperty("score", rounded(row.score()));
        }
        json.writeEndObject();
    }

    private static double rounded(double number) {
        return Math.round(number * 1000) / 1000.0;
    }
}
