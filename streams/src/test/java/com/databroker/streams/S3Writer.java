package com.databroker.streams;

import java.util.List;

/// The program that [S3TableTest] kills: commits the same numbered batches to a table from the first on, as a job
/// does that starts again at its oldest checkpoint.
final class S3Writer {
    static final int ROWS = 10;

    private S3Writer() {}

    /// @param args the table's location, how many batches
    public static void main(String[] args) throws Exception {
        ColdTable table = ColdTable.open(args[0], ColdFixture.small());
        System.out.println("open");
        for (int number = 1; number <= Integer.parseInt(args[1]); number++) {
            List<Arrival> rows = ColdFixture.rows(ColdFixture.NOON, number * ROWS, ROWS);
            table.commit("writer", number, table.stage(rows));
            System.out.println(number);
        }
        System.out.println("done");
    }
}
