package com.databroker.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.databroker.core.Bytes;
import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.xml.sax.SAXException;

final class UsersFileTest {
    private static final String ROOT = "<broker-users xmlns=\"urn:databroker:users:1\">";
    private static final String HASH = "0123456789abcdef".repeat(4);
    private static final String ADMIN = "<user name=\"root\"><token label=\"t\" sha256=\"" + HASH
            + "\"/><grant action=\"admin\" pattern=\"**\"/></user>";

    /// Line 1 is the root, line 2 the administrator, line 3 is `line`.
    private static String withLine3(String line) {
        return ROOT + "\n" + ADMIN + "\n" + line + "\n</broker-users>";
    }

    private static ProblemException refusal(String xml) {
        return Fixture.refusal(() -> UsersFile.parse(Bytes.utf8(xml)));
    }

    @TestFactory
    Stream<DynamicTest> a_hostile_file_is_refused_quickly_and_nothing_is_fetched() throws IOException {
        ServerSocketChannel trap =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        trap.configureBlocking(false);
        int port = ((InetSocketAddress) trap.getLocalAddress()).getPort();
        String url = "http://127.0.0.1:" + port + "/x";
        List<DynamicTest> tests = new ArrayList<>();
        for (String[] hostile : new String[][] {
            {"external entity of a file", "<!DOCTYPE b [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + withLine3("&x;")
            },
            {"external entity by HTTP", "<!DOCTYPE b [<!ENTITY x SYSTEM \"" + url + "\">]>" + withLine3("&x;")},
            {"external DTD", "<!DOCTYPE b SYSTEM \"" + url + "\">" + withLine3("")},
            {"parameter entity", "<!DOCTYPE b [<!ENTITY % p SYSTEM \"" + url + "\"> %p;]>" + withLine3("")},
            {"billion laughs", laughs() + withLine3("&a29;")},
            {
                "quadratic blow-up",
                "<!DOCTYPE b [<!ENTITY a \"" + "x".repeat(50_000) + "\">]>" + withLine3("&a;".repeat(50_000))
            },
            {"undeclared entity", withLine3("&passwd;")},
            {"depth", withLine3("<user name=\"a\">".repeat(30_000))},
            {"depth of unknown elements", withLine3("<x>".repeat(100_000) + "</x>".repeat(100_000))},
            {"attributes", withLine3("<user " + manyAttributes() + "/>")},
            {"a name of half a million characters", withLine3("<" + "x".repeat(500_000) + "/>")},
            {"a user name of half a million characters", withLine3("<user name=\"" + "x".repeat(500_000) + "\"/>")},
            {"many mistakes", withLine3("<user name=\"a b\"><member role=\"q\"/></user>".repeat(20_000))},
            {"many unknown elements", withLine3("<usr/>".repeat(100_000))},
            {"XInclude", withLine3("<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"" + url + "\"/>")},
            {"not XML", "{\"users\":[]}"},
            {"empty", ""},
            {"cut off", withLine3("").substring(0, 60)},
            {"two roots", withLine3("") + withLine3("")},
            {"a character XML does not have", withLine3("\u0000")},
            {"a declared encoding that is another", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + withLine3("")},
            {"XML 1.2", "<?xml version=\"1.2\"?>" + withLine3("")},
        }) {
            tests.add(DynamicTest.dynamicTest(hostile[0], () -> {
                ProblemException refusal = assertTimeoutPreemptively(Duration.ofSeconds(5), () -> refusal(hostile[1]));
                assertThat(refusal.problem()).isEqualTo(Problem.USERS_FILE_INVALID);
                assertThat(refusal.findings()).isNotEmpty().hasSizeLessThanOrEqualTo(Findings.MAX);
                assertThat(refusal.line()).doesNotContain("root:x:0").hasSizeLessThan(1000);
            }));
        }
        tests.add(DynamicTest.dynamicTest("a schema location is ignored", () -> {
            String xml = withLine3("")
                    .replace(
                            "<broker-users ",
                            "<broker-users xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
                                    + " xsi:schemaLocation=\"urn:databroker:users:1 " + url + "\" ");
            assertThat(UsersFile.parse(Bytes.utf8(xml)).users()).hasSize(1);
        }));
        tests.add(DynamicTest.dynamicTest("nothing was fetched", () -> {
            assertThat(trap.accept()).isNull();
            trap.close();
        }));
        return tests.stream();
    }

