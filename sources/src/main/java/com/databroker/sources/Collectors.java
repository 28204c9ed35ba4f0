package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Text;
import com.databroker.streams.Collector;
import com.databroker.streams.CollectorsConfig;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Receiver;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Makes the collectors that the configuration names: those that fetch, and those that are pushed to.
/// docs/reference/collectors.md describes them.
public final class Collectors {
    private static final URI ARXIV_OAI = URI.create("https://oaipmh.arxiv.org/oai");
    private static final URI ARXIV_QUERY = URI.create("https://export.arxiv.org/api/query");
    private static final URI GITHUB_ARCHIVE = URI.create("https://data.gharchive.org/");
    /// arXiv wants three seconds between any two requests, to whichever of its hosts.
    private static final Map<String, Duration> INTERVALS = Map.of("arxiv.org", Duration.ofSeconds(3));

    private static final Duration DAILY = Duration.ofDays(1);

    private Collectors() {}

    /// How they behave on the Internet.
    ///
    /// @param product with its version, as `databroker/1.0`
    /// @param spool folder for answers too large for memory
    public static PoliteHttp.Manners manners(CollectorsConfig config, String product, Path spool) {
        String agent = config.contact() == null ? product : product + " (" + config.contact() + ")";
        return new PoliteHttp.Manners(
                agent, config.privateAddresses(), config.sizeMax().bytes(), config.timeout(), INTERVALS, spool);
    }

    /// Those that go and look for themselves.
    ///
    /// @param environment gives the value of a variable, null where there is none
    /// @throws IllegalArgumentException in a full sentence, where a variable is missing
    public static List<Collector> of(
            CollectorsConfig config, PoliteHttp.Manners manners, Function<String, @Nullable String> environment) {
        List<Collector> all = new ArrayList<>();
        config.from().forEach((name, from) -> {
            switch (from.kind()) {
                case ARXIV_OAI -> arxivSets(all, name, from, manners);
                case ARXIV_QUERY -> all.add(arxivQuery(name, from, manners));
                case GITHUB_EVENTS -> all.add(githubEvents(name, from, manners, environment));
                case GITHUB_ARCHIVE -> all.add(githubArchive(name, from, manners));
                case FEED -> all.add(feed(name, from, manners));
                case TAIL -> all.add(new FileTail(name, Objects.requireNonNull(from.file())));
                case GITHUB_WEBHOOK, DNSTAP, PIPE -> {}
            }
        });
        return List.copyOf(all);
    }

    /// Those that are pushed to.
    ///
    /// @throws IllegalArgumentException in a full sentence
    public static List<Receiver> receivers(CollectorsConfig config) {
        List<Receiver> all = new ArrayList<>();
        config.from().forEach((name, from) -> {
            long spool = from.spoolMax().bytes();
            if (from.kind() == CollectorsConfig.Kind.DNSTAP) {
                all.add(new DnstapReceiver(name, address(name, from), from.connectionsMax(), spool));
            } else if (from.kind() == CollectorsConfig.Kind.PIPE) {
                all.add(new PipeReceiver(name, from.command(), from.file(), spool));
            }
        });
        return List.copyOf(all);
    }

    private static DnstapAddress address(String name, CollectorsConfig.From from) {
        try {
            return DnstapAddress.parse(Objects.requireNonNull(from.listen()), from.socketRights());
        } catch (IllegalArgumentException odd) {
            throw new IllegalArgumentException("streams.collectors.from." + name + ".listen: " + odd.getMessage(), odd);
        }
    }

    /// The webhooks, by their names.
    ///
    /// @throws IllegalArgumentException in a full sentence, where a secret is missing
    public static Map<String, GithubWebhook> webhooks(
            CollectorsConfig config, Function<String, @Nullable String> environment) {
        Map<String, GithubWebhook> all = new LinkedHashMap<>();
        config.from().forEach((name, from) -> {
            if (from.kind() == CollectorsConfig.Kind.GITHUB_WEBHOOK) {
                all.put(name, new GithubWebhook(name, secrets(name, from, environment)));
            }
        });
        return all;
    }

