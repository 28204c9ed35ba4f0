package com.databroker.streams;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// All that is pushed to the plane: its receivers, which are open whether or not the engines are up, and its hooks.
final class Pushing implements AutoCloseable {
    private final Path folder;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final List<Receiver> receivers = new ArrayList<>();
    private final List<Receiving> receiving = new ArrayList<>();
    private final Map<String, Hook> hooks = new LinkedHashMap<>();

    private record Hook(String stream, Deliveries deliveries) {}

    /// @param folder for the spools
    Pushing(Path folder, InstantSource clock, RandomGenerator random) {
        this.folder = folder;
        this.clock = clock;
        this.random = random;
    }

    void add(List<Receiver> more) {
        receivers.addAll(more);
    }

    void addHook(String name, String stream) {
        hooks.put(name, new Hook(stream, new Deliveries(stream, name, clock)));
    }

    /// Opens the receivers.
    ///
    /// @throws ProblemException [Problem#DATA_NOT_WRITABLE]
    void start() {
        for (Receiver receiver : receivers) {
            try {
                receiving.add(new Receiving(receiver, folder, clock, random));
            } catch (IOException failed) {
                throw new ProblemException(
                        Problem.DATA_NOT_WRITABLE, "the spool of " + receiver.name() + ": " + failed, failed);
            }
        }
        receiving.forEach(Receiving::start);
    }

    List<Receiving> receiving() {
        return List.copyOf(receiving);
    }

    /// As [StreamPlane#deliver].
    ///
    /// @param engines null before they are up
    void deliver(String hook, Body body, @Nullable StreamEngines engines) {
        Hook at = hooks.get(hook);
        if (at == null) {
            throw new ProblemException(Problem.NOT_FOUND, "there is no hook \"" + Text.excerpt(hook) + "\"");
        }
        at.deliveries.take(body, engines == null ? null : engines.ingest(at.stream));
    }

    /// How each does, behind how others do.
    List<CollectorStatus> statusBeside(List<CollectorStatus> others) {
        List<CollectorStatus> all = new ArrayList<>(others);
        receiving.forEach(each -> all.add(each.status()));
        hooks.values().forEach(each -> all.add(each.deliveries.status()));
        return all;
    }

    @Override
    public void close() {
        receiving.forEach(Receiving::close);
    }
}
