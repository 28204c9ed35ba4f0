package com.databroker.streams;

import java.time.LocalDate;

/// How long a partition of the cold store is: a day of a fast stream, a year of a slow one.
///
/// The column `date` holds the first day of the period, so that one rule prunes all of them.
public enum Granularity {
    DAY {
        @Override
        public LocalDate begin(LocalDate day) {
            return day;
        }
    },
    MONTH {
        @Override
        public LocalDate begin(LocalDate day) {
            return day.withDayOfMonth(1);
        }
    },
    YEAR {
        @Override
        public LocalDate begin(LocalDate day) {
            return day.withDayOfYear(1);
        }
    };

    /// The first day of the period in which `day` is.
    public abstract LocalDate begin(LocalDate day);
}
