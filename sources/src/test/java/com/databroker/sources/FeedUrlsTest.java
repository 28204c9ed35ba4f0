package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FeedUrlsTest {
    @ParameterizedTest
    @CsvSource({
        "HTTP://User@Example.ORG:80/a/../b?x=1&utm_medium=rss&fbclid=2#top,http://example.org/b?x=1",
        "https://example.org,https://example.org/",
        "https://example.org?utm_source=a,https://example.org/",
        "https://example.org:8443/a,https://example.org:8443/a",
        "https://bücher.example/a,https://xn--bcher-kva.example/a",
        "https://example.org/#!/page,https://example.org/#!/page",
        "https://example.org/a?b=1&amp;utm_term=2,https://example.org/a?b=1",
        "https://[2001:DB8::1]:443/,https://[2001:db8::1]/",
        "https://example.org./a b?c=d e,https://example.org/a%20b?c=d%20e",
        "'https://example.org/a/\n\t  b',https://example.org/a/b",
    })
    void the_canonical_form_says_only_which_page_it_is(String written, String canonical) {
        assertThat(FeedUrls.canonical(written)).isEqualTo(canonical);
        assertThat(FeedUrls.canonical(canonical)).as("again").isEqualTo(canonical);
    }

    @Test
    void only_addresses_of_the_web_have_a_canonical_form() {
        assertThat(FeedUrls.canonical("tag:example.org,2005:1")).isNull();
        assertThat(FeedUrls.canonical("http://")).isNull();
        assertThat(FeedUrls.canonical("https://[::1")).isNull();
        assertThat(FeedUrls.canonical("/a")).isNull();
        assertThat(FeedUrls.canonical("javascript:alert(1)")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "b,https://example.org/x/b",
        "../b,https://example.org/b",
        "../../../b?c=/../d,https://example.org/b?c=/../d",
        "/b,https://example.org/b",
        "//other.example/b,https://other.example/b",
        "?b=1,https://example.org/x/a?b=1",
        "#b,https://example.org/x/a?q=1#b",
        "mailto:a@example.org,mailto:a@example.org",
        ".,https://example.org/x/",
    })
    void relative_addresses_are_resolved(String relative, String absolute) {
        assertThat(FeedUrls.resolve("https://example.org/x/a?q=1#f", relative)).isEqualTo(absolute);
    }

    @Test
    void without_a_base_an_address_stays_as_it_is() {
        assertThat(FeedUrls.resolve("", "a/b")).isEqualTo("a/b");
        assertThat(FeedUrls.resolve("urn:x", "a/b")).isEqualTo("a/b");
    }
}
