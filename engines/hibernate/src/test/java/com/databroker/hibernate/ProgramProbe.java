package com.databroker.hibernate;

import com.databroker.access.Principal;
import com.databroker.core.ObjectTypes;
import com.databroker.objects.ObjectPlane;
import com.databroker.objects.ObjectsConfig;
import com.databroker.objects.StoreConfig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/// Within a program that has no Hibernate in its class path: the types of the jar in a folder.
public final class ProgramProbe implements Function<Path, List<String>> {
    @Override
    public List<String> apply(Path folder) {
        StoreConfig config = StoreConfig.defaults().mapped(List.of("shop.jar"));
        try (ObjectPlane plane = ObjectPlane.open(
                ObjectsConfig.defaults().with(Map.of("shop", config)),
                folder,
                InstantSource.system(),
                new SplittableRandom(3))) {
            return plane.types(Principal.broker()).types().stream()
                    .map(ObjectTypes.Type::name)
                    .toList();
        }
    }
}
