import com.databroker.core.Bytes;
import com.databroker.sources.DnsSource;
import com.databroker.streams.Body;
import com.databroker.streams.Collected;
import com.databroker.streams.Intake;
import java.io.FileInputStream;
import java.io.InputStream;
import java.time.Instant;
import java.util.Map;

/// Reads a capture again and again, into the records that the raw topic gets, and throws them away.
public final class DnsParse {
    private DnsParse() {}

    /// @param args the file, and how often
    public static void main(String[] args) throws Exception {
        DnsSource source = new DnsSource(Bytes.wrap(new byte[32]));
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            long[] counts = new long[3];
            Intake into = new Intake() {
                @Override
                public void record(Collected record) {
                    counts[0]++;
                    counts[2] += record.json().length();
                }

                @Override
                public void reject(String position, String reason, Bytes excerpt) {
                    counts[1]++;
                }
            };
            long begin = System.nanoTime();
            try (InputStream bytes = new FileInputStream(args[0])) {
                source.reader().read(new Body("capture", args[0], Map.of(), Instant.EPOCH, bytes), into);
            }
            System.out.printf(
                    "{\"records\": %d, \"rejected\": %d, \"bytes\": %d, \"seconds\": %.4f}%n",
                    counts[0], counts[1], counts[2], (System.nanoTime() - begin) / 1e9);
        }
    }
}
