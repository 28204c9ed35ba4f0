package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is installed where no source is.
final class PackageTest {
    private static final String LAUNCHER = House.ROOT.resolve("databroker").toString();

    @TempDir
    Path folder;

    @Test
    void a_package_is_the_same_bytes_again_and_runs_where_it_may_not_write() throws Exception {
        Path first = made("umask 077");
        Path again = made("umask 002");
        assertThat(Files.mismatch(first, again)).isEqualTo(-1);
        Path installed = Files.createDirectories(folder.resolve("opt"));
        run("tar", "xzf", first.toString(), "-C", installed.toString());
        Path root;
        try (Stream<Path> inside = Files.list(installed)) {
            root = inside.findFirst().orElseThrow();
        }
        assertThat(root.resolve("docs/runbooks/README.md")).exists();
        assertThat(root.resolve("deploy/prometheus/alerts.yml")).exists();
        assertThat(root.resolve("etc/databroker.yaml")).exists();
        assertThat(root.resolve("lib/streams")).isNotEmptyDirectory();
        assertThat(root.resolve("completion/databroker.fish")).isNotEmptyFile();
        partsAreNamed(root);
        for (String shell : List.of("bash", "zsh")) {
            run("bash", "-n", root.resolve("completion/databroker." + shell).toString());
        }
        run("chmod", "-R", "a-w", root.toString());
        try {
            assertThat(run(root.resolve("databroker").toString(), "version")).startsWith("databroker ");
        } finally {
            run("chmod", "-R", "u+w", root.toString());
        }
    }

    /// The list of parts has every jar, as it is, and nothing else.
    private static void partsAreNamed(Path root) throws Exception {
        Map<String, ?> sbom = Json.parseObject(Bytes.wrap(Files.readAllBytes(root.resolve("sbom.json"))));
        Map<?, ?> itself = Deployed.inner(Deployed.inner(sbom, "metadata"), "component");
        List<String> licences = Files.readAllLines(root.resolve("LICENCES.tsv"));
        List<String> named = new ArrayList<>();
        for (Object each : (List<?>) Objects.requireNonNull(sbom.get("components"))) {
            Map<?, ?> part = (Map<?, ?>) each;
            Map<?, ?> hash = (Map<?, ?>) ((List<?>) Objects.requireNonNull(part.get("hashes"))).getFirst();
            named.add(String.valueOf(hash.get("content")));
            String line = part.get("group") + ":" + part.get("name") + "\t" + part.get("version") + "\t";
            assertThat(licences).anyMatch(licence -> licence.startsWith(line));
        }
        // One that lies in two folders is one part.
        Set<String> carried = new TreeSet<>();
        try (Stream<Path> files = Files.walk(root.resolve("lib"))) {
            for (Path jar :
                    files.filter(file -> file.toString().endsWith(".jar")).toList()) {
                if (!String.valueOf(jar.getFileName()).startsWith(itself.get("name") + "-")) {
                    carried.add(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar))));
                }
            }
        }
        assertThat(carried).hasSizeGreaterThan(100);
        assertThat(named).containsExactlyInAnyOrderElementsOf(carried);
        assertThat(licences)
                .anyMatch(line -> line.startsWith("org.hibernate.orm:hibernate-core\t"))
                .anyMatch(line -> line.startsWith("io.opentelemetry:opentelemetry-api\t"))
                .anyMatch(line -> line.startsWith("com.rabbitmq:amqp-client\t"));
    }

    private Path made(String umask) throws Exception {
        Path into = Files.createDirectories(folder.resolve(umask.replace(' ', '-')));
        run("bash", "-c", umask + "; exec '" + LAUNCHER + "' package '" + into + "'");
        try (Stream<Path> files = Files.list(into)) {
            return files.filter(file -> file.toString().endsWith(".tar.gz"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static String run(String... command) throws Exception {
        Peers.Result result = Peers.run(command);
        assertThat(result.status())
                .as(String.join(" ", command) + "\n" + result.output())
                .isZero();
        return result.output();
    }

    @Test
    void systemd_accepts_the_unit_and_finds_it_little_exposed() throws Exception {
        // Where it is to lie there is nothing here.
        Path unit = folder.resolve("databroker.service");
        Files.writeString(
                unit,
                House.text("deploy/systemd/databroker.service")
                        .replace("ExecStart=/opt/databroker/databroker", "ExecStart=" + LAUNCHER));
        assertThat(run("systemd-analyze", "verify", unit.toString())).isEmpty();
        String found = run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit.toString());
        assertThat(found).containsPattern("Overall exposure level for databroker.service: 1\\.\\d");
    }

    @Test
    void containers_are_not_root_write_nowhere_but_to_their_data_and_mount_what_there_is() {
        String image = House.text("deploy/container/Dockerfile");
        assertThat(image).contains("\nUSER 10001:10001\n", "\nHEALTHCHECK ", "[\"databroker\", \"check\", \"ready\"]");
        for (String file : List.of("compose.yaml", "compose.full.yaml")) {
            Map<?, ?> services = Deployed.inner(Deployed.yaml("deploy/container/" + file), "services");
            Map<?, ?> named = Deployed.inner(services, "databroker");
            Map<?, ?> broker = named.get("<<") instanceof Map<?, ?> merged ? merged : named;
            assertThat(broker.get("read_only")).as(file).isEqualTo(true);
            assertThat(broker.get("cap_drop")).as(file).isEqualTo(List.of("ALL"));
            for (Object service : services.values()) {
                if (service instanceof Map<?, ?> one && one.get("volumes") instanceof List<?> volumes) {
                    for (Object volume : volumes) {
                        String from = String.valueOf(volume).split(":", -1)[0];
                        assertThat(!from.startsWith(".")
                                        || Files.exists(House.ROOT
                                                .resolve("deploy/container")
                                                .resolve(from)))
                                .as("%s mounts %s", file, from)
                                .isTrue();
                    }
                }
            }
        }
        Map<?, ?> full = Deployed.yaml("deploy/container/compose.full.yaml");
        assertThat(Deployed.inner(full, "services").keySet())
                .map(String::valueOf)
                .contains("kafka", "jobmanager", "taskmanager", "elasticsearch", "kibana", "postgres", "rabbitmq")
                .contains("minio", "prometheus", "alertmanager", "grafana", "nginx");
        assertThat(full.toString())
                .contains("9000:8080", "5601:5601", "9200:9200", "8081:8081", "3000:3000", "9090:9090", "9093:9093");
    }
}
