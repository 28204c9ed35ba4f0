package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.Tree;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The rules of the house that can be read from its files: poms, sources, documents.
final class TidyTest {
    private static final int FILE_LINES_MAX = 500;
    private static final int METHOD_LINES_MAX = 60;
    private static final int PARAMETERS_MAX = 7;
    private static final int COLUMNS_MAX = 120;
    private static final String TEXT_BLOCK = "\"".repeat(3);

    private static final String DEPENDENCIES = "docs/adr/0002-dependencies.md";
    private static final String ARCHITECTURE = "ARCHITECTURE.md";

    /// Of LICENSE with every stretch of blanks as one.
    private static final String APACHE_2_SHA256 = "0ffddef9e48f8a09aed5caf2d44f7ba1c1be2d9b8e0a6f693b1635b2d5566645";

    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s#]+)(#[^)\\s]*)?\\)");
    private static final Pattern DOCUMENT = Pattern.compile("\\bdocs/[a-z0-9_/-]+\\.md\\b");
    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```$");
    private static final Pattern TYPE_NAME =
            Pattern.compile("([A-Z][A-Za-z0-9]*(?:\\.[A-Z][A-Za-z0-9]*)*)(?:[.#]([a-zA-Z][A-Za-z0-9_]*))?");

    // Written so that none of them finds itself.
    private static final Pattern UNFINISHED = Pattern.compile("\\b(TO[D]O|FIX[M]E|XX[X])\\b");
    private static final Pattern MACHINE = Pattern.compile("(?<![\\w.$}*-])/(usr/lib/jvm|work|root|home/\\w+)/");
    private static final Pattern REGISTRY = Pattern.compile("(?i)(repo1?\\.maven\\.|central\\.sonatype\\.|"
            + "\\boss\\.sonatype\\.|registry\\.npmjs\\.|pypi\\.org\\b|pythonhosted\\.|services\\.gradle\\.|"
            + "plugins\\.gradle\\.|\\bghcr\\.io\\b|docker\\.io\\b|quay\\.io\\b|jitpack\\.io\\b|proxy\\.golang\\.|"
            + "deb\\.debian\\.|archive\\.ubuntu\\.)");

    private static final HouseSources SOURCES = HouseSources.all();

    @Test
    void poms_have_the_edges_of_the_plan_and_no_other() {
        assertThat(HousePoms.parent().modules().stream().filter(module -> !module.equals(House.BORROWED)))
                .containsExactlyElementsOf(House.PLAN.keySet());
        House.PLAN.forEach((room, seen) -> assertThat(HousePoms.of(room).dependencies().stream()
                        .filter(HousePoms.Dependency::isRoom)
                        .map(HousePoms.Dependency::room)
                        .distinct())
                .as("rooms that " + room + "/pom.xml names")
                .containsExactlyInAnyOrderElementsOf(seen));
    }

    @Test
    void versions_stand_in_the_parent_only() {
        for (String room : House.PLAN.keySet()) {
            HousePoms pom = HousePoms.of(room);
            assertThat(Stream.of(pom.dependencies(), pom.plugins(), pom.processors())
                            .flatMap(List::stream)
                            .filter(dependency -> !dependency.version().isEmpty()))
                    .as("versions in " + room + "/pom.xml")
                    .isEmpty();
        }
    }

    @Test
    void every_dependency_has_a_reason() {
        HousePoms parent = HousePoms.parent();
        Set<String> reasons = new HashSet<>();
        House.text(DEPENDENCIES)
                .lines()
                .filter(line -> line.startsWith("| `"))
                .forEach(line -> codeIn(line.split("\\|", -1)[1]).forEach(reasons::add));
        Set<String> used = new TreeSet<>(artifacts(parent.dependencies()));
        used.addAll(artifacts(parent.processors()));
        used.addAll(artifacts(parent.plugins()));
        used.removeIf(artifact -> artifact.startsWith("databroker-") || artifact.startsWith("maven-"));
        used.removeAll(reasons);
        assertThat(used).as("named in pom.xml without a row in " + DEPENDENCIES).isEmpty();
        String poms = House.files("pom.xml").stream().map(House::text).collect(Collectors.joining());
        assertThat(reasons)
                .as("rows of " + DEPENDENCIES + " that no pom names any more")
                .allMatch(poms::contains);
    }

    private static List<String> artifacts(List<HousePoms.Dependency> dependencies) {
        return dependencies.stream().map(HousePoms.Dependency::artifact).toList();
    }

    @Test
    void the_architecture_names_what_exists() {
        String text = FENCE.matcher(House.text(ARCHITECTURE)).replaceAll("");
        List<String> names = codeIn(text).toList();
        assertThat(names).as("names in " + ARCHITECTURE).hasSizeGreaterThan(50);
        assertThat(names).as("rooms").containsAll(House.PLAN.keySet());
        String settings = House.text("docs/reference/configuration.md");
        assertThat(names.stream()
                        .filter(name -> !isType(name)
                                && !Files.exists(House.ROOT.resolve(name))
                                && !settings.contains("| `" + name + "` |")))
                .as(ARCHITECTURE + " puts in backticks what is neither a path nor a type, its member or a setting")
                .isEmpty();
    }

    /// `Gate`, `Filter.Glob`, `Gate.admit`.
    private static boolean isType(String name) {
        var matcher = TYPE_NAME.matcher(name);
        if (!matcher.matches()) {
            return false;
        }
        String type = matcher.group(1);
        String member = matcher.group(2);
        if (SOURCES.types.stream()
                .anyMatch(each -> each.name().equals(type)
                        && (member == null || each.members().contains(member)))) {
            return true;
        }
        // A constant looks like a nested type.
        int dot = type.lastIndexOf('.');
        return member == null
                && dot > 0
                && SOURCES.types.stream()
                        .anyMatch(each -> each.name().equals(type.substring(0, dot))
                                && each.members().contains(type.substring(dot + 1)));
    }

    private static Stream<String> codeIn(String text) {
        return CODE.matcher(text).results().map(found -> found.group(1));
    }

    @Test
    void documents_link_to_what_exists() {
        List<String> broken = new ArrayList<>();
        for (Path document : House.files(".md")) {
            String text = FENCE.matcher(House.text(document)).replaceAll("");
            Path folder = House.ROOT.resolve(document).resolveSibling(".");
            for (MatchResult link : LINK.matcher(text).results().toList()) {
                String target = link.group(1);
                boolean elsewhere = target.contains("://") || target.startsWith("mailto:");
                if (!elsewhere && !Files.exists(folder.resolve(target).normalize())) {
                    broken.add(document + " → " + target);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void sources_name_documents_that_exist() {
        List<String> missing = new ArrayList<>();
        for (Path source : House.files(".java")) {
            DOCUMENT.matcher(House.text(source))
                    .results()
                    .map(MatchResult::group)
                    .filter(document -> !Files.exists(House.ROOT.resolve(document)))
                    .forEach(document -> missing.add(source + " → " + document));
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void files_are_short() {
        assertThat(House.files().stream()
                        .filter(file -> file.toString().matches(".*\\.(java|py|c|h|js|mjs|sh|css|html)"))
                        .filter(file -> House.text(file).lines().count() > FILE_LINES_MAX))
                .as("files of more than " + FILE_LINES_MAX + " lines")
                .isEmpty();
    }

    @Test
    void methods_are_short() {
        assertThat(SOURCES.methods).hasSizeGreaterThan(500);
        assertThat(SOURCES.methods.stream()
                        .filter(method -> method.lines() > METHOD_LINES_MAX)
                        .map(method -> method.place() + " has " + method.lines() + " lines"))
                .as("methods of more than " + METHOD_LINES_MAX + " lines")
                .isEmpty();
    }

    @Test
    void methods_take_few_parameters() {
        assertThat(SOURCES.methods.stream()
                        .filter(method -> method.parameters() > PARAMETERS_MAX)
                        .map(method -> method.place() + " has " + method.parameters() + " parameters"))
                .as("methods of more than " + PARAMETERS_MAX + " parameters: what belongs together is a record")
                .isEmpty();
    }

    @Test
    void lines_fit_on_a_screen() {
        List<String> wide = new ArrayList<>();
        for (Path file : House.files(".java")) {
            List<String> lines = House.text(file).lines().toList();
            boolean quoted = false;
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                // No formatter breaks what is quoted: text blocks do not count, nor does indentation of strings.
                boolean literal = line.strip().matches("(\\+ )?\".*");
                if (!quoted && (literal ? line.strip() : line).length() > COLUMNS_MAX) {
                    wide.add(file + ":" + (i + 1));
                }
                quoted ^= line.contains(TEXT_BLOCK);
            }
        }
        assertThat(wide).as("lines of more than " + COLUMNS_MAX + " columns").isEmpty();
    }

    @Test
    void every_package_is_null_marked() {
        Set<Path> packages = new TreeSet<>();
        for (HouseSources.Type type : SOURCES.types) {
            Path folder = type.file().getParent();
            boolean ofTests = type.file().toString().startsWith(House.SYSTEM_TESTS);
            if (folder != null && (type.isMain() || ofTests)) {
                packages.add(folder);
            }
        }
        assertThat(packages)
                .hasSize(House.PLAN.keySet().stream()
                        .mapToInt(room -> House.packagesOf(room).size())
                        .sum());
        packages.removeIf(TidyTest::isNullMarked);
        assertThat(packages).as("packages that are not @NullMarked").isEmpty();
    }

    /// By itself, or by its module.
    private static boolean isNullMarked(Path folder) {
        Path module = Path.of(folder.toString().replaceAll("/com/.*", ""), "module-info.java");
        return House.text(folder.resolve("package-info.java")).contains("\n@NullMarked\n")
                || (Files.exists(House.ROOT.resolve(module))
                        && House.text(module).contains("\n@org.jspecify.annotations.NullMarked\n"));
    }

    @Test
    void what_is_public_is_documented() {
        assertThat(SOURCES.types.stream()
                        .filter(type -> type.isMain() && type.visible() && !type.documented())
                        .map(HouseSources.Type::place))
                .as("public types without a /// comment")
                .isEmpty();
        assertThat(House.files(".java").stream()
                        .filter(file -> House.text(file)
                                .lines()
                                .anyMatch(line -> line.strip().startsWith("/**"))))
                .as("files with comments in the old style")
                .isEmpty();
    }

    @Test
    void every_type_of_main_is_documented() {
        assertThat(SOURCES.types.stream()
                        .filter(type -> type.isMain() && !type.name().contains(".") && !type.documented())
                        .filter(type -> type.kind() != Tree.Kind.MODULE)
                        .map(HouseSources.Type::place))
                .as("top-level types without a /// comment")
                .isEmpty();
    }

    @Test
    void nothing_is_left_unfinished() {
        assertThat(linesThatMatch(UNFINISHED)).isEmpty();
    }

    @Test
    void nothing_names_the_machine_it_was_written_on() {
        assertThat(linesThatMatch(MACHINE)).isEmpty();
    }

    @Test
    void nothing_names_a_registry() {
        assertThat(linesThatMatch(REGISTRY))
                .as("where artifacts come from is the user's settings, not ours")
                .isEmpty();
        assertThat(House.text("pom.xml")).doesNotContain("<repositor", "<pluginRepositor", "<distributionManagement");
    }

    private static List<String> linesThatMatch(Pattern pattern) {
        List<String> found = new ArrayList<>();
        for (Path file : House.files()) {
            String text = House.textOrNull(file);
            List<String> lines = text == null ? List.of() : text.lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                if (pattern.matcher(lines.get(i)).find()) {
                    found.add(file + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
        }
        return found;
    }

    @Test
    void the_licence_is_apache_2() throws NoSuchAlgorithmException {
        String words = House.text("LICENSE").strip().replaceAll("\\s+", " ");
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(words.getBytes(StandardCharsets.UTF_8));
        assertThat(HexFormat.of().formatHex(digest)).isEqualTo(APACHE_2_SHA256);
    }
}
