package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.databroker.core.ByteSize;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Setting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigReaderTest {
    private static final String FILE = "databroker.yaml";
    private static final Path HOME = Path.of("").toAbsolutePath();

    /// What a rule of a record allows where "one more than the default" does not.
    private static final Map<String, String> SAMPLES = Map.ofEntries(
            Map.entry("http.host", "localhost"),
            Map.entry("http.accel-redirect", "/_files/"),
            Map.entry("zmq.host", "::1"),
            Map.entry("http.trusted-proxies", "[10.0.0.0/8, 2001:db8::1]"),
            Map.entry("zmq.trusted-proxies", "[10.0.0.0/8, 2001:db8::1]"),
            Map.entry("ssh.trusted-proxies", "[10.0.0.0/8, 2001:db8::1]"),
            Map.entry("http.allowed-origins", "[https://console.example.org, http://localhost:3000]"),
            Map.entry("streams.flink.url", "http://flink:8081"),
            Map.entry("streams.flink.checkpoints", "file:///srv/checkpoints"),
            Map.entry("streams.raw.age", "91d"),
            Map.entry("streams.views.at", "04:05"),
            Map.entry("streams.cold.databricks.schema", "main.databroker"),
            Map.entry("streams.cold.region", "eu-central-1"),
            Map.entry("streams.cold.endpoint", "http://localhost:9000"),
            Map.entry("streams.cold.location", "s3a://lake/tables"));

    /// Who signs in with a user does not sign in with a key.
    private static final String OTHERWISE = "streams.hot.elasticsearch.api-key";

    record Store(
            @Setting(value = "User.", otherwise = "broker") String user,

            @Setting(value = "Password.", secret = true) @Nullable
            String password,

            @Setting(value = "Pin.", secret = true, otherwise = "0", max = 9999)
            int pin) {
        Store {
            if ("hunter2".equals(password) || "admin".equals(user)) {
                throw new IllegalArgumentException("the password " + password + " is too easy");
            }
        }
    }

    record Needy(
            @Setting("Name.") String name,
            @Setting("Store.") Store store) {}

    record Called(@Setting("Command.") List<String> command) {}

    record Ambiguous(
            @Setting(value = "One.", otherwise = "1") int httpPort,
            @Setting("Two.") Below http) {
        record Below(
                @Setting(value = "Port.", otherwise = "2") int port) {}
    }

    record Taken(@Setting(value = "Url.", otherwise = "x") String url) {}

    record BadDefault(
            @Setting(value = "Size.", otherwise = "64MB") ByteSize size) {}

    record BadType(@Setting("Double.") double ratio) {}

    @Test
    void nothing_given_means_the_defaults() {
        Config config = Config.of(Map.of());
        assertThat(config.data()).isEqualTo(HOME.resolve("databroker-data"));
        assertThat(config.curveKeyFile()).isEqualTo(HOME.resolve("databroker-data/curve.key"));
        assertThat(config.http().host()).isEqualTo("127.0.0.1");
        assertThat(config.http().headersMax()).isEqualTo(new ByteSize(16 << 10));
        assertThat(config.http().idleTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.http().trustedProxies()).isEmpty();
        assertThat(config.http().tls().certificate()).isNull();
        assertThat(config.http().tls().enabled()).isFalse();
        assertThat(config.zmq().port()).isEqualTo(5555);
        assertThat(config.log()).isEqualTo(new Config.LogConfig(Config.LogFormat.AUTO, Config.LogLevel.INFO));
    }

    @Test
    void flags_stand_above_variables_above_the_file_above_the_defaults() {
        var read = read(
                Config.class,
                "http:\n  port: 1\n  host: a\n  max-connections: 10\n",
                Map.of("DATABROKER_HTTP_PORT", "2", "DATABROKER_HTTP_HOST", "b", "PATH", "/bin"),
                Map.of("http.port", "3"));
        assertThat(read.config().http().port()).isEqualTo(3);
        assertThat(read.config().http().host()).isEqualTo("b");
        assertThat(read.config().http().maxConnections()).isEqualTo(10);
        assertThat(read.origins())
                .contains(
                        new ConfigOrigin("http.port", "3", "--http.port"),
                        new ConfigOrigin("http.host", "b", "DATABROKER_HTTP_HOST"),
                        new ConfigOrigin("http.max-connections", "10", "databroker.yaml:4"),
                        new ConfigOrigin("zmq.port", "5555", "default"),
                        new ConfigOrigin("http.tls.key", "", "default"));
        assertThat(ConfigOrigin.table(read.origins())).containsPattern("(?m)^http.port +3 +--http.port$");
    }

    @Test
    void an_empty_value_takes_away_what_a_lower_layer_gave() {
        String yaml = "zmq: {curve-key-file: a}\nhttp: {trusted-proxies: [10.0.0.1]}\n";
        var variables = Map.of("DATABROKER_ZMQ_CURVE_KEY_FILE", "", "DATABROKER_HTTP_TRUSTED_PROXIES", "");
        Config config = read(Config.class, yaml, variables, Map.of()).config();
        assertThat(config.zmq().curveKeyFile()).isNull();
        assertThat(config.http().trustedProxies()).isEmpty();
    }

    @Test
    void every_key_is_reachable_by_file_variable_and_flag() {
        SettingGroup tree = SettingGroup.of(Config.class);
        Map<String, String> samples = new LinkedHashMap<>();
        List<SettingKey> keys =
                tree.keys().stream().filter(key -> !key.key().equals(OTHERWISE)).toList();
        keys.forEach(key -> samples.put(key.key(), sample(key)));
        StringBuilder yaml = new StringBuilder();
        yaml(yaml, tree, samples, "");

        var byFile = read(Config.class, yaml.toString(), Map.of(), Map.of());
        var byVariable = read(Config.class, "", named(tree, samples, SettingKey::variable), Map.of());
        var byFlag = read(Config.class, "", Map.of(), samples);

        assertThat(byFile.config()).isEqualTo(byFlag.config()).isEqualTo(byVariable.config());
        List<String> variables = keys.stream().map(SettingKey::variable).toList();
        assertThat(given(byFile))
                .hasSameSizeAs(variables)
                .allSatisfy(line -> assertThat(line.origin()).startsWith(FILE + ":"));
        assertThat(given(byVariable).stream().map(ConfigOrigin::origin)).containsExactlyElementsOf(variables);
        Set<String> secrets = keys.stream()
                .filter(key -> key.setting().secret())
                .map(SettingKey::key)
                .collect(Collectors.toSet());
        assertThat(given(byFlag)).allSatisfy(line -> {
            assertThat(line.origin()).isEqualTo("--" + line.key());
            assertThat(line.value())
                    .isEqualTo(secrets.contains(line.key()) ? SettingKey.SECRET : samples.get(line.key()));
        });
    }

    private static List<ConfigOrigin> given(ConfigReader.Read<Config> read) {
        return read.origins().stream()
                .filter(line -> !line.key().equals(OTHERWISE))
                .toList();
    }

    @Test
    void a_password_within_an_address_or_an_argument_is_not_printed() throws IOException {
        Map<String, String> shown = Map.of(
                "amqp://broker:hunter2@host:5672/v", "amqp://broker:********@host:5672/v",
                "jdbc:postgresql://host/db?user=a&password=hunter2&ssl=true",
                        "jdbc:postgresql://host/db?user=a&password=********&ssl=true",
                "--token=hunter2", "--token=********",
                "http://127.0.0.1:8080/a@b", "http://127.0.0.1:8080/a@b");
        for (Map.Entry<String, String> each : shown.entrySet()) {
            var read = read(Needy.class, "name: \"" + each.getKey() + "\"\nstore: {password: x}", Map.of(), Map.of());
            assertThat(read.config().name()).isEqualTo(each.getKey());
            assertThat(read.origins().toString()).contains(each.getValue()).doesNotContain("hunter2");
        }
        String command = "command: [/bin/x, --password, \"hunter2 y\", \"--api-key=hunter2 z\", -v, plain]";
        assertThat(read(Called.class, command, Map.of(), Map.of()).origins().toString())
                .contains("[\"/bin/x\", \"--password\", \"********\", \"--api-key=********\", \"-v\", plain]")
                .doesNotContain("hunter2");
    }

    @Test
    void a_secret_is_never_printed() throws IOException {
        var read = read(Needy.class, "name: a\nstore: {password: s3cret-1}", Map.of(), Map.of("store.pin", "77"));
        assertThat(read.config().store().password()).isEqualTo("s3cret-1");
        assertThat(ConfigOrigin.table(read.origins()))
                .contains(SettingKey.SECRET)
                .doesNotContain("s3cret")
                .doesNotContain("77");

        List<String> files = List.of(
                "name: a\nstore: {password: s3cret-1, usr: b}",
                "name: a\nstore: {pasword: s3cret-1}",
                "password: s3cret-1",
                "store.password: s3cret-1",
                "name: [b]\nstore: {pin: s3cret-1}",
                "name: a\nstore: {password: [s3cret-1]}",
                "name: a\nstore: {password: x, password: 's3cret-1'}",
                "name: a\nstore: {password: s3cret-1, user: admin}",
                "name: a\nstore:\n  usr: 5\n  password: |\n    first\n    s3cret-1\n",
                "name: a\nstore: {password: \"s3cret-1",
                "name: a\nstroe: {password: s3cret-1}",
                "name: a\nstore: {password: a}\nstore: {password: s3cret-1}",
                "name: a\nstore: {password: !x s3cret-1}",
                "name: a\nstore: &x {password: s3cret-1}");
        for (String file : files) {
            assertThat(fault(Needy.class, file, Map.of(), Map.of()).detail())
                    .as(file)
                    .doesNotContain("s3cret");
        }
        var variables = Map.of("DATABROKER_STORE_PIN", "s3cret-1", "DATABROKER_STOREPASSWORD", "s3cret-2");
        assertThat(fault(Needy.class, "", variables, Map.of("store.pin", "s3cret-3"))
                        .detail())
                .doesNotContain("s3cret")
                .contains("--store.pin: store.pin: is not a whole number");
    }

    @Test
    void a_secret_may_stand_in_a_file_that_its_variable_names(@TempDir Path folder) throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "s3cret\n");
        Map<String, String> variable = Map.of("DATABROKER_STORE_PASSWORD_FILE", secret.toString());
        var read = read(Needy.class, "name: a", variable, Map.of());
        assertThat(read.config().store().password()).isEqualTo("s3cret");
        assertThat(read.origins())
                .contains(new ConfigOrigin("store.password", "********", "DATABROKER_STORE_PASSWORD_FILE"));

        var both = Map.of("DATABROKER_STORE_PASSWORD_FILE", "x", "DATABROKER_STORE_PASSWORD", "y");
        assertThat(fault(Needy.class, "name: a", both, Map.of()).detail()).contains("give one of them");
        var absent = Map.of("DATABROKER_STORE_PIN_FILE", folder.resolve("none").toString());
        assertThat(fault(Needy.class, "name: a", absent, Map.of()).detail()).contains("store.pin: cannot read \"");
        var noSecret = Map.of("DATABROKER_STORE_USER_FILE", secret.toString());
        assertThat(fault(Needy.class, "name: a", noSecret, Map.of()).detail()).contains("unknown variable");
    }

    @Test
    void what_has_no_default_must_be_given() {
        assertThat(fault(Needy.class, "", Map.of(), Map.of()).detail())
                .isEqualTo("configuration: name: is missing; set it in the file, by DATABROKER_NAME or by --name\n"
                        + "1 error");
        assertThat(read(Needy.class, "", Map.of(), Map.of("name", "a"))
                        .config()
                        .store()
                        .user())
                .isEqualTo("broker");
    }

    @Test
    void the_file_is_the_named_one_or_that_of_the_variable(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("my.yaml"), "http: {port: 1}");
        Map<String, String> variable = Map.of("DATABROKER_CONFIG", file.toString());
        assertThat(ConfigReader.read(null, variable, Map.of()).config().http().port())
                .isEqualTo(1);
        assertThat(ConfigReader.read(file, Map.of(), Map.of()).origins())
                .contains(new ConfigOrigin("http.port", "1", file + ":1"));
        assertThat(ConfigReader.read(null, Map.of(), Map.of()).config()).isEqualTo(Config.of(Map.of()));

        Path none = folder.resolve("none.yaml");
        assertThatThrownBy(() -> ConfigReader.read(none, variable, Map.of("http.port", "x")))
                .hasMessage(none + ": there is no such file\n"
                        + "--http.port: http.port: \"x\" is not a whole number\n2 errors");
        assertThatThrownBy(() -> ConfigReader.read(folder, Map.of(), Map.of())).hasMessageContaining("cannot be read");
    }

    @Test
    void a_file_larger_than_a_mebibyte_is_refused() {
        String large = "# " + "x".repeat(ConfigYaml.BYTES_MAX);
        assertThat(fault(Config.class, large, Map.of(), Map.of()).detail()).contains("larger than 1MiB");
        String many = "data: [" + "1,".repeat(20_000) + "1]";
        assertThat(fault(Config.class, many, Map.of(), Map.of()).detail()).contains("more than 10000 values");
        String wrong = "a: 1\n".repeat(3000);
        assertThat(fault(Config.class, wrong, Map.of(), Map.of()).detail()).endsWith("... and 2900 more\n3000 errors");
    }

    @Test
    void the_findings_are_the_errors_one_by_one() {
        ProblemException fault = fault(Config.class, "zmq: {prot: 1}", Map.of("DATABROKER_X", "1"), Map.of());
        assertThat(fault.problem()).isEqualTo(Problem.CONFIGURATION_INVALID);
        assertThat(fault.findings().stream().map(Object::toString))
                .containsExactly(
                        "line 1, column 7: zmq.prot: unknown key, did you mean \"port\"?",
                        "DATABROKER_X: unknown variable");
    }

    @Test
    void sections_that_stand_in_the_wrong_place_are_told_the_right_one() {
        assertThat(fault(Config.class, "stores: {shop: {}}", Map.of(), Map.of()).detail())
                .contains("stores: unknown key, did you mean \"objects.stores\"?");
    }

    @Test
    void a_variable_that_everybody_knows_sets_its_key_and_that_of_the_key_goes_before_it() {
        Map<String, String> common = Map.of("KAFKA_BOOTSTRAP_SERVERS", "a:9092, b:9092");
        assertThat(read(Config.class, "", common, Map.of())
                        .config()
                        .streams()
                        .kafka()
                        .bootstrapServers())
                .containsExactly("a:9092", "b:9092");

        Map<String, String> both =
                Map.of("KAFKA_BOOTSTRAP_SERVERS", "a:9092", "DATABROKER_STREAMS_KAFKA_BOOTSTRAP_SERVERS", "c:9092");
        assertThat(read(Config.class, "", both, Map.of())
                        .config()
                        .streams()
                        .kafka()
                        .bootstrapServers())
                .containsExactly("c:9092");
    }

    @Test
    void records_that_could_be_misread_are_refused_before_anything_is_read() {
        assertThatThrownBy(() -> SettingGroup.of(Ambiguous.class))
                .hasMessage("DATABROKER_HTTP_PORT could mean http-port or http.port");
        assertThatThrownBy(() -> SettingGroup.of(Taken.class))
                .hasMessage("DATABROKER_URL could mean the broker's own use or url");
        assertThatThrownBy(() -> SettingGroup.of(BadDefault.class)).hasMessageContaining("size: wrong default");
        assertThatThrownBy(() -> SettingGroup.of(BadType.class)).hasMessageContaining("cannot have this type");
    }

    @Test
    void no_mutation_of_a_file_throws_anything_but_the_problem() {
        byte[] valid = ConfigDocs.defaultFile()
                .replaceAll("(?m)^( *)#(?=[a-z])", "$1")
                .replaceAll("(?m)^ *#.*\n", "")
                .getBytes(StandardCharsets.UTF_8);
        Random random = new Random(7);
        int refused = 0;
        for (int round = 0; round < 2000; round++) {
            byte[] mutant = mutate(valid, random);
            Throwable thrown = catchThrowable(() -> ConfigReader.read(Config.class, FILE, mutant, Map.of(), Map.of()));
            if (thrown != null) {
                refused++;
                assertThat(thrown)
                        .as(() -> new String(mutant, StandardCharsets.UTF_8))
                        .isInstanceOfSatisfying(
                                ProblemException.class,
                                problem -> assertThat(problem.detail())
                                        .matches("(?s).*\\d+ errors?")
                                        .matches("[^\\p{Cntrl}]+(\n[^\\p{Cntrl}]*)*"));
            }
        }
        assertThat(refused).isBetween(500, 1999);
    }

    static byte[] mutate(byte[] valid, Random random) {
        String alphabet = "{}[]&*!|>'\"%@`#?:-,\t\n\r ~\0\uFEFF\u2028é<=.0x";
        StringBuilder text = new StringBuilder(new String(valid, StandardCharsets.UTF_8));
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            int at = random.nextInt(text.length());
            int to = Math.min(text.length(), at + random.nextInt(20));
            switch (random.nextInt(4)) {
                case 0 -> text.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
                case 1 -> text.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
                case 2 -> text.delete(at, to);
                default -> text.insert(random.nextInt(text.length()), text.substring(at, to));
            }
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(10) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static String sample(SettingKey key) {
        String given = SAMPLES.get(key.key());
        if (given != null) {
            return given;
        }
        Object value = key.otherwise();
        return switch (key.type().form()) {
            case TEXT -> key.key().equals("amqp.uri") ? "amqp://user:password@host:5672/sample" : "sample";
            case LIST -> "[a, b]";
            case PATH -> "/" + key.name();
            case FLAG -> String.valueOf(!Boolean.TRUE.equals(value));
            case WORD -> key.type().words().getLast();
            case NUMBER, DURATION, SIZE ->
                key.type().measureText(SettingType.measure(Objects.requireNonNull(value)) + 1);
        };
    }

    private static void yaml(StringBuilder out, SettingGroup group, Map<String, String> samples, String indent) {
        for (SettingNode part : group.parts()) {
            out.append(indent).append(part.name()).append(':');
            switch (part) {
                case SettingKey key ->
                    out.append(' ').append(samples.getOrDefault(key.key(), "~")).append('\n');
                case SettingGroup below -> yaml(out.append('\n'), below, samples, indent + "  ");
                case SettingMap map -> out.append('\n');
            }
        }
    }

    private static Map<String, String> named(
            SettingGroup tree, Map<String, String> samples, Function<SettingKey, String> name) {
        return tree.keys().stream()
                .filter(key -> samples.containsKey(key.key()))
                .collect(Collectors.toMap(name, key -> samples.get(key.key())));
    }

    private static <R extends Record> ConfigReader.Read<R> read(
            Class<R> type, String yaml, Map<String, String> environment, Map<String, String> flags) {
        return ConfigReader.read(type, FILE, yaml.getBytes(StandardCharsets.UTF_8), environment, flags);
    }

    static ProblemException fault(
            Class<? extends Record> type, String yaml, Map<String, String> environment, Map<String, String> flags) {
        List<ProblemException> faults = new ArrayList<>();
        try {
            read(type, yaml, environment, flags);
        } catch (ProblemException fault) {
            faults.add(fault);
        }
        assertThat(faults).as(yaml).hasSize(1);
        return faults.getFirst();
    }
}
