import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.to_date;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Reads a Delta table with Spark: what it holds, and how many files are opened for one day of it. */
public final class ReadTable {
    private ReadTable() {}

    public static void main(String[] args) {
        String time = args[1];
        SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.session.timeZone", "UTC")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .getOrCreate();
        Dataset<Row> table = spark.read().format("delta").load(args[0]);
        Row all = table.agg(count(lit(1)), countDistinct(col("id")), min(col(time)), max(col(time)), max(col("date")))
                .first();
        System.out.printf("| rows | %,d |%n| different ids | %,d |%n", all.getLong(0), all.getLong(1));
        System.out.printf("| from, to | %s, %s |%n", all.get(2), all.get(3));
        System.out.printf("| files | %d |%n", table.inputFiles().length);
        System.out.printf("| newest partition | %s |%n", all.get(4));
        Column newest = col("date").equalTo(lit(all.get(4)));
        System.out.printf("| its rows | %,d |%n", table.filter(newest).count());
        System.out.printf("| files for it | %d |%n", opened(table.filter(newest)));
        Column last = col(time).geq(lit(all.get(3)));
        System.out.printf("| rows of the last moment | %,d |%n", table.filter(last).count());
        System.out.printf("| files for them, by the statistics of time alone | %d |%n", opened(table.filter(last)));
        Column id = col("id").equalTo(lit(table.filter(last).select("id").first().getString(0)));
        System.out.printf("| files for its id, by the statistics of ids alone | %d |%n", opened(table.filter(id)));
        spark.stop();
    }

    /** Of a plan that was not run: the files that are left when partitions and statistics have been looked at. */
    private static int opened(Dataset<Row> filtered) {
        return filtered.inputFiles().length;
    }
}
