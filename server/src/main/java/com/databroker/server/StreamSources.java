package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.sources.ArxivSource;
import com.databroker.sources.Collectors;
import com.databroker.sources.DnsSource;
import com.databroker.sources.GithubSource;
import com.databroker.sources.NewsSource;
import com.databroker.streams.Collector;
import com.databroker.streams.CollectorsConfig;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Source;
import com.databroker.streams.StreamPlane;
import com.databroker.streams.StreamsConfig;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;

/// The streams that come with the broker, and who collects for them.
final class StreamSources {
    /// The key by which addresses of DNS clients are made anonymous.
    static final String DNS_KEY = "dns.key";

    private StreamSources() {}

    static List<Source> of(Bytes dnsKey) {
        return List.of(new ArxivSource(), new GithubSource(), new NewsSource(), new DnsSource(dnsKey));
    }

    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where a collector lacks something
    static StreamPlane plane(StreamsConfig config, DataFolder data, InstantSource clock, SecureRandom random) {
        List<Source> sources = of(data.secret(DNS_KEY, random));
        CollectorsConfig from = config.collectors();
        PoliteHttp.Manners manners =
                Collectors.manners(from, "databroker/" + Version.VERSION, data.resolve("streams/spool"));
        List<Collector> collectors = collectors(from, manners);
        StreamPlane plane = StreamPlane.of(config, data.resolve("streams"), sources, clock, random);
        if (!collectors.isEmpty()) {
            plane.collect(collectors, new PoliteHttp(manners, clock));
        }
        return plane;
    }

    private static List<Collector> collectors(CollectorsConfig from, PoliteHttp.Manners manners) {
        try {
            return Collectors.of(from, manners, System::getenv);
        } catch (IllegalArgumentException wrong) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID, "streams.collectors: " + wrong.getMessage(), wrong);
        }
    }
}
