package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ArxivTextTest {
    @Test
    void accents_and_letters_become_unicode() {
        assertThat(ArxivLatex.plain("G\\\"ahler, Fran\\c{c}ois, {\\'e}, \\'{\\i}n, \\v{S}ime{\\v c}ek, Erd\\H{o}s"))
                .isEqualTo("Gähler, François, é, ín, Šimeček, Erdős");
        assertThat(ArxivLatex.plain("\\O{}rsted \\L{}ukasz \\aa ngstr\\\"om Stra\\ss e"))
                .isEqualTo("Ørsted Łukasz ångström Straße");
    }

    @Test
    void mathematics_becomes_what_can_be_read() {
        assertThat(ArxivLatex.plain(
                        "On $\\alpha$-decay in $^{12}$C with $\\frac{1}{2}$ and " + "$\\mathbb{R}^n$ at 7~TeV"))
                .isEqualTo("On α-decay in ^12C with 1/2 and R^n at 7 TeV");
        assertThat(ArxivLatex.plain(
                        "$10^{-2}$--$10^{4}$ ``quoted'' \\& \\% \\cite{x} \\emph{very} $\\lambda_{\\rm eff}$"))
                .isEqualTo("10^-2–10^4 “quoted” & % very λ_eff");
        assertThat(ArxivLatex.plain("\\unknown{x} \\")).isEqualTo("unknownx");
        assertThat(ArxivLatex.plain("{".repeat(50_000) + "x" + "\\'".repeat(50_000)))
                .contains("x");
    }

    @Test
    void comments_tell_pages_and_figures() {
        assertThat(ArxivText.pages("MNRAS accepted, 24 pages, 12 figures")).isEqualTo(24);
        assertThat(ArxivText.figures("MNRAS accepted, 24 pages, 12 figures")).isEqualTo(12);
        assertThat(ArxivText.pages("8+3 pages, 3 color figs")).isEqualTo(8);
        assertThat(ArxivText.figures("8+3 pages, 3 color figs")).isEqualTo(3);
        assertThat(ArxivText.pages("4pages, LaTeX")).isEqualTo(4);
        assertThat(ArxivText.figures("revtex4, no figures")).isZero();
        assertThat(ArxivText.pages("revtex4, no figures")).isNull();
    }

    @Test
    void dates_of_mails_are_read_whatever_day_of_the_week_they_claim() {
        long expected = 1_685_577_600_000_000L;
        for (String date : List.of("Sat, 1 June 2023 00:00:00 GMT", "1 Jun 2023 02:00:00 +0200", "2023-06-01")) {
            assertThat(ArxivText.time(date)).as(date).isEqualTo(expected);
        }
        assertThat(ArxivText.time("Mon, 14 Mar 94 10:00:00 EST")).isEqualTo(763_657_200_000_000L);
        assertThat(ArxivText.time("31 Feb 2023 00:00:00 GMT")).isNull();
        assertThat(ArxivText.time("2023-13-01")).isNull();
    }

    @Test
    void dois_lose_their_address_and_what_follows_them() {
        assertThat(ArxivText.doi("https://dx.doi.org/10.1103/PhysRevD.93.016005."))
                .isEqualTo("10.1103/physrevd.93.016005");
        assertThat(ArxivText.doi("(doi:10.1016/S0370-2693(99)00001-2)")).isEqualTo("10.1016/s0370-2693(99)00001-2");
        assertThat(ArxivText.doi("none")).isNull();
    }

    @Test
    void ids_are_those_that_arxiv_gives() {
        assertThat(ArxivId.of("http://arxiv.org/abs/hep-ex/0307015v1")).isEqualTo(new ArxivId("hep-ex/0307015", 1));
        assertThat(ArxivId.of("oai:arXiv.org:cond-mat/9706061")).isEqualTo(new ArxivId("cond-mat/9706061", 0));
        assertThat(ArxivId.of("1412.12345")).isNull();
        assertThat(ArxivId.of("0703.0001")).isNull();
        assertThat(ArxivId.of("2104.00001v0")).isNull();
    }
}
