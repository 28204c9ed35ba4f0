package com.databroker.objects;

import com.databroker.objects.spi.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

class H2StoreTest extends StoreContract {
    @TempDir
    Path folder;

    @Override
    protected ObjectStore open() {
        Postgres.run("jdbc:h2:file:" + folder.resolve("shop"), Shop.tables());
        return JdbcStore.open(
                "shop", StoreConfig.defaults().with(OVERLAYS), Duration.ofHours(1), folder, InstantSource.system());
    }

    @Override
    protected List<Object> traits() {
        return List.of("h2", true, false, false, true);
    }
}
