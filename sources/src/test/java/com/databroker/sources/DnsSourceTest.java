package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.PoisonException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class DnsSourceTest {
    /// Of the authors' own example.
    private static byte[] exampleKey() {
        int[] key = {
            21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131, 121, 121, 101, 39,
            98, 87, 76, 45, 42, 132, 34, 2
        };
        byte[] bytes = new byte[key.length];
        for (int i = 0; i < key.length; i++) {
            bytes[i] = (byte) key[i];
        }
        return bytes;
    }

    private static String anonymous(String address) {
        DnsJson json = new DnsJson();
        byte[] bytes = Objects.requireNonNull(DnsAddresses.parse(address));
        new DnsAddresses(Bytes.wrap(exampleKey())).writeClient(bytes, 0, bytes.length, json);
        return json.copy().utf8();
    }

    private static DataRecord parsed(String json) throws PoisonException {
        return new DnsParser().parse(new Collected("7", Bytes.utf8(json)), DnsFound.RECEIVED);
    }

    @Test
    void addresses_become_what_the_authors_of_the_method_say() {
        assertThat(anonymous("128.11.68.132")).isEqualTo("135.242.180.132");
        assertThat(anonymous("129.118.74.4")).isEqualTo("134.136.186.123");
        assertThat(anonymous("130.132.252.244")).isEqualTo("133.68.164.234");
    }

    @Test
    void networks_stay_networks() {
        String one = anonymous("2001:db8:1:2::7");
        String two = anonymous("2001:db8:1:2::8");
        assertThat(one).isNotEqualTo("2001:db8:1:2::7").isNotEqualTo(two);
        assertThat(two.split(":")).startsWith(java.util.Arrays.copyOf(one.split(":"), 4));
        assertThat(anonymous("0.0.0.0")).isNotEqualTo("0.0.0.0");
        assertThat(anonymous("224.0.0.251")).isEqualTo("224.0.0.251");
    }

    @Test
    void addresses_are_written_and_read_as_others_write_them() {
        for (String text :
                new String[] {"192.0.2.1", "::", "::1", "2001:db8::7", "1:0:0:2::3", "1:2:3:4:5:6:7:8", "1::"}) {
            byte[] bytes = Objects.requireNonNull(DnsAddresses.parse(text), text);
            DnsJson json = new DnsJson();
            DnsAddresses.write(bytes, 0, bytes.length, json);
            assertThat(json.copy().utf8()).isEqualTo(text);
        }
        for (String text : new String[] {"", "1.2.3", "1.2.3.256", "1:2", "1::2::3", "x::", "1.2.3.4.5", "12345::"}) {
            assertThat(DnsAddresses.parse(text)).as(text).isNull();
        }
    }

    @Test
    void the_key_does_not_go_to_other_machines() throws IOException, ClassNotFoundException {
        DnsSource source = new DnsSource(DnsFound.KEY);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(source);
        }
        assertThat(bytes.toString(StandardCharsets.ISO_8859_1)).doesNotContain(DnsFound.KEY.utf8());
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            DnsSource there = (DnsSource) in.readObject();
            assertThat(there.schema()).isEqualTo(source.schema());
            assertThat(there.parser()).isNotNull();
            assertThatThrownBy(there::reader)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("key");
        }
    }

    @Test
    void a_key_of_another_length_is_refused() {
        assertThatThrownBy(() -> new DnsSource(Bytes.utf8("short"))).hasMessageContaining("32 bytes");
    }

    @Test
    void the_schema_has_what_the_plane_needs() {
        DnsSource source = new DnsSource(DnsFound.KEY);
        assertThat(source.schema().field(0).name()).isEqualTo("id");
        assertThat(source.schema().place(source.timeField())).isPositive();
        assertThat(source.topic().dead()).isEqualTo("dns_data_dead");
    }

    @Test
    void names_are_enriched() throws PoisonException {
        DataRecord record = parsed("{\"qname\":\"www.example.co.uk\",\"client\":\"198.51.100.7\",\"ts\":1234567}");
        assertThat(record.get("registered_domain")).isEqualTo("example.co.uk");
        assertThat(record.get("tld")).isEqualTo("uk");
        assertThat(record.get("tld_known")).isEqualTo(true);
        assertThat(record.get("labels")).isEqualTo(4);
        assertThat(record.get("qname_len")).isEqualTo(17);
        assertThat(record.get("ts")).isEqualTo(1234L);
        assertThat(record.get("ts_nanos")).isEqualTo(567);
        assertThat(Objects.requireNonNull((DataRecord) record.get("client")).get("prefix"))
                .isEqualTo("198.51.100.0/24");
        DataRecord unknown = parsed("{\"qname\":\"a\\\\.b.belkin\"}");
        assertThat(unknown.get("tld_known")).isEqualTo(false);
        assertThat(unknown.get("registered_domain")).isNull();
        assertThat(unknown.get("labels")).isEqualTo(2);
        assertThat(parsed("{\"qname\":\".\"}").get("labels")).isEqualTo(0);
        assertThat(parsed("{\"qname\":\"city.kawasaki.jp\"}").get("registered_domain"))
                .isEqualTo("city.kawasaki.jp");
        assertThat(parsed("{\"qname\":\"a.b.c.kobe.jp\"}").get("registered_domain"))
                .isEqualTo("b.c.kobe.jp");
        assertThat(parsed("{\"qname\":\"com\"}").get("registered_domain")).isNull();
    }

    @Test
    void random_labels_score_higher_than_words() throws PoisonException {
        for (String word : new String[] {"wikipedia", "example", "stackoverflow", "weather", "openstreetmap"}) {
            assertThat(score(word + ".org")).as(word).isLessThan(0.5);
        }
        for (String random : new String[] {"xqzvkjwpth", "bqkxvdjwqz", "q8x7zk2vw9j"}) {
            assertThat(score(random + ".org")).as(random).isGreaterThan(0.9);
        }
    }

    private static double score(String name) throws PoisonException {
        @Nullable Object score = parsed("{\"qname\":\"" + name + "\"}").get("dga_score");
        return score instanceof Double number ? number : -1;
    }

    @Test
    void json_of_another_kind_is_poison() {
        for (String json :
                new String[] {"[]", "{", "{\"ts\":\"x\"}", "{\"qtype\":9999999999}", "7", "{\"transport\":[1]}"}) {
            assertThatThrownBy(() -> parsed(json)).as(json).isInstanceOf(PoisonException.class);
        }
    }
}
