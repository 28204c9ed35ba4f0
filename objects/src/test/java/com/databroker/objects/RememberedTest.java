package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RememberedTest {
    private static final int LENGTH = 8;

    private static String made(String text, int owner) {
        return "%08x".formatted(text.hashCode() * 31 + owner);
    }

    @Test
    void what_was_made_is_not_made_again() {
        Remembered remembered = new Remembered(LENGTH);
        int ann = remembered.owner("ann");
        AtomicInteger makes = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            assertThat(remembered.of("Person/Ünal", ann, () -> {
                        makes.incrementAndGet();
                        return "12345678";
                    }))
                    .isEqualTo("12345678");
        }
        assertThat(makes).hasValue(1);
        assertThat(remembered.owner("ann")).isEqualTo(ann);
    }

    @Test
    void nobody_is_ever_given_what_was_made_for_somebody_else_or_of_something_else() {
        Remembered remembered = new Remembered(LENGTH);
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int seed = 0; seed < 4; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            all.add(CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 200_000; i++) {
                    // More than it has places for, of more owners than it has numbers at a time.
                    int owner = remembered.owner("owner " + random.nextInt(11_000));
                    String text = "Type/" + random.nextInt(20);
                    assertThat(remembered.of(text, owner, () -> made(text, owner)))
                            .isEqualTo(made(text, owner));
                }
            }));
        }
        all.forEach(CompletableFuture::join);
    }
}
