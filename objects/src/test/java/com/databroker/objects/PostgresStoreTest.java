package com.databroker.objects;

import com.databroker.objects.spi.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

class PostgresStoreTest extends StoreContract {
    @Override
    protected ObjectStore open() {
        String url = Postgres.database();
        Postgres.run(url, Shop.tables());
        return JdbcStore.open(
                "shop",
                StoreConfig.defaults().at(url, null, null).with(OVERLAYS),
                Duration.ofHours(1),
                Path.of("unused"),
                InstantSource.system());
    }

    @Override
    protected List<Object> traits() {
        return List.of("postgresql", true, true, true, false);
    }
}