    private static String laughs() {
        return "<!DOCTYPE b [<!ENTITY a0 \"ha\">"
                + String.join(
                        "",
                        java.util.stream.IntStream.range(1, 30)
                                .mapToObj(i -> "<!ENTITY a" + i + " \"" + ("&a" + (i - 1) + ";").repeat(10) + "\">")
                                .toList())
                + "]>";
    }

    private static String manyAttributes() {
        return String.join(
                " ",
                java.util.stream.IntStream.range(0, 50_000)
                        .mapToObj(i -> "a" + i + "=\"\"")
                        .toList());
    }

    @Test
    void mistakes_are_told_in_english_wherever_the_broker_runs() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertThat(refusal(withLine3("").substring(0, 60)).detail())
                    .contains(": not well-formed: XML document structures must start and end");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void other_encodings_are_refused() {
        for (byte[] bytes : List.of(
                withLine3("").getBytes(StandardCharsets.UTF_16),
                withLine3("").getBytes(StandardCharsets.UTF_16LE),
                withLine3("<!-- ä -->").getBytes(StandardCharsets.ISO_8859_1))) {
            assertThat(Fixture.refusal(() -> UsersFile.parse(Bytes.copyOf(bytes)))
                            .problem())
                    .isEqualTo(Problem.USERS_FILE_INVALID);
        }
        assertThat(UsersFile.parse(Bytes.utf8("\uFEFF" + withLine3("<!-- ä -->")))
                        .users())
                .hasSize(1);
    }

