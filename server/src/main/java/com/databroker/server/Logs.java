package com.databroker.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import com.databroker.core.Json;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.io.Console;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/// The broker's log on standard error: one line an event, for people or for programs.
///
/// The message says what, the keys say who and where: `topic`, `path`, `principal`, `address`, `door`, `problem`, and
/// where the
/// work is traced `trace_id` and `span_id`. Never a payload, never a token.
public final class Logs {
    private static final List<String> TALKATIVE = List.of(
            "io.delta.kernel",
            "org.apache.flink.connector.kafka.source.reader.KafkaSourceReader",
            "org.apache.flink.metrics.MetricGroup",
            "org.apache.flink.runtime.metrics.util.MetricUtils",
            "org.apache.flink.runtime.webmonitor.WebMonitorUtils",
            "org.apache.kafka.controller.QuorumController",
            "org.apache.kafka.clients.NetworkClient");

    /// It logs by itself, and asks for a module that is not ready yet. Held here: else its level would be forgotten.
    private static final java.util.logging.Logger LUCENE = java.util.logging.Logger.getLogger("org.apache.lucene");

    private Logs() {}

    /// Sets up logging for the whole process.
    public static void configure(Config.LogConfig config) {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        if (!(factory instanceof LoggerContext context)) {
            return;
        }
        context.reset();
        boolean json =
                config.format() == Config.LogFormat.JSON || (config.format() == Config.LogFormat.AUTO && !isTerminal());
        LayoutBase<ILoggingEvent> layout = json ? new JsonLayout() : new TextLayout();
        layout.setContext(context);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        ch.qos.logback.classic.Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        root.setLevel(Level.WARN);
        // It warns of every stranger that speaks its protocol badly, with a trace.
        context.getLogger("org.apache.sshd").setLevel(Level.ERROR);
        // The engines of the streams plane warn of what is as it should be: a table that is new, a cluster without
        // log files, a name that is long.
        for (String talkative : TALKATIVE) {
            context.getLogger(talkative).setLevel(Level.ERROR);
        }
        LUCENE.setLevel(java.util.logging.Level.SEVERE);
        context.getLogger("com.databroker")
                .setLevel(Level.toLevel(config.level().name()));
    }

    private static boolean isTerminal() {
        Console console = System.console();
        return Objects.nonNull(console) && console.isTerminal();
    }

    private static String name(ILoggingEvent event) {
        String name = event.getLoggerName();
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /// A stranger's words must not look like a line of ours, nor steer a terminal.
    private static String oneLine(String text) {
        return text.codePoints().noneMatch(Logs::isControl)
                ? text
                : text.codePoints()
                        .mapToObj(c -> isControl(c) ? String.format(Locale.ROOT, "\\u%04x", c) : Character.toString(c))
                        .collect(Collectors.joining());
    }

    private static boolean isControl(int c) {
        return Character.isISOControl(c) || c == 0x2028 || c == 0x2029;
    }

    private static final class TextLayout extends LayoutBase<ILoggingEvent> {
        @Override
        public String doLayout(ILoggingEvent event) {
            StringBuilder line = new StringBuilder()
                    .append(event.getInstant())
                    .append(' ')
                    .append(event.getLevel())
                    .append(' ')
                    .append(name(event))
                    .append(": ")
                    .append(oneLine(event.getFormattedMessage()));
            if (event.getKeyValuePairs() != null) {
                for (KeyValuePair pair : event.getKeyValuePairs()) {
                    line.append(' ').append(pair.key).append('=').append(oneLine(String.valueOf(pair.value)));
                }
            }
            Span span = Trace.current();
            if (span.isRecording()) {
                line.append(" trace_id=")
                        .append(span.traceId())
                        .append(" span_id=")
                        .append(span.spanId());
            }
            IThrowableProxy thrown = event.getThrowableProxy();
            if (thrown != null) {
                line.append('\n').append(ThrowableProxyUtil.asString(thrown));
            }
            return line.append('\n').toString();
        }
    }

    private static final class JsonLayout extends LayoutBase<ILoggingEvent> {
        @Override
        public String doLayout(ILoggingEvent event) {
            return Json.bytes(json -> {
                                json.writeStartObject();
                                json.writeStringProperty("time", String.valueOf(event.getInstant()));
                                json.writeStringProperty(
                                        "level", event.getLevel().toString().toLowerCase(Locale.ROOT));
                                json.writeStringProperty("logger", name(event));
                                json.writeStringProperty("message", event.getFormattedMessage());
                                if (event.getKeyValuePairs() != null) {
                                    for (KeyValuePair pair : event.getKeyValuePairs()) {
                                        json.writeStringProperty(pair.key, String.valueOf(pair.value));
                                    }
                                }
                                Span span = Trace.current();
                                if (span.isRecording()) {
                                    json.writeStringProperty("trace_id", span.traceId());
                                    json.writeStringProperty("span_id", span.spanId());
                                }
                                IThrowableProxy thrown = event.getThrowableProxy();
                                if (thrown != null) {
                                    json.writeStringProperty("error", ThrowableProxyUtil.asString(thrown));
                                }
                                json.writeEndObject();
                            })
                            .utf8()
                    + "\n";
        }
    }
}
