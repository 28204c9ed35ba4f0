package com.databroker.hibernate;

import com.databroker.objects.Postgres;
import com.databroker.objects.Shop;
import com.databroker.objects.StoreConfig;
import com.databroker.objects.StoreContract;
import com.databroker.objects.spi.ObjectStore;
import java.nio.file.Path;
import java.util.List;

class HibernatePostgresTest extends StoreContract {
    @Override
    protected ObjectStore open() {
        String url = Postgres.database();
        Postgres.run(url, Shop.TABLES);
        return MappedShop.open(StoreConfig.defaults().at(url, null, null), Path.of("unused"), OVERLAYS)
                .store();
    }

    @Override
    protected List<Object> traits() {
        return List.of("hibernate", true, true, false);
    }
}
