package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectRef;
import java.time.InstantSource;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreKeysTest {
    @ParameterizedTest
    @ValueSource(strings = {"42", "a?b", "\u00fcnal", "\u00a0", "\uD83D\uDE00", "a\uD800b", "\uDC00"})
    void a_reference_is_to_its_own_object_whatever_stands_in_its_key(String part) {
        StoreKeys keys = new StoreKeys(
                new MemoryStore("shop", InstantSource.system(), Map.of()),
                InstantSource.system(),
                new SplittableRandom(1));
        ObjectKey key = ObjectKey.of("Thing", part);
        StoreKeys.Stamp stamp = keys.stamp("ann");
        for (int time = 0; time < 2; time++) {
            ObjectRef ref = stamp.sight("r").of(key).ref();
            assertThat(ref.text()).isEqualTo(key + "~" + ref.capability());
            assertThat(ObjectRef.parse(ref.text())).isEqualTo(ref);
            assertThat(stamp.rights(ref)).isEqualTo("r");
        }
    }
}
