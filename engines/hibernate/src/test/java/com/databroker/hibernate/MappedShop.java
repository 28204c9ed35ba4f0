package com.databroker.hibernate;

import com.databroker.objects.StoreConfig;
import com.databroker.objects.StoreEngine;
import com.databroker.objects.spi.StoreOverlay;
import java.net.MalformedURLException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// A store of the entities of these tests.
final class MappedShop {
    private MappedShop() {}

    /// Where they are compiled to.
    static Path classes() {
        try {
            return Path.of(Person.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static StoreEngine.Opened open(StoreConfig config, Path folder, Map<String, StoreOverlay> overlays) {
        try {
            URL place = classes().toUri().toURL();
            return new HibernateEngine()
                    .open(
                            new StoreEngine.Wanted(
                                    "shop",
                                    config.with(overlays),
                                    Duration.ofHours(1),
                                    folder,
                                    InstantSource.system(),
                                    new SplittableRandom(1)),
                            List.of(place),
                            new URLClassLoader(new URL[] {place}, MappedShop.class.getClassLoader()));
        } catch (MalformedURLException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