    /// What stands in line 3, the column of the finding, and how its message begins.
    private static final Object[][] MISTAKES = {
        {"<user nam=\"a\"/>", 7, "<user> has no attribute \"nam\"; did you mean \"name\"?"},
        {"  <usr name=\"a\"/>", 3, "<usr> does not belong in <broker-users>; did you mean \"user\"?"},
        {"<user/>", 1, "<user> needs the attribute \"name\""},
        {"<user name=\"a b\"/>", 7, "\"a b\" is not a name of 1 to 64"},
        {"<user name=\"a\n\"/>", 7, "\"a \" is not a name"},
        {"<user name=\"root\"/>", 7, "this user stands in line 2 already"},
        {"<user name=\"broker\"/>", 7, "\"broker\" is the broker's own"},
        {"<user name=\"a\" disabled=\"maybe\"/>", 16, "disabled is true or false"},
        {"<user name=\"a\">text</user>", 1, "<user> holds no text"},
        {
            "<user name=\"a\"><member role=\"bilder\"/></user><role name=\"builder\"/>",
            24,
            "there is no role \"bilder\"; did you mean \"builder\"?"
        },
        {"<role name=\"r\"/><role name=\"r\"/>", 23, "this role stands in line 3 already"},
        {
            "<user name=\"a\"><grant action=\"publsh\" pattern=\"a\"/></user>",
            23,
            "there is no action \"publsh\"; did you mean \"publish\"?"
        },
        {"<user name=\"a\"><grant action=\"\" pattern=\"a\"/></user>", 23, "there is no action \"\""},
        {"<user name=\"a\"><grant action=\"read\" pattern=\"build*\"/></user>", 37, "pattern \"build*\": "},
        {"<user name=\"a\"><grant action=\"read\"/></user>", 16, "<grant> needs the attribute \"pattern\""},
        {"<user name=\"a\"><token label=\"t\" sha256=\"12\"/></user>", 33, "sha256 has 64 hex digits"},
        {
            "<user name=\"a\"><token label=\"t\" sha256=\"" + HASH.toUpperCase(Locale.ROOT) + "\"/></user>",
            33,
            "this token stands in line 2 already"
        },
        {"<user name=\"a\"><token label=\"\" sha256=\"" + "a".repeat(64) + "\"/></user>", 23, "a label has 1 to 64"},
        {
            "<user name=\"a\"><token label=\"t\" id=\"short\" sha256=\"" + "a".repeat(64) + "\"/></user>",
            33,
            "an id has 8 characters"
        },
        {
            "<user name=\"a\"><token label=\"t\" expires=\"tomorrow\" sha256=\"" + "a".repeat(64) + "\"/></user>",
            33,
            "\"tomorrow\" is not a time"
        },
        {
            "<user name=\"a\"><token label=\"t\" expires=\"2027-02-30T00:00:00Z\" sha256=\"" + "a".repeat(64)
                    + "\"/></user>",
            33,
            "\"2027-02-30T00:00:00Z\" is not a time"
        },
        {
            "<user name=\"a\"><token label=\"t\" expires=\"2027-02-03\" sha256=\"" + "a".repeat(64) + "\"/></user>",
            33,
            "\"2027-02-03\" is not a time"
        },
        {
            "<user name=\"a\"><token label=\"t\" sha256=\"" + "a".repeat(64) + "\"/><token label=\"t\" sha256=\""
                    + "b".repeat(64) + "\"/></user>",
            115,
            "this user has a token \"t\" already"
        },
        {"<user name=\"a\"><certificate/></user>", 16, "a <certificate> has either sha256"},
        {"<user name=\"a\"><certificate subject=\"CN=a\" authority=\"x\"/></user>", 44, "there is no authority \"x\""},
        {"<authority name=\"x\">nothing</authority>", 1, "the authority does not begin with -----BEGIN CERTIFICATE"},
        {
            "<authority name=\"x\">-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----</authority>",
            1,
            "the authority is not a certificate"
        },
        {
            "<authority name=\"x\">" + Fixture.pem("alice.pem") + "</authority>",
            1,
            "the authority is not the certificate of a CA"
        },
        {"<user name=\"a\"><curve-key>short</curve-key></user>", 16, "the CURVE key has 5 characters"},
        {
            "<user name=\"a\"><curve-key>" + "#".repeat(40) + "</curve-key></user>",
            16,
            "the CURVE key is not Z85: the group at index 0"
        },
        {
            "<user name=\"a\"><curve-key>" + "~".repeat(40) + "</curve-key></user>",
            16,
            "the CURVE key has a character at index 0"
        },
        {
            "<user name=\"a\"><curve-key>" + "0".repeat(40) + "</curve-key></user><user name=\"b\"><curve-key>"
                    + "0".repeat(40) + "</curve-key></user>",
            101,
            "this CURVE key stands in line 3 already"
        },
        {"<user name=\"a\"><ssh-key>ssh-dss AAAA</ssh-key></user>", 16, "the SSH key is not a line as"},
        {
            "<user name=\"a\"><ssh-key>ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBOd</ssh-key></user>",
            16,
            "the SSH key is cut off"
        },
        {
            "<anonymous><grant action=\"read admin\" pattern=\"users\"/></anonymous>",
            19,
            "admin, which is also in all, is not for anonymous"
        },
        {"<anonymous/><anonymous/>", 13, "<anonymous> stands there twice"},
    };

    @TestFactory
    Stream<DynamicTest> a_mistake_is_told_with_its_place_and_what_to_write_instead() {
        return Arrays.stream(MISTAKES)
                .map(mistake -> DynamicTest.dynamicTest((String) mistake[0], () -> {
                    List<Finding> findings =
                            refusal(withLine3((String) mistake[0])).findings();
                    assertThat(findings).first().satisfies(finding -> {
                        assertThat(finding.message()).startsWith((String) mistake[2]);
                        assertThat(finding.line()).isEqualTo(3);
                        assertThat(finding.column()).isEqualTo(mistake[1]);
                    });
                    assertThat(findings).as("nothing is told twice").hasSize(1);
                }));
    }

