package com.databroker.hibernate;

import com.databroker.objects.Postgres;
import com.databroker.objects.Shop;
import com.databroker.objects.StoreConfig;
import com.databroker.objects.StoreContract;
import com.databroker.objects.spi.ObjectStore;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

class HibernateH2Test extends StoreContract {
    @TempDir
    Path folder;

    @Override
    protected ObjectStore open() {
        Postgres.run("jdbc:h2:file:" + folder.resolve("shop"), Shop.tables());
        return MappedShop.open(StoreConfig.defaults(), folder, OVERLAYS).store();
    }

    @Override
    protected List<Object> traits() {
        return List.of("hibernate", true, false, false, false);
    }
}
