package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AmqpRequestsTest {
    /// What a program in Python reads from a file is bytes, and its AMQP client sends them as such.
    @Test
    void a_token_may_be_a_text_or_its_bytes() {
        Map<String, Object> bytes = Map.of("token", "a-token".getBytes(StandardCharsets.US_ASCII));
        assertThat(AmqpRequests.header(bytes, "token")).isEqualTo("a-token");
        assertThat(AmqpRequests.header(Map.of("token", "a-token"), "token")).isEqualTo("a-token");
        assertThat(AmqpRequests.header(Map.of(), "token")).isNull();
        assertThat(AmqpRequests.header(null, "token")).isNull();
    }
}