    @Test
    void all_mistakes_are_told_at_once_in_order() {
        List<Finding> findings = refusal(
                        ROOT + "\r\n<usr/>\r\n  <role name='a b'/>\r\n\t<user name='x' id='y'/></broker-users>")
                .findings();
        assertThat(findings).extracting(Finding::line).containsExactly(2, 3, 4);
        assertThat(findings).extracting(Finding::column).containsExactly(1, 9, 17);
    }

    @TestFactory
    Stream<DynamicTest> a_file_without_anyone_who_could_administer_is_refused() {
        return Stream.of(
                        "<anonymous/>",
                        "<user name=\"a\"><grant action=\"admin\" pattern=\"**\"/></user>",
                        ADMIN.replace("name=\"root\"", "name=\"root\" disabled=\"true\""),
                        ADMIN.replace("**", "users"),
                        ADMIN.replace("\"/><grant", "\"><scope action=\"read\" pattern=\"**\"/></token><grant"))
                .map(users -> DynamicTest.dynamicTest(
                        users,
                        () -> assertThat(refusal(ROOT + users + "</broker-users>")
                                        .findings())
                                .singleElement()
                                .satisfies(finding ->
                                        assertThat(finding.message()).startsWith("nobody could administer"))));
    }

    @Test
    void sixteen_thousand_users_are_read_in_about_a_second() {
        StringBuilder users = new StringBuilder("<role name=\"r\"><grant action=\"read\" pattern=\"a/**\"/></role>\n");
        for (int i = 0; i < 16_000; i++) {
            users.append(String.format(
                    "<user name=\"u%d\"><token id=\"%08d\" label=\"t\" sha256=\"%064x\"/><member role=\"r\"/></user>%n",
                    i, i, i));
        }
        Bytes file = Bytes.utf8(withLine3(users.toString()));
        UsersFile.parse(file);
        UsersFile parsed = assertTimeoutPreemptively(Duration.ofSeconds(4), () -> UsersFile.parse(file));
        assertThat(parsed.users()).hasSize(16_001);
    }

    @Test
    void the_example_in_the_documentation_is_valid_and_agrees_with_the_published_schema() throws Exception {
        String page =
                Files.readString(Path.of(System.getProperty("databroker.root"), "docs/reference/broker_users.md"));
        Matcher example = Pattern.compile("```xml\n(.*?)```", Pattern.DOTALL).matcher(page);
        assertThat(example.find()).isTrue();
        Bytes file = Bytes.utf8(example.group(1));
        UsersFile users = UsersFile.parse(file);
        assertThat(users.users().keySet()).containsExactly("admin", "jenkins", "alice", "bob");
        UsersFile.User alice = users.user("alice").orElseThrow();
        assertThat(alice.summary().certificates()).last().isEqualTo("CN=alice,O=Example by company");
        assertThat(alice.curveKeys()).map(PublicKeys::z85).containsExactly("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
        assertThat(alice.summary().tokens()).extracting(UserSummary.Token::id).containsExactly("m0Nq5Yhd", "");
        assertThat(users.user("jenkins").orElseThrow().hasCredential(Instant.parse("2027-06-01T00:00:00Z")))
                .isTrue();
        validateBySchema(file);
        for (Action action : Action.values()) {
            assertThat(page).contains("| `" + action.word() + "` |");
        }
    }

    @Test
    void what_the_schema_refuses_the_parser_refuses() {
        int refusedBySchema = 0;
        for (Object[] mistake : MISTAKES) {
            try {
                validateBySchema(Bytes.utf8(withLine3((String) mistake[0])));
            } catch (SAXException | IOException refused) {
                refusedBySchema++;
            }
        }
        assertThat(refusedBySchema)
                .as("the schema alone finds most of the mistakes above")
                .isGreaterThan(15);
    }

    private static void validateBySchema(Bytes file) throws SAXException, IOException {
        SchemaFactory.newDefaultInstance()
                .newSchema(new StreamSource(
                        new java.io.ByteArrayInputStream(UsersSchema.bytes().toArray())))
                .newValidator()
                .validate(new StreamSource(new java.io.ByteArrayInputStream(file.toArray())));
    }
}
