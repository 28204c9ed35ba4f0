import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/// Opens every cold table below a folder with Spark, and says what it sees.
public final class SparkReads {
    private SparkReads() {}

    /// @param args the folder `streams/cold` of a broker
    public static void main(String[] args) throws Exception {
        List<Path> tables;
        try (Stream<Path> all = Files.walk(Path.of(args[0]))) {
            tables = all.filter(each -> each.endsWith("_delta_log")).map(Path::getParent).sorted().toList();
        }
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .getOrCreate()) {
            for (Path path : tables) {
                Dataset<Row> table = spark.read().format("delta").load(path.toString());
                String name = Path.of(args[0]).relativize(path).toString();
                boolean records = List.of(table.columns()).contains("id");
                System.out.printf(
                        "%-24s %2d columns %9d rows%s%n",
                        name,
                        table.columns().length,
                        table.count(),
                        records ? " " + table.select("id").distinct().count() + " ids" : "");
            }
        }
    }
}
