package com.databroker.files;

import static com.databroker.files.Refusals.accept;
import static com.databroker.files.Refusals.refusal;
import static com.databroker.files.Refusals.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XsdValidatorTest {
    private static final String ORDERS = """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
              <xs:element name="orders"><xs:complexType><xs:sequence>
                <xs:element name="order" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
                  <xs:sequence>
                    <xs:element name="quantity" type="xs:int"/>
                    <xs:element name="note" minOccurs="0"/>
                  </xs:sequence>
                  <xs:attribute name="id" type="code" use="required"/>
                </xs:complexType></xs:element>
              </xs:sequence></xs:complexType></xs:element>
              <xs:simpleType name="code"><xs:restriction base="xs:string">
                <xs:pattern value="[a-z]{1,8}"/>
              </xs:restriction></xs:simpleType>
            </xs:schema>
            """;

    private final Path folder;
    private final Path schema;
    private final XsdValidator validator;

    XsdValidatorTest(@TempDir Path folder) {
        this.folder = folder;
        this.schema = write(folder.resolve("orders.xsd"), ORDERS);
        this.validator = XsdValidator.of(schema);
    }

    private Path document(String xml) {
        return write(folder.resolve("document.xml"), xml);
    }

    private ProblemException refused(String xml) {
        return refusal(validator, document(xml));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<orders/>",
                "\uFEFF<?xml version='1.0' encoding='UTF-8'?><orders/>",
                "<orders><order id='ä'/></orders>"
            })
    void a_document_is_judged_by_the_schema(String xml) {
        if (xml.contains("ä")) {
            assertThat(refused(xml).problem()).isEqualTo(Problem.VALIDATION_FAILED);
        } else {
            accept(validator, document(xml));
        }
    }

    @Test
    void each_error_is_told_once_where_its_tag_begins() {
        ProblemException refused = refused("""
                <orders>
                  <order id="a"><quantity>3</quantity></order>
                  <!-- ä < --> <order id="A B"
                         ><quantity>3</quantity></order>
                  <order id="b"><quantity>many</quantity></order>
                  <order id="c"><count/></order>
                </orders>
                """.replace("ä < -->", "ä -->"));
        assertThat(refused.problem()).isEqualTo(Problem.VALIDATION_FAILED);
        assertThat(refused.findings())
                .containsExactly(
                        new Finding(
                                3,
                                14,
                                "Value 'A B' is not facet-valid with respect to pattern '[a-z]{1,8}' for type 'code'"
                                        + " (attribute 'id' of element 'order')"),
                        new Finding(5, 31, "'many' is not a valid value for 'integer' (element 'quantity')"),
                        new Finding(
                                6,
                                17,
                                "Invalid content was found starting with element 'count'. One of '{quantity}' is"
                                        + " expected"));
        assertThat(refused.detail())
                .startsWith("line 3, column 14: Value 'A B'")
                .endsWith("(and 2 more)");
    }

    @Test
    void at_most_20_errors_are_told_and_the_others_counted() {
        ProblemException refused = refused("<orders>" + "\n<order id='A'/>".repeat(50) + "</orders>");
        assertThat(refused.findings()).hasSize(20);
        assertThat(refused.findings().get(19).line()).isEqualTo(11);
        assertThat(refused.detail()).endsWith("(and 99 more)");
    }

    @Test
    void what_is_not_well_formed_is_told_where_it_stands() {
        ProblemException refused = refused("<orders>\n  <order id='a'>\n</orders>");
        assertThat(refused.findings())
                .last()
                .satisfies(finding -> assertThat(finding.toString()).startsWith("line 3, column 8: not well-formed: "));
        assertThat(refused("").findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.message()).startsWith("not well-formed: "));
    }

    @Test
    void wrong_utf_8_is_told_where_it_stands() {
        byte[] bytes = "<orders>\n\n  ä<order/></orders>".getBytes(StandardCharsets.ISO_8859_1);
        ProblemException refused = refusal(validator, write(folder.resolve("latin.xml"), bytes));
        assertThat(refused.findings()).last().isEqualTo(new Finding(3, 3, "not UTF-8; save it with that encoding"));
        byte[] far = ("<!--" + "\n".repeat(100_000) + "😀ä--><orders>").getBytes(StandardCharsets.UTF_8);
        far[far.length - 13] = (byte) 0xFF;
        assertThat(refusal(validator, write(folder.resolve("far.xml"), far)).findings())
                .singleElement()
                .isEqualTo(new Finding(100_001, 2, "not UTF-8; save it with that encoding"));
    }

    @Test
    void other_encodings_are_read_as_they_say() {
        String xml = "<?xml version='1.0' encoding='UTF-16'?>\n<orders>ä 😀<order id='A'/></orders>";
        for (Charset encoding : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE)) {
            byte[] bytes = xml.getBytes(encoding);
            assertThat(refusal(validator, write(folder.resolve("wide.xml"), bytes))
                            .findings())
                    .anySatisfy(finding -> assertThat(finding.toString()).startsWith("line 2, column 12: Value 'A'"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!DOCTYPE orders><orders/>",
                "<!DOCTYPE orders SYSTEM 'http://localhost:%d/evil.dtd'><orders/>",
                "<!DOCTYPE orders [<!ENTITY x SYSTEM 'http://localhost:%d/x'>]><orders>&x;</orders>",
                "<!DOCTYPE orders [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><orders>&x;</orders>",
                "<!DOCTYPE orders [<!ENTITY % x SYSTEM 'http://localhost:%d/x'> %x;]><orders/>",
                "<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
                        + "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]><orders>&c;</orders>"
            })
    void a_doctype_is_refused_whatever_it_says_and_nothing_is_fetched(String xml) throws IOException {
        try (Trap trap = new Trap()) {
            ProblemException refused = refused(xml.replace("%d", String.valueOf(trap.port())));
            assertThat(refused.findings())
                    .singleElement()
                    .extracting(Finding::message)
                    .isEqualTo("a DOCTYPE is not allowed; delete it");
            assertThat(trap.asked()).isZero();
        }
    }

    @Test
    void hints_where_schemas_are_and_xinclude_are_not_followed() throws IOException {
        try (Trap trap = new Trap()) {
            String url = "http://localhost:" + trap.port() + "/x";
            accept(
                    validator,
                    document("<orders xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
                            + " xsi:noNamespaceSchemaLocation='" + url + "' xsi:schemaLocation='urn:x " + url + "'/>"));
            assertThat(refused("<orders><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='" + url
                                    + "'/></orders>")
                            .findings())
                    .isNotEmpty();
            assertThat(trap.asked()).isZero();
        }
    }

    @Test
    void depth_attributes_and_time_are_bounded() {
        Path deep = document("<orders><order id='a'><quantity>1</quantity><note>" + "<a>".repeat(99999) + "</note>");
        assertThat(refusal(validator, deep).findings())
                .last()
                .extracting(Finding::message)
                .isEqualTo("nested deeper than 100");
        StringBuilder many = new StringBuilder("<orders");
        for (int i = 0; i < 201; i++) {
            many.append(String.format(Locale.ROOT, " a%d='x'", i));
        }
        assertThat(refused(many + "/>").findings())
                .last()
                .extracting(Finding::message)
                .isEqualTo("an element has more than 200 attributes");
        XsdValidator hasty = XsdValidator.of(schema, Duration.ZERO);
        assertThat(refusal(hasty, document("<orders/>")).detail()).contains("takes longer than 0 s");
    }

    @Test
    void a_long_value_is_not_repeated_at_length() {
        ProblemException refused = refused("<orders><order id='" + "A".repeat(200_000) + "'/></orders>");
        assertThat(refused.findings())
                .allSatisfy(finding -> assertThat(finding.message().length()).isLessThanOrEqualTo(401));
        assertThat(refused.detail().length()).isLessThan(500);
    }

    @Test
    void a_schema_includes_files_of_its_own_folder() {
        write(folder.resolve("code list.xsd"), """
                <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
                  <xs:simpleType name="digit"><xs:restriction base="xs:int"/></xs:simpleType>
                </xs:schema>""");
        Path split = write(folder.resolve("split.xsd"), """
                <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
                  <xs:include schemaLocation="code list.xsd"/>
                  <xs:element name="d" type="digit"/>
                </xs:schema>""");
        XsdValidator together = XsdValidator.of(split);
        accept(together, document("<d>1</d>"));
        assertThat(refusal(together, document("<d>x</d>")).findings()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:%d/x.xsd",
                "file:///etc/passwd",
                "../orders.xsd",
                "/etc/passwd",
                "missing.xsd",
                ".."
            })
    void a_schema_includes_and_imports_nothing_else(String location) throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        try (Trap trap = new Trap()) {
            String place = location.replace("%d", String.valueOf(trap.port()));
            for (String element : new String[] {"xs:include", "xs:import namespace='urn:x'"}) {
                Path greedy = write(inner.resolve("greedy.xsd"), """
                        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">

                          <%s schemaLocation="%s"/>
                        </xs:schema>""".formatted(element, place));
                assertThatThrownBy(() -> XsdValidator.of(greedy))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(greedy + ": line 3, column ")
                        .hasMessageContaining("files beside it");
            }
            assertThat(trap.asked()).isZero();
        }
    }

    @Test
    void a_broken_schema_is_told_with_its_place() {
        Path broken = write(folder.resolve("broken.xsd"), ORDERS.replace("type=\"code\"", "type=\"kode\""));
        assertThatThrownBy(() -> XsdValidator.of(broken))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(broken + ": line 8, column ")
                .hasMessageContaining("kode");
        assertThatThrownBy(() -> XsdValidator.of(folder.resolve("none.xsd")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none.xsd: cannot be read");
    }

    /// A server that nobody should ask.
    private static final class Trap implements AutoCloseable {
        private final AtomicInteger asked = new AtomicInteger();
        private final HttpServer server;

        Trap() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                asked.incrementAndGet();
                exchange.sendResponseHeaders(404, -1);
                exchange.close();
            });
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        int asked() {
            return asked.get();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
