package com.databroker.systemtests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// The rules of the house that can be read from compiled classes. STYLE.md says why; the messages say what to do.
final class ArchitectureTest {
    private static final JavaClasses MAIN = compiled("classes");
    private static final JavaClasses TESTS = compiled("test-classes");

    /// Public top-level types a room may have: what others have to learn of it. More of them is a decision, made here.
    private static final Map<String, Integer> PUBLIC_TYPES_MAX = Map.ofEntries(
            Map.entry("core", 34),
            Map.entry("access", 15),
            Map.entry("events", 11),
            Map.entry("files", 21),
            Map.entry("streams", 39),
            Map.entry("sources", 11),
            Map.entry("objects", 23),
            Map.entry("engines/hibernate", 4),
            Map.entry("engines/opentelemetry", 1),
            Map.entry("server", 12),
            Map.entry("client", 12),
            Map.entry("cli", 1),
            Map.entry("testkit", 3));

    /// Libraries that a room's code may name beside the JDK, SLF4J and JSpecify. Its class path may hold more, which
    /// other libraries brought.
    private static final Map<String, List<String>> LIBRARIES = Map.ofEntries(
            Map.entry("core", List.of("tools.jackson.core.", "tools.jackson.dataformat.cbor.", "com.rabbitmq.client.")),
            Map.entry("access", List.of("tools.jackson.core.")),
            Map.entry("events", List.of("io.netty.", "org.bouncycastle.", "tools.jackson.core.")),
            Map.entry("files", List.of("dev.harrel.jsonschema.", "tools.jackson.core.")),
            Map.entry(
                    "streams",
                    List.of(
                            "tools.jackson.core.",
                            "kafka.",
                            "org.apache.kafka.",
                            "scala.Tuple2",
                            "org.apache.flink.",
                            "io.delta.kernel.",
                            "software.amazon.awssdk.",
                            "org.apache.hadoop.conf.",
                            "net.jpountz.lz4.",
                            "org.apache.lucene.")),
            Map.entry("sources", List.of("org.jsoup.", "tools.jackson.core.", "crawlercommons.domains.")),
            Map.entry("objects", List.of("tools.jackson.core.", "org.h2.", "org.postgresql.")),
            Map.entry("engines/hibernate", List.of("org.hibernate.", "jakarta.persistence.")),
            Map.entry("engines/opentelemetry", List.of("io.opentelemetry.", "io.vertx.core.")),
            Map.entry(
                    "server",
                    List.of(
                            "io.netty.",
                            "io.vertx.",
                            "tools.jackson.core.",
                            "org.apache.sshd.",
                            "com.rabbitmq.client.",
                            "org.snakeyaml.",
                            "ch.qos.logback.",
                            "io.prometheus.")),
            Map.entry("client", List.of("tools.jackson.core.", "com.rabbitmq.client.")),
            Map.entry(
                    "cli",
                    List.of("picocli.", "tools.jackson.core.", "com.github.luben.zstd.", "com.rabbitmq.client.")));

    /// A class that may do what others may not, and why.
    private record Permit(String className, String target, String why) {
        boolean covers(JavaAccess<?> access) {
            return access.getOriginOwner().getName().matches(className)
                    && access.getTarget().getFullName().startsWith(target);
        }
    }

