package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.core.Trace;
import com.databroker.core.TraceEngine;
import com.databroker.objects.Outbuildings;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has the work of this process recorded, where the configuration names a place for traces. What does it is loaded only
/// then, see [TraceEngine].
final class Tracing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tracing.class);
    private static final String ENGINE = "opentelemetry";

    private final TraceEngine.Recorder recorder;
    private final URLClassLoader classes;

    private Tracing(TraceEngine.Recorder recorder, URLClassLoader classes) {
        this.recorder = recorder;
        this.classes = classes;
    }

    /// @return what ends it; nothing where nothing is recorded
    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where what records is not there
    static AutoCloseable open(TracingConfig config, Metrics metrics) {
        TraceEngine.Settings settings = config.settings().orElse(null);
        if (settings == null) {
            return () -> {};
        }
        URLClassLoader classes = new URLClassLoader(
                "traces", Outbuildings.jars(ENGINE).toArray(new URL[0]), Tracing.class.getClassLoader());
        try {
            TraceEngine engine = ServiceLoader.load(TraceEngine.class, classes)
                    .findFirst()
                    .orElseThrow(
                            () -> missing("databroker-opentelemetry is neither in the class path nor in the folder "
                                    + ENGINE + " beside the program's jars"));
            TraceEngine.Recorder recorder = engine.open(settings, Tracing::failing);
            metrics.traces(recorder);
            Trace.use(recorder);
            return new Tracing(recorder, classes);
        } catch (ServiceConfigurationError | LinkageError broken) {
            throw missing(Text.excerpt(broken.toString()));
        }
    }

    private static ProblemException missing(String why) {
        return new ProblemException(
                Problem.CONFIGURATION_INVALID, "tracing.endpoint: what records traces is not there: " + why);
    }

    private static void failing(String why) {
        LOG.atWarn().addKeyValue("why", why).log("traces cannot be sent; those that cannot are counted");
    }

    @Override
    public void close() throws IOException {
        Trace.unuse(recorder);
        recorder.close();
        classes.close();
    }
}
