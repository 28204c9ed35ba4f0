package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FeedDatesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Thu, 01 Jan 2004 19:48:21 GMT|2004-01-01T19:48:21Z",
                "Thursday, 1 January 2004 19:48 +0200|2004-01-01T17:48:00Z",
                "01 Jan 04 19:48:21 EST|2004-01-02T00:48:21Z",
                "Thu, Jan 01 2004 07:48:21 PM|2004-01-01T19:48:21Z",
                "Thu Jan  1 19:48:21 2004|2004-01-01T19:48:21Z",
                "Thu, 1 Jan 2004 24:00:00 GMT|2004-01-02T00:00:00Z",
                "Thu, 1 Jan 2004 9:8:7 GMT-01:00|2004-01-01T10:08:07Z",
                "Thu, 01 Jan 2004 10:00:00 Etc/GMT|2004-01-01T10:00:00Z",
                "Thu, 01 Jan 2004|2004-01-01T00:00:00Z",
                "Thu, 01 Jan 2004 10:00:00 +3000|2004-01-01T10:00:00Z",
                "1 Mar 70 00:00:00 GMT|1970-03-01T00:00:00Z",
                "2003-12-31T10:14:55Z|2003-12-31T10:14:55Z",
                "2003-12-31T10:14:55.123-08:00|2003-12-31T18:14:55.000Z",
                "2003-12-31 10:14:55 +0100|2003-12-31T09:14:55Z",
                "2003-12-31T10:14|2003-12-31T10:14:00Z",
                "2003-12|2003-12-01T00:00:00Z",
                "2003|2003-01-01T00:00:00Z",
                "20031231|2003-12-31T00:00:00Z",
                "20031231101455|2003-12-31T10:14:55Z",
                "2003-365|2003-12-31T00:00:00Z",
                "2020/1/10 14:33:00|2020-01-10T14:33:00Z",
                "31.12.2003 10:14|2003-12-31T10:14:00Z",
                "1518478934|2018-02-12T23:42:14Z",
                "1518478934000|2018-02-12T23:42:14Z",
                "13/02/2026 10:14|2026-02-13T10:14:00Z",
                "02/13/2026|2026-02-13T00:00:00Z",
                "03-03-2026 10:14 +0100|2026-03-03T09:14:00Z",
                "2026年2月3日|2026-02-03T00:00:00Z",
                "2026年2月3日(火) 10時14分|2026-02-03T10:14:00Z",
                "2026年2月3日 下午3:05:06|2026-02-03T15:05:06Z",
                "Seg, 24 Set 2018 19:42:40 -0300|2018-09-24T22:42:40Z",
                "mer, 16 nov 2022 00:38:15 +0100|2022-11-15T23:38:15Z",
                "Κυρ, 11 Ιούλ 2004 12:00:00 EST|2004-07-11T17:00:00Z",
                "2004-július-13T9:15-05:00|2004-07-13T14:15:00Z",
                "2004년 05월 28일  01:31:15|2004-05-27T16:31:15Z",
                "2004-05-25 오후 11:23:17|2004-05-25T14:23:17Z",
            })
    void dates_are_read_as_feeds_write_them(String written, String meant) {
        assertThat(FeedDates.parse(written)).hasToString(meant.replace(".000", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "2004-13-01",
                "31 Feb 2004 10:00:00 GMT",
                "03/04/2010",
                "13/14/2010",
                "31/02/2010",
                "0001-01-01T00:00:00Z",
                "Thu, 01 Jan 2004 99:00:00 GMT",
                "99999999999999999999",
                "2004-01-01T10:00:00Z and then very much more of it, so that nobody would call it a date any more"
            })
    void what_is_no_date_or_could_be_two_is_none(String written) {
        assertThat(FeedDates.parse(written)).isNull();
    }
}