    private static final List<Permit> CLOCKS = List.of(
            new Permit(
                    "com\\.databroker\\.server\\.Databroker",
                    "java.time.InstantSource.system(",
                    "the root, which hands the broker's one clock to every room"),
            new Permit(
                    "com\\.databroker\\.client\\.DatabrokerClient\\$Builder",
                    "java.time.InstantSource.system(",
                    "the default clock of a program that uses the client; the builder takes another"),
            new Permit(
                    "com\\.databroker\\.cli\\.BackupVerb",
                    "java.time.InstantSource.system(",
                    "the command, which is a root as well where no broker runs"),
            new Permit(
                    "com\\.databroker\\.server\\.Exchange",
                    "java.lang.System.nanoTime(",
                    "how long a body has been coming; no time of day"),
            new Permit(
                    "com\\.databroker\\.core\\.Durations",
                    "java.lang.System.nanoTime(",
                    "how long something took; no time of day"),
            new Permit(
                    "com\\.databroker\\.core\\.Durations",
                    "java.lang.System.currentTimeMillis(",
                    "when an example was seen, which Prometheus compares with its own clock"),
            new Permit(
                    "com\\.databroker\\.files\\.(Deadline|Watcher|Inotify|SignalQueue|ServiceWatch|PinnedFiles?)(\\$[A-Za-z]+)?",
                    "java.lang.System.nanoTime(",
                    "how long to wait, or since when; no time of day"),
            new Permit(
                    "com\\.databroker\\.streams\\.(IngestTransaction|Receiving)",
                    "java.lang.System.nanoTime(",
                    "how long records have waited, and a receiver worked; no time of day"),
            new Permit(
                    "com\\.databroker\\.streams\\.ColdCommit",
                    "java.lang.System.currentTimeMillis(",
                    "what the Delta kernel stamps its commits with, here as in its own transactions"),
            new Permit(
                    "com\\.databroker\\.streams\\.HotStores\\$Shared",
                    "java.time.InstantSource.system(",
                    "the hot store of a sink on another machine, which is handed nothing"),
            new Permit(
                    "com\\.databroker\\.cli\\.(Bench[A-Za-z]*|CheckVerb|ConformanceInbox)(\\$[A-Za-z]+)?",
                    "java.lang.System.nanoTime(",
                    "commands that measure or wait for a time; no time of day"));

    private static final List<Permit> RANDOMNESS = List.of(
            new Permit(
                    "com\\.databroker\\.server\\.Databroker",
                    "java.security.SecureRandom.<init>(",
                    "the root, which hands the one source of secrets on"),
            new Permit(
                    "com\\.databroker\\.client\\.DatabrokerClient\\$Builder",
                    "java.util.SplittableRandom.<init>(",
                    "the default for the jitter of reconnects; the builder takes another"),
            new Permit(
                    "com\\.databroker\\.client\\.DirectLink",
                    "java.security.SecureRandom.<init>(",
                    "keys of WebSocket frames, which nobody may foresee, whatever the builder was given"),
            new Permit(
                    "com\\.databroker\\.cli\\.ConformancePattern",
                    "java.util.UUID.randomUUID(",
                    "the name of a case's commit, which only has to be new"),
            new Permit(
                    "com\\.databroker\\.client\\.DatabrokerClient",
                    "java.util.UUID.randomUUID(",
                    "the name of a temporary file, which only has to be new"),
            new Permit(
                    "com\\.databroker\\.files\\.(FilePlane|FileStore|Admission|ResumableUploads)",
                    "java.util.UUID.randomUUID(",
                    "the name of a temporary file, which only has to be new"),
            new Permit(
                    "com\\.databroker\\.streams\\.(ColdFiles|NioDraft)",
                    "java.util.UUID.randomUUID(",
                    "the name of a file, which only has to be new, on whichever machine of the job it is written"),
            new Permit(
                    "com\\.databroker\\.streams\\.ColdGathering",
                    "java.util.UUID.randomUUID(",
                    "the name of a job's lineage, which only has to be new; a step of a job is handed nothing"));

    private static JavaClasses compiled(String folder) {
        // It tells every class it reads.
        ((Logger) LoggerFactory.getLogger("com.tngtech.archunit")).setLevel(Level.WARN);
        List<Path> places = House.PLAN.keySet().stream()
                .map(room -> House.ROOT.resolve(room).resolve("target").resolve(folder))
                .filter(Files::isDirectory)
                .toList();
        return new ClassFileImporter().importPaths(places);
    }

    private static Stream<JavaClass> topLevel(JavaClasses classes, String room) {
        return classes.stream()
                .filter(type -> House.packagesOf(room).contains(type.getPackageName()))
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"));
    }

    private static void check(ArchRule rule, JavaClasses classes) {
        rule.allowEmptyShould(false).check(classes);
    }