    private static List<Bytes> secrets(
            String name, CollectorsConfig.From from, Function<String, @Nullable String> environment) {
        String section = "streams.collectors.from." + name;
        List<String> lines = new ArrayList<>();
        for (String variable : from.secretVariables()) {
            String secret = environment.apply(variable);
            if (secret == null || secret.isBlank()) {
                throw new IllegalArgumentException(section + ".secret-variables: the variable " + variable
                        + " is not set; put the secret of the webhook there, or leave the name out");
            }
            lines.add(secret);
        }
        Path file = from.secretFile();
        if (file != null) {
            try {
                lines.addAll(Files.readAllLines(file));
            } catch (NoSuchFileException absent) {
                throw new IllegalArgumentException(section + ".secret-file: there is no file " + file, absent);
            } catch (IOException unreadable) {
                throw new IllegalArgumentException(
                        section + ".secret-file: " + file + " cannot be read: " + Text.excerpt(unreadable.toString()),
                        unreadable);
            }
        }
        List<Bytes> secrets = lines.stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(Bytes::utf8)
                .toList();
        if (secrets.isEmpty()) {
            throw new IllegalArgumentException(section + ".secret-file: there is no secret in " + file);
        }
        return secrets;
    }

    private static URI url(CollectorsConfig.From from, URI otherwise) {
        return from.url() == null ? otherwise : URI.create(from.url());
    }

    private static @Nullable LocalDate since(CollectorsConfig.From from) {
        return from.since() == null ? null : LocalDate.parse(from.since());
    }

    private static Duration interval(CollectorsConfig.From from, Duration otherwise) {
        return from.interval() == null ? otherwise : from.interval();
    }

    /// A collector for each set, since each has a harvest of its own.
    private static void arxivSets(
            List<Collector> all, String name, CollectorsConfig.From from, PoliteHttp.Manners manners) {
        URI base = url(from, ARXIV_OAI);
        String lease = manners.lease(base);
        Duration interval = interval(from, DAILY);
        if (from.sets().isEmpty()) {
            all.add(new ArxivOaiCollector(name, lease, base, null, since(from), interval));
        }
        for (String set : from.sets()) {
            all.add(new ArxivOaiCollector(name + "." + set, lease, base, set, since(from), interval));
        }
    }

    private static Collector arxivQuery(String name, CollectorsConfig.From from, PoliteHttp.Manners manners) {
        URI base = url(from, ARXIV_QUERY);
        String query = Objects.requireNonNull(from.query());
        return new ArxivQueryCollector(
                name, manners.lease(base), base, query, since(from), interval(from, DAILY), ArxivQueryCollector.PAGE);
    }

    private static Collector githubEvents(
            String name,
            CollectorsConfig.From from,
            PoliteHttp.Manners manners,
            Function<String, @Nullable String> environment) {
        URI url = URI.create(Objects.requireNonNull(from.url()));
        String variable = from.tokenVariable();
        String token = variable == null ? null : environment.apply(variable);
        if (variable != null && (token == null || token.isBlank())) {
            throw new IllegalArgumentException("streams.collectors.from." + name + ".token-variable: the variable "
                    + variable + " is not set; put the token there, or leave the setting out");
        }
        String stripped = token == null ? null : token.strip();
        return new GithubEventsCollector(name, manners.lease(url), url, stripped, interval(from, Duration.ZERO));
    }

    private static Collector githubArchive(String name, CollectorsConfig.From from, PoliteHttp.Manners manners) {
        URI base = url(from, GITHUB_ARCHIVE);
        URI folder = base.toString().endsWith("/") ? base : URI.create(base + "/");
        return new GithubArchiveCollector(name, manners.lease(folder), folder, since(from));
    }

    private static Collector feed(String name, CollectorsConfig.From from, PoliteHttp.Manners manners) {
        URI url = URI.create(Objects.requireNonNull(from.url()));
        return new FeedCollector(name, manners.lease(url), url, interval(from, Duration.ofHours(1)));
    }
}
