package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The program that works a client under judgement: it gets commands as lines of JSON and says what came of
/// them.
final class ConformanceDriver implements AutoCloseable {
    private static final long FAREWELL_SECONDS = 2;

    private final Process process;
    private final Writer commands;
    private final ConformanceInbox said = new ConformanceInbox();

    ConformanceDriver(String command, String url, Surroundings around) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", command)
                .directory(around.folder().toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("DATABROKER_URL", url);
        builder.environment().put("DATABROKER_TOKEN", "conformance");
        process = builder.start();
        commands = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                try {
                    said.add(Json.parseObject(Bytes.utf8(line)));
                } catch (ProblemException noJson) {
                    said.add(Map.of("said", line));
                }
            }
        } catch (IOException over) {
            // As when it says no more.
        }
        said.ended(0);
    }

    /// What it has said, a line each.
    ConformanceInbox said() {
        return said;
    }

    void tell(String command) throws IOException {
        commands.write(command + "\n");
        commands.flush();
    }

    @Override
    public void close() {
        try {
            commands.close();
            if (process.waitFor(FAREWELL_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (IOException | InterruptedException goneAlready) {
            // Whatever is left of it is ended.
        }
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