    @Test
    void the_import_saw_every_class_of_every_room() {
        Map<String, List<String>> missing = new TreeMap<>();
        for (HouseSources.Type type : HouseSources.all().types) {
            String file = type.file().toString();
            if (file.contains("/src/") && !type.name().contains(".")) {
                String room = House.roomOf(type.file());
                JavaClasses classes = type.isMain() ? MAIN : TESTS;
                boolean seen =
                        House.packagesOf(room).stream().anyMatch(name -> classes.contain(name + "." + type.name()));
                if (!seen) {
                    missing.computeIfAbsent(room, absent -> new ArrayList<>()).add(type.name());
                }
            }
        }
        assertThat(missing)
                .as("sources that are not compiled: run mvn verify, with all rooms")
                .isEmpty();
        for (String room : House.roomsOfMain()) {
            assertThat(topLevel(MAIN, room)).as("classes of " + room).isNotEmpty();
        }
        assertThat(topLevel(TESTS, House.SYSTEM_TESTS))
                .as("the tests themselves")
                .isNotEmpty();
    }

    @Test
    void a_room_sees_the_rooms_of_the_plan_and_no_other() {
        for (String room : House.roomsOfMain()) {
            List<String> seen = new ArrayList<>(House.PLAN.getOrDefault(room, List.of()));
            // The words that both ends agree on come with every room.
            seen.add(House.CORE);
            seen.add(room);
            String[] others = House.PLAN.keySet().stream()
                    .filter(other -> !seen.contains(other))
                    .flatMap(other -> House.packagesOf(other).stream())
                    .toArray(String[]::new);
            ArchRule rule = noClasses()
                    .that()
                    .resideInAnyPackage(House.packagesOf(room).toArray(String[]::new))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(others)
                    .as(room + " sees only " + House.PLAN.get(room))
                    .because("rooms do not know one another; the server introduces them (docs/adr/0001-rooms.md)");
            check(rule, MAIN);
        }
    }

    @Test
    void a_room_names_only_its_own_libraries() {
        for (String room : House.roomsOfMain()) {
            Set<String> allowed = new java.util.HashSet<>(LIBRARIES.getOrDefault(room, List.of()));
            allowed.addAll(List.of("java.", "javax.", "com.sun.management.", "org.xml.sax.", "org.w3c.dom."));
            allowed.addAll(List.of("org.slf4j.", "org.jspecify.", House.PACKAGES));
            ArchRule rule = noClasses()
                    .that()
                    .resideInAnyPackage(House.packagesOf(room).toArray(String[]::new))
                    .should()
                    .dependOnClassesThat(DescribedPredicate.describe(
                            "belong to a library that is not the room's",
                            type -> !type.getBaseComponentType().isPrimitive()
                                    && allowed.stream()
                                            .noneMatch(prefix -> type.getBaseComponentType()
                                                    .getName()
                                                    .startsWith(prefix))));
            check(rule, MAIN);
        }
    }

    @Test
    void a_room_is_one_flat_package() {
        for (JavaClasses all : List.of(MAIN, TESTS)) {
            String[] packages = House.PLAN.keySet().stream()
                    .flatMap(room -> House.packagesOf(room).stream())
                    .toArray(String[]::new);
            check(classes().should().resideInAnyPackage(packages).because("a second package means a new room"), all);
        }
    }

    @Test
    void packages_have_no_cycles() {
        check(slices().matching(House.PACKAGES + "(**)").should().beFreeOfCycles(), MAIN);
    }

    @Test
    void time_comes_from_the_clock_that_was_handed_in() {
        check(
                noAccess("it is the machine's clock: take an InstantSource", ArchitectureTest::readsTheClock, CLOCKS),
                MAIN);
        eachIsUsed(CLOCKS);
    }

    private static boolean readsTheClock(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getName();
        String name = access.getTarget().getName();
        return switch (owner) {
            case "java.lang.System" -> name.equals("currentTimeMillis") || name.equals("nanoTime");
            case "java.util.Date", "java.util.GregorianCalendar" ->
                access.getTarget().getFullName().endsWith(".<init>()");
            case "java.util.Calendar" -> name.equals("getInstance");
            default -> owner.startsWith("java.time.") && (name.equals("now") || name.startsWith("system"));
        };
    }

    @Test
    void randomness_comes_from_the_source_that_was_handed_in() {
        check(
                noAccess("it makes randomness: take a RandomGenerator", ArchitectureTest::makesRandomness, RANDOMNESS),
                MAIN);
        eachIsUsed(RANDOMNESS);
    }

