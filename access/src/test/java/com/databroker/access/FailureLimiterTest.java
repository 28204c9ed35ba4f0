package com.databroker.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ByteSize;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class FailureLimiterTest {
    private static final Instant T = Instant.parse("2027-01-01T00:00:00Z");
    private final FailureLimiter limiter = new FailureLimiter(
            new AccessConfig(3, Duration.ofSeconds(10), 4, new ByteSize(4096), new ByteSize(4096), 2));

    private void fail(String address, int times, Instant at) {
        for (int i = 0; i < times; i++) {
            limiter.failed(address, at);
        }
    }

    @Test
    void an_address_may_fail_as_often_as_allowed_and_gets_its_attempts_back_one_by_one() {
        fail("a", 2, T);
        assertThat(limiter.millisToWait("a", T)).isZero();
        fail("a", 1, T);
        assertThat(limiter.millisToWait("a", T)).isEqualTo(10_000);
        assertThat(limiter.millisToWait("a", T.plusMillis(9_999))).isEqualTo(1);
        assertThat(limiter.millisToWait("a", T.plusSeconds(10))).isZero();
        fail("a", 1, T.plusSeconds(10));
        assertThat(limiter.millisToWait("a", T.plusSeconds(10))).isEqualTo(10_000);
        assertThat(limiter.millisToWait("b", T)).isZero();
    }

    @Test
    void a_flood_from_many_addresses_pushes_out_the_one_that_failed_longest_ago() {
        for (String address : new String[] {"a", "b", "c", "d"}) {
            fail(address, 3, T);
        }
        fail("a", 1, T);
        fail("e", 3, T);
        assertThat(limiter.size()).isEqualTo(4);
        assertThat(limiter.millisToWait("a", T)).isPositive();
        assertThat(limiter.millisToWait("b", T)).isZero();
        assertThat(limiter.millisToWait("e", T)).isPositive();
    }

    @Test
    void ipv6_addresses_count_by_their_64_bits_and_mapped_ones_as_ipv4() {
        fail("2001:db8:0:1::1", 2, T);
        fail("2001:db8:0:1:ffff:ffff:ffff:ffff", 1, T);
        assertThat(limiter.millisToWait("2001:db8:0:1::7", T)).isPositive();
        assertThat(limiter.millisToWait("2001:db8:0:2::1", T)).isZero();
        fail("::ffff:192.0.2.1", 3, T);
        assertThat(limiter.millisToWait("192.0.2.1", T)).isPositive();
        fail("not:an:address", 3, T);
        assertThat(limiter.millisToWait("not:an:address", T)).isPositive();
    }

    @Test
    void a_sweep_forgets_full_buckets_and_a_clock_set_back_locks_nobody_out() {
        fail("a", 3, T);
        limiter.sweep(T.plusSeconds(29));
        assertThat(limiter.size()).isEqualTo(1);
        limiter.sweep(T.plusSeconds(30));
        assertThat(limiter.size()).isZero();

        fail("a", 1, T);
        Instant before = T.minusSeconds(3600);
        limiter.sweep(before);
        assertThat(limiter.millisToWait("a", before)).isLessThanOrEqualTo(10_000);
        assertThat(limiter.millisToWait("a", before.plusSeconds(10))).isZero();
    }
}
