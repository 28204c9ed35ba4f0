package com.databroker.objects;

import static com.databroker.objects.Wanted.creating;

import com.databroker.objects.spi.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/// A process that commits so many times, or until it is killed, and tells each commit that was
/// acknowledged.
final class H2Child {
    private H2Child() {}

    public static void main(String[] args) {
        ObjectStore store = JdbcStore.open(
                "shop", StoreConfig.defaults(), Duration.ofHours(1), Path.of(args[0]), InstantSource.system());
        long commits = args.length > 1 ? Long.parseLong(args[1]) : Long.MAX_VALUE;
        for (long i = 1; i <= commits; i++) {
            Wanted.done(store, creating(1, "Dept", "id", i, "name", "n" + i));
            System.out.println(i);
        }
        store.close();
    }
}
