package com.databroker.opentelemetry;

import com.databroker.core.TraceEngine;
import java.util.function.Consumer;

/// Makes the recorder that a configuration asks for.
public final class OtlpEngine implements TraceEngine {
    @Override
    public Recorder open(Settings settings, Consumer<String> failing) {
        return new OtlpRecorder(settings, failing);
    }
}
