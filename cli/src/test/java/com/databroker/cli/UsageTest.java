package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.server.ConfigDocs;
import com.databroker.server.ConfigOrigin;
import com.databroker.server.ConfigReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UsageTest {
    private static final String COMMAND =
            "mvn -q test -pl cli -am -Dtest=UsageTest" + " -Dsurefire.failIfNoSpecifiedTests=false -Dreference=write";

    private final Path folder;

    UsageTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private Typed run(String... args) {
        return new Typed(folder)
                .variable("DATABROKER_DATA", folder.resolve("data").toString())
                .run(args);
    }

    @Test
    void the_committed_page_is_the_generated_one() throws IOException {
        Path file = Path.of(System.getProperty("databroker.root", "")).resolve(CliDocs.PATH);
        if ("write".equals(System.getProperty("reference"))) {
            Files.writeString(file, CliDocs.page());
        }
        assertThat(Files.exists(file) ? Files.readString(file).lines() : "".lines())
                .as("%s is not what the program says; write it with%n%s%n", CliDocs.PATH, COMMAND)
                .containsExactlyElementsOf(CliDocs.page().lines().toList());
    }

    @Test
    void every_verb_explains_itself_in_two_ways() {
        for (Verbs.Entry entry : Verbs.ALL) {
            String[] words = entry.name().split(" ", -1);
            String[] asked = java.util.Arrays.copyOf(words, words.length + 1);
            asked[words.length] = "--help";
            Typed byOption = run(asked);
            assertThat(byOption.exit()).isZero();
            assertThat(byOption.out())
                    .startsWith("usage: databroker " + entry.name())
                    .contains(entry.text(), "examples:", "--help");
            assertThat(byOption.err()).isEmpty();
            String[] help = new String[words.length + 1];
            help[0] = "help";
            System.arraycopy(words, 0, help, 1, words.length);
            assertThat(run(help).out()).isEqualTo(byOption.out());
        }
    }

    @Test
    void help_lists_every_verb_on_standard_output_and_no_verb_is_wrong_usage() {
        Typed help = run("help");
        assertThat(help.exit()).isZero();
        Verbs.ALL.forEach(entry -> assertThat(help.out()).contains("\n  " + entry.name() + " "));
        assertThat(run("--help").out()).isEqualTo(help.out());
        Typed nothing = run();
        assertThat(nothing.exit()).isEqualTo(2);
        assertThat(nothing.out()).isEmpty();
        assertThat(nothing.err()).isEqualTo(help.out());
        assertThat(run("user", "--help").out()).contains("user add").doesNotContain("token add");
        assertThat(run("user").exit()).isEqualTo(2);
    }

    @Test
    void what_is_misspelt_is_told_with_what_is_near() {
        assertWrong("unknown verb \"sbu\", did you mean sub?", "sbu", "x");
        assertWrong("unknown verb \"lst\", did you mean list?", "user", "lst");
        assertWrong("unknown verb \"sevre\", did you mean serve?", "help", "sevre");
        assertWrong("unknown option --jsn, did you mean --json?", "sub", "--jsn", "x");
        assertWrong("a verb comes first, found \"--url\"", "--url", "x", "sub");
        assertWrong("missing required parameter: 'TOPIC'", "pub");
        assertWrong("one argument too many: \"c\"", "pub", "a", "b", "c");
        assertWrong("\"x\" is not a duration; write 500ms, 30s, 5m or 2h", "sub", "a", "--timeout", "x");
        assertWrong("\"example\" is not the address of a broker", "ls", "--url", "example");
        assertWrong("[1002] invalid topic: topic \"a//b\": it has an empty segment", "pub", "a//b", "x");
        assertWrong("[1003] invalid pattern: ", "sub", "a*");
        assertWrong("[1007] invalid position: ", "sub", "a", "--since", "x");
        assertWrong("--json and --raw exclude each other", "sub", "a", "--json", "--raw");
    }

    private void assertWrong(String message, String... args) {
        Typed typed = run(args);
        assertThat(typed.err()).startsWith("error: ").contains(message).contains("\ntry: ");
        assertThat(typed.err().lines()).hasSize(2);
        assertThat(typed.exit()).isEqualTo(2);
        assertThat(typed.out()).isEmpty();
    }

    @Test
    void without_a_broker_it_says_how_to_get_one() throws IOException {
        Typed none = run("pub", "a", "b");
        assertThat(none.exit()).isEqualTo(6);
        assertThat(none.err())
                .isEqualTo("error: no broker found\ncause: there is no " + folder.resolve("data/context.json")
                        + "\ntry: start one with ./databroker serve, or say where it is with --url and --token\n");
        String url = "http://127.0.0.1:" + freePort();
        for (String[] args : List.of(
                new String[] {"pub", "a", "b", "--url", url},
                new String[] {"ls", "--url", url},
                new String[] {"user", "list", "--url", url},
                new String[] {"check", "live", "--url", url, "--wait", "300ms"})) {
            Typed refused = run(args);
            assertThat(refused.exit()).isEqualTo(6);
            assertThat(refused.err())
                    .startsWith("error: [5003] not available: nothing answers at " + url
                            + "\ncause: the address is from --url\ntry: start the broker with ./databroker serve");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void colour_needs_a_terminal_and_nobody_who_minds() {
        assertThat(new Typed(folder).run("sbu").err()).doesNotContain("\u001b");
        assertThat(new Typed(folder).onTerminal().run("sbu").err()).startsWith("\u001b[1;31merror:\u001b[0m ");
        assertThat(new Typed(folder)
                        .onTerminal()
                        .variable("NO_COLOR", "1")
                        .run("sbu")
                        .err())
                .startsWith("error: ");
        assertThat(new Typed(folder)
                        .onTerminal()
                        .variable("TERM", "dumb")
                        .run("sbu")
                        .err())
                .startsWith("error: ");
    }

    @Test
    void each_problem_has_an_exit_code_of_the_table() {
        assertThat(Map.of(
                        Problem.FILE_NOT_FOUND, 3,
                        Problem.NOT_AUTHENTICATED, 4,
                        Problem.TOO_MANY_FAILURES, 4,
                        Problem.PRECONDITION_FAILED, 5,
                        Problem.PATH_CONFLICT, 5,
                        Problem.VALIDATION_FAILED, 5,
                        Problem.UNAVAILABLE, 6,
                        Problem.PORT_IN_USE, 2,
                        Problem.TOPIC_INVALID, 2,
                        Problem.STORAGE_FULL, 1))
                .allSatisfy((problem, code) ->
                        assertThat(Exit.of(problem)).as("%s", problem).isEqualTo(code));
        // What somebody typed, whoever notices it; but not what was lost on the way.
        assertThat(List.of(
                        Problem.BAD_REQUEST,
                        Problem.MESSAGE_INVALID,
                        Problem.QUERY_INVALID,
                        Problem.OBJECT_KEY_INVALID,
                        Problem.FIELD_UNKNOWN,
                        Problem.VALUE_INVALID))
                .allMatch(problem -> Exit.of(problem) == 2);
        assertThat(List.of(Problem.BODY_INCOMPLETE, Problem.DIGEST_MISMATCH))
                .allMatch(problem -> Exit.of(problem) == 1);
    }

    @Test
    void config_check_says_what_serve_would_read() throws IOException {
        Files.writeString(folder.resolve("good.yaml"), "http:\n  port: 8081\nlog:\n  level: debug\n");
        Typed good = run("config", "check", "good.yaml");
        assertThat(good.out()).matches("ok: \\d+ settings, 2 from the file\n");
        assertThat(good.exit()).isZero();
        Files.writeString(folder.resolve("bad.yaml"), "http:\n  prot: 8081\nlog:\n  level: loud\n");
        Typed bad = run("config", "check", "bad.yaml");
        assertThat(bad.exit()).isEqualTo(2);
        assertThat(bad.out()).isEmpty();
        String name = folder.resolve("bad.yaml").toString();
        assertThat(bad.err())
                .isEqualTo(name + ":2:3: http.prot: unknown key, did you mean \"port\"?\n"
                        + "     2 |   prot: 8081\n"
                        + "       |   ^^^^\n"
                        + name + ":4:10: log.level: \"loud\" is not one of [error, warn, info, debug]\n"
                        + "     4 |   level: loud\n"
                        + "       |          ^^^^\n"
                        + "2 errors\n"
                        + "error: [9001] invalid configuration\n"
                        + "try: Correct every line that is named.\n");
        assertThat(run("config", "check", "none.yaml").exit()).isEqualTo(2);
    }

    @Test
    void config_show_has_origins_and_config_default_is_the_default_file() {
        Typed show = run("config", "show", "--http.port", "8081", "--set", "log.level=debug");
        assertThat(show.out().lines().toList())
                .anyMatch(line -> line.matches("http\\.port +8081 +--http\\.port"))
                .anyMatch(line -> line.matches("log\\.level +debug +--log\\.level"))
                .anyMatch(line -> line.matches("zmq\\.port +5555 +default"));
        Typed json = run("config", "show", "-o", "json", "--http.port=8081");
        assertThat((List<?>) Json.parse(Bytes.utf8(json.out()))).asString().contains("key=http.port, value=8081");
        assertThat(run("config", "default").out()).isEqualTo(ConfigDocs.defaultFile());
        assertThat(run("config", "show", "--http.prot", "1").err()).contains("did you mean \"http.port\"?");
        assertThat(run("config", "show", "--http.port").exit()).isEqualTo(2);
    }

    @Test
    void every_setting_is_completed_and_the_default_data_folder_is_the_configurations() {
        List<ConfigOrigin> origins = ConfigReader.read(null, Map.of(), Map.of()).origins();
        assertThat(SettingFlags.keys())
                .containsExactlyElementsOf(
                        origins.stream().map(ConfigOrigin::key).toList());
        Path expected = ConfigReader.read(null, Map.of(), Map.of()).config().data();
        Typed typed = new Typed(folder).run("ls");
        if (typed.exit() != 0) {
            assertThat(typed.err()).contains(expected.toString());
        }
    }

    @Test
    void the_completion_script_is_one_that_bash_reads() throws IOException, InterruptedException {
        for (String shell : List.of("bash", "zsh")) {
            Path script = folder.resolve(shell);
            Typed typed = run("completion", shell);
            assertThat(typed.err()).isEmpty();
            Files.writeString(script, typed.out());
            Process bash = new ProcessBuilder("bash", "-n", script.toString())
                    .redirectErrorStream(true)
                    .start();
            try (InputStream said = bash.getInputStream()) {
                assertThat(new String(said.readAllBytes(), StandardCharsets.UTF_8))
                        .isEmpty();
            }
            assertThat(bash.waitFor()).isZero();
            assertThat(typed.out())
                    .contains("--http.port", "--since", "revoke", "(\"text\" \"json\" \"nagios\" \"prometheus\")")
                    .doesNotContain("\"NAGIOS\"");
        }
    }

    @Test
    void fish_completes_verbs_options_and_choices() throws IOException, InterruptedException {
        Path script = folder.resolve("databroker.fish");
        Files.writeString(script, run("completion", "fish").out());
        String asked = "source " + script;
        for (String typed :
                List.of("", "streams ", "streams --until=x l", "search --si", "search -o ", "objects triggers ")) {
            asked += "; echo '<" + typed + ">'; complete -C 'databroker " + typed + "'";
        }
        Process fish = new ProcessBuilder("fish", "--no-config", "-c", asked)
                .redirectErrorStream(true)
                .start();
        try (InputStream said = fish.getInputStream()) {
            String all = new String(said.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(all)
                    .as(asked)
                    .containsPattern("(?s)<>.*serve\t.*streams.*<streams >\ncheck\t.*replay\t.*<streams -");
            assertThat(all).containsPattern("(?s)<streams --until=x l>\nlag\t[^\n]*\nls\t[^\n]*\n<");
            assertThat(all).containsPattern("(?s)<search --si>\n--since\t[^\n]*\n<search -o >\njson.*table.*<");
            assertThat(all).containsPattern("(?s)<objects triggers >\ninstall\t.*remove\t.*show\t");
        }
        assertThat(fish.waitFor()).isZero();
    }

    @Test
    void version_is_one_line() {
        assertThat(run("version").out()).matches("databroker \\S+ \\(Java .*\\)\n");
        assertThat(run("--version").out()).isEqualTo(run("version").out());
    }
}
