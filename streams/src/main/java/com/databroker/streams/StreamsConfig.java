package com.databroker.streams;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The streams plane: its engines, where it keeps what, and for how long.
public record StreamsConfig(
        @Setting(value = "Whether there is one.", otherwise = "true")
        boolean enabled,

        @Setting(
                value =
                        "Free room on the disk of the data folder below which files and collectors wait, so that what was"
                                + " taken can be brought to its end.",
                otherwise = "256MiB",
                min = 0)
        ByteSize roomMin,

        @Setting("What was collected and not yet taken up by the jobs: Kafka, in this process or a cluster.")
        Kafka kafka,

        @Setting("The jobs: Flink, in this process or a cluster.")
        Flink flink,

        @Setting("The last days, to be searched: Lucene in this process, or Elasticsearch.")
        Hot hot,

        @Setting("Everything, for years: tables of Delta Lake.")
        Cold cold,

        @Setting("What collectors fetched, as it came, for a replay.")
        Raw raw,

        @Setting("What is fetched from outside, and how.") CollectorsConfig collectors,

        @Setting(
                "The folder with definitions of streams of your own, `<name>.yaml`, read at the start; `sources` in the"
                        + " data folder where it is not named.")
        @Nullable
        Path definitions,

        @Setting("The folder with jars in which streams of your own are written in Java; `plugins` in the data folder"
                + " where it is not named. Who can write there can do whatever the broker can.")
        @Nullable
        Path plugins,

        @Setting("Counts by day of what was collected.") ViewsConfig views) {
    /// Where the raw records are.
    public record Kafka(
            @Setting(
                    value = "Port of the embedded Kafka on loopback; 0 takes a free one.",
                    otherwise = "0",
                    min = 0,
                    max = 65_535)
            int port,

            @Setting(
                    value = "A cluster to use in place of the embedded one: `host:port` of some of its brokers.",
                    variable = "KAFKA_BOOTSTRAP_SERVERS")
            List<String> bootstrapServers,

            @Setting("A file of properties for clients of that cluster, as for its own tools: how to sign in, TLS.")
            @Nullable
            Path properties,

            @Setting(
                    value = "Copies of each partition that is created in that cluster; -1 is its own default.",
                    otherwise = "-1",
                    min = -1,
                    max = 100)
            int replication,

            @Setting(
                    value =
                            "Partitions of each raw topic that is created in that cluster; 0 is each stream's own number."
                                    + " A topic that exists stays as it is.",
                    otherwise = "0",
                    min = 0,
                    max = 10_000)
            int partitions) {
        public Kafka {
            bootstrapServers = List.copyOf(bootstrapServers);
        }

        /// The defaults of every setting.
        public static Kafka defaults() {
            return new Kafka(0, List.of(), null, -1, 0);
        }

        /// Whether it is in this process.
        public boolean embedded() {
            return bootstrapServers.isEmpty();
        }
    }

    /// Who makes records of them.
    public record Flink(
            @Setting(
                    value =
                            "How often a job makes what it did safe: the longest that the cold store lags behind, and what is"
                                    + " done again after a kill.",
                    otherwise = "10s",
                    min = 100,
                    max = 3_600_000)
            Duration checkpointInterval,

            @Setting(value = "Threads of each job.", otherwise = "1", min = 1, max = 256)
            int parallelism,

            @Setting("A cluster to use in place of the embedded one: the address of its JobManager's REST service, as"
                    + " `http://flink:8081`. The broker runs no jobs then: `databroker streams submit` has them run"
                    + " there.")
            @Nullable
            String url,

            @Setting("Where jobs keep their checkpoints on that cluster: an address that all its machines reach, and"
                    + " this one, as `file:///srv/checkpoints`.")
            @Nullable
            String checkpoints) {
        public Flink {
            if (url != null) {
                URI address = uri("url", url);
                boolean web = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
                if (!web || address.getHost() == null) {
                    throw new IllegalArgumentException("url: write an address as http://flink:8081");
                }
                if (checkpoints == null) {
                    throw new IllegalArgumentException(
                            "checkpoints: name a folder that the whole cluster reaches; without"
                                    + " it nothing would be exactly once");
                }
            }
            if (checkpoints != null && uri("checkpoints", checkpoints).getScheme() == null) {
                throw new IllegalArgumentException("checkpoints: write an address as file:///srv/checkpoints");
            }
        }

        private static URI uri(String key, String text) {
            try {
                return new URI(text);
            } catch (URISyntaxException malformed) {
                throw new IllegalArgumentException(key + ": is not an address", malformed);
            }
        }

        /// The defaults of every setting.
        public static Flink defaults() {
            return new Flink(Duration.ofSeconds(10), 1, null, null);
        }

        /// Whether it is in this process.
        public boolean embedded() {
            return url == null;
        }
    }

    /// Where the last days are.
    public record Hot(
            @Setting(
                    value = "How long a record is kept, from its arrival.",
                    otherwise = "10d",
                    min = 60_000,
                    max = 31_536_000_000L)
            Duration age,

            @Setting(
                    value = "Room on the disk; beyond it the oldest day goes early.",
                    otherwise = "20GiB",
                    min = 1 << 20)
            ByteSize sizeMax,

            @Setting("A cluster to use in place of the index in this process.")
            Elasticsearch elasticsearch) {
        /// The defaults of every setting.
        public static Hot defaults() {
            return new Hot(Duration.ofDays(10), new ByteSize(20L << 30), Elasticsearch.defaults());
        }
    }

    /// A cluster that holds the last days.
    public record Elasticsearch(
            @Setting(
                    value =
                            "Addresses of some of its machines: `search-1:9200`, or `https://search-1:9200` for TLS. Where"
                                    + " there are none, the last days are kept in this process.",
                    variable = "ELASTICSEARCH_HOSTS")
            List<String> hosts,

            @Setting("Who signs in, with a password.") @Nullable
            String user,

            @Setting(value = "The user's password.", secret = true) @Nullable
            String password,

            @Setting(value = "A key to sign in with instead, as Elasticsearch encodes it.", secret = true) @Nullable
            String apiKey,

            @Setting(
                    "A file of certificates in PEM: those of the cluster have to come from one of them. Without it, from"
                            + " one that Java knows.")
            @Nullable
            Path caFile,

            @Setting(
                    value = "What the names of its indexes, aliases and templates begin with, before the stream's.",
                    otherwise = "databroker")
            String indexPrefix,

            @Setting(value = "Parts of each index, one of which a day is.", otherwise = "1", min = 1, max = 1024)
            int shards,

            @Setting(value = "Copies of each part beside the first.", otherwise = "1", min = 0, max = 100)
            int replicas,

            @Setting("A lifecycle policy of the cluster (ILM) that deletes old indexes in place of databroker. What is"
                    + " past its age is not found all the same.")
            @Nullable
            String lifecyclePolicy) {
        private static final Pattern PREFIX = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

        public Elasticsearch {
            hosts = List.copyOf(hosts);
            hosts.forEach(ElasticConfig::host);
            if ((user == null) != (password == null)) {
                throw new IllegalArgumentException("user: a user signs in with a password, and a password is a user's");
            }
            if (user != null && apiKey != null) {
                throw new IllegalArgumentException("api-key: sign in with a user or with a key, not with both");
            }
            if (!PREFIX.matcher(indexPrefix).matches()) {
                throw new IllegalArgumentException(
                        "index-prefix: write lower case letters, digits, dashes and underscores, up to 64");
            }
        }

        /// The defaults of every setting.
        public static Elasticsearch defaults() {
            return new Elasticsearch(List.of(), null, null, null, null, "databroker", 1, 1, null);
        }

        /// Whether there is none, so that the last days are kept in this process.
        public boolean embedded() {
            return hosts.isEmpty();
        }

        @Override
        public String toString() {
            return "Elasticsearch " + hosts;
        }
    }

    /// Where everything is.
    public record Cold(
            @Setting(
                    "Where the tables are: a folder, from the root on, or a prefix of a bucket, as `s3a://bucket/prefix`;"
                            + " `streams/cold` in the data folder where it is not named.")
            @Nullable
            String location,

            @Setting(
                    value = "Of `s3a://`: the address of a server that is not Amazon's, as `https://s3.example.org`.",
                    variable = "AWS_ENDPOINT_URL")
            @Nullable
            String endpoint,

            @Setting(value = "Of `s3a://`: the region of the bucket.", variable = "AWS_REGION") @Nullable
            String region,

            @Setting("A Databricks workspace in whose catalog the tables are registered.")
            Databricks databricks) {
        public Cold {
            boolean bucket = location != null && S3Place.isOne(location);
            if (bucket) {
                try {
                    location = S3Place.parse(String.valueOf(location)).location();
                } catch (IllegalArgumentException wrong) {
                    throw new IllegalArgumentException("location: " + wrong.getMessage(), wrong);
                }
            } else if (location != null && !location.startsWith("/")) {
                throw new IllegalArgumentException(
                        "location: write a folder from the root on, as /srv/cold, or s3a://bucket/prefix");
            }
            // Other programs read the same variables: what they hold matters here only where it is used.
            if (bucket && endpoint != null) {
                try {
                    S3Place.checkEndpoint(endpoint);
                } catch (IllegalArgumentException wrong) {
                    throw new IllegalArgumentException("endpoint: " + wrong.getMessage(), wrong);
                }
            }
            if (bucket && region != null && !region.matches("[a-z0-9-]{1,64}")) {
                throw new IllegalArgumentException("region: write one as eu-central-1");
            }
            if (databricks.warehouse() != null && !bucket) {
                throw new IllegalArgumentException("databricks.warehouse: a workspace reads tables in a bucket only;"
                        + " set streams.cold.location to s3a://bucket/prefix");
            }
        }

        /// The defaults of every setting.
        public static Cold defaults() {
            return new Cold(null, null, null, Databricks.defaults());
        }

        /// Where the table of a stream is, as [ColdTable#open] takes it.
        ///
        /// @param otherwise the folder of the tables where none is named
        String table(String stream, Path otherwise) {
            if (location != null && S3Place.isOne(location)) {
                S3Place named = S3Place.parse(location);
                return new S3Place(named.bucket(), named.prefix(), endpoint, region)
                        .child(stream)
                        .text();
            }
            Path folder = location == null ? otherwise : Path.of(location);
            return folder.resolve(stream).toAbsolutePath().toString();
        }
    }

    /// Where the tables are made known.
    public record Databricks(
            @Setting(
                    value = "Its address, as `https://dbc-a1b2c3d4-e5f6.cloud.databricks.com`.",
                    variable = "DATABRICKS_HOST")
            @Nullable
            String host,

            @Setting(value = "A token that may use the warehouse.", variable = "DATABRICKS_TOKEN", secret = true)
            @Nullable
            String token,

            @Setting("The id of the SQL warehouse that registers the tables; not named, none is registered.") @Nullable
            String warehouse,

            @Setting(
                    value = "Catalog and schema of the tables, with a point between; the schema must be there.",
                    otherwise = "main.databroker")
            String schema) {
        private static final String NAME = "[A-Za-z0-9_-]{1,255}";

        public Databricks {
            need(
                    warehouse == null || warehouse.matches("[A-Za-z0-9]{1,64}"),
                    "warehouse: write its id, as 1a2b3c4d5e6f");
            need(warehouse == null || (host != null && token != null), "warehouse: host and token are needed, too");
            need(schema.matches(NAME + "\\." + NAME), "schema: write catalog and schema, as main.databroker");
            // Without a warehouse the variables are for other programs.
            host = host == null || warehouse == null ? host : address(host);
        }

        private static void need(boolean holds, String otherwise) {
            if (!holds) {
                throw new IllegalArgumentException(otherwise);
            }
        }

        /// A token is not sent in the clear, but to this very machine.
        private static String address(String host) {
            String address = host.contains("://") ? host : "https://" + host;
            address = address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
            need(
                    address.matches("https://[A-Za-z0-9.-]+(:[0-9]+)?|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?"),
                    "host: write the workspace's address, as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com");
            return address;
        }

        /// The defaults of every setting.
        public static Databricks defaults() {
            return new Databricks(null, null, null, "main.databroker");
        }

        /// It holds a secret.
        @Override
        public String toString() {
            return host + " " + warehouse + " " + schema;
        }
    }

    /// What was fetched, before anything was made of it.
    public record Raw(
            @Setting(
                    value = "How long a fetched body is kept.",
                    otherwise = "90d",
                    min = 60_000,
                    max = 315_360_000_000L)
            Duration age,

            @Setting(
                    value = "Room on the disk, packed; beyond it the oldest bodies go early.",
                    otherwise = "10GiB",
                    min = 1)
            ByteSize sizeMax) {
        /// The defaults of every setting.
        public static Raw defaults() {
            return new Raw(Duration.ofDays(90), new ByteSize(10L << 30));
        }
    }

    /// When views are run.
    public record ViewsConfig(
            @Setting(value = "When every view is run, each day: a time of UTC as 02:30, or off.", otherwise = "02:30")
            String at) {
        private static final String OFF = "off";

        public ViewsConfig {
            if (!at.equals(OFF) && !at.matches("([01][0-9]|2[0-3]):[0-5][0-9]")) {
                throw new IllegalArgumentException("at: write a time of UTC as 02:30, or off");
            }
        }

        /// The defaults of every setting.
        public static ViewsConfig defaults() {
            return new ViewsConfig("02:30");
        }

        /// The time; null for never.
        @Nullable
        LocalTime time() {
            return at.equals(OFF) ? null : LocalTime.parse(at);
        }
    }

    /// The defaults of every setting.
    public static StreamsConfig defaults() {
        return new StreamsConfig(
                true,
                new ByteSize(256L << 20),
                Kafka.defaults(),
                Flink.defaults(),
                Hot.defaults(),
                Cold.defaults(),
                Raw.defaults(),
                CollectorsConfig.defaults(),
                null,
                null,
                ViewsConfig.defaults());
    }

    /// These settings with another interval of checkpoints.
    public StreamsConfig withCheckpointInterval(Duration interval) {
        return new StreamsConfig(
                enabled,
                roomMin,
                kafka,
                new Flink(interval, flink.parallelism(), flink.url(), flink.checkpoints()),
                hot,
                cold,
                raw,
                collectors,
                definitions,
                plugins,
                views);
    }
}