    private static boolean makesRandomness(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getName();
        String name = access.getTarget().getName();
        return switch (owner) {
            case "java.lang.Math" -> name.equals("random");
            case "java.util.UUID" -> name.equals("randomUUID");
            case "java.util.Random", "java.util.SplittableRandom", "java.security.SecureRandom" ->
                name.equals("<init>") || name.startsWith("getInstance");
            case "java.util.concurrent.ThreadLocalRandom" -> name.equals("current");
            case "java.util.random.RandomGenerator" -> name.equals("of") || name.equals("getDefault");
            default -> false;
        };
    }

    @Test
    void nobody_sleeps() {
        Predicate<JavaAccess<?>> sleeps = access -> {
            String target = access.getTarget().getFullName();
            return target.startsWith("java.lang.Thread.sleep(")
                    || target.startsWith("java.util.concurrent.TimeUnit.sleep(");
        };
        check(noAccess("it sleeps: wait for what you wait for, with a deadline", sleeps, List.of()), MAIN);
        check(noAccess("it sleeps: wait for what you wait for, with a deadline", sleeps, List.of()), TESTS);
    }

    @Test
    void only_the_command_line_prints() {
        Predicate<JavaAccess<?>> prints = access -> {
            String target = access.getTarget().getFullName();
            boolean ours = access.getOriginOwner().getPackageName().equals(House.packageOf("cli"));
            return !ours && (target.equals("java.lang.System.out") || target.equals("java.lang.System.err"));
        };
        check(noAccess("it prints: use the log", prints, List.of()), MAIN);
    }

    private static ArchRule noAccess(String what, Predicate<JavaAccess<?>> forbidden, List<Permit> permits) {
        return noClasses()
                .should()
                .accessTargetWhere(DescribedPredicate.describe(
                        what,
                        access ->
                                forbidden.test(access) && permits.stream().noneMatch(permit -> permit.covers(access))));
    }

    /// A permit that nobody needs any more would let the next one through.
    private static void eachIsUsed(List<Permit> permits) {
        for (Permit permit : permits) {
            assertThat(MAIN.stream().flatMap(type -> type.getAccessesFromSelf().stream()))
                    .as("nobody needs the permit any more: " + permit)
                    .anyMatch(permit::covers);
        }
    }

    @Test
    void tests_are_neither_switched_off_nor_skipped() {
        check(
                noClasses()
                        .should()
                        .dependOnClassesThat()
                        .haveNameMatching("org\\.junit\\.jupiter\\.api\\.(Disabled|Assumptions|condition\\..*)"
                                + "|org\\.assertj\\.core\\.api\\.Assumptions|org\\.opentest4j\\.TestAborted.*")
                        .because("a test that may not run proves nothing; what is missing is a failure"),
                TESTS);
    }

    @Test
    void there_are_no_mocks() {
        for (String mocks : List.of("org.mockito.Mockito", "org.easymock.EasyMock", "org.powermock.api.PowerMock")) {
            assertThatThrownBy(() -> Class.forName(mocks)).isInstanceOf(ClassNotFoundException.class);
        }
        check(
                noClasses()
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("org.mockito..", "org.easymock..", "org.powermock..", "io.mockk..")
                        .because("a mock agrees with whoever wrote it; stand up the real thing or a small fake"),
                TESTS);
    }

    @Test
    void a_room_shows_no_more_types_than_agreed() {
        for (String room : House.roomsOfMain()) {
            List<String> shown = topLevel(MAIN, room)
                    .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                    .map(JavaClass::getSimpleName)
                    .sorted()
                    .toList();
            assertThat(shown)
                    .as("public types of " + room + ": make the new one package-private, or change PUBLIC_TYPES_MAX")
                    .hasSizeLessThanOrEqualTo(PUBLIC_TYPES_MAX.getOrDefault(room, 0));
        }
    }

    @Test
    void a_class_is_extended_only_where_that_was_meant() {
        Set<Modifier> meant = Set.of(Modifier.FINAL, Modifier.ABSTRACT, Modifier.SEALED);
        assertThat(HouseSources.all().types.stream()
                        .filter(HouseSources.Type::isMain)
                        .filter(type -> type.kind() == com.sun.source.tree.Tree.Kind.CLASS)
                        .filter(type -> type.modifiers().stream().noneMatch(meant::contains))
                        .map(HouseSources.Type::place))
                .as("classes that are neither final nor sealed nor abstract")
                .isEmpty();
    }
}
