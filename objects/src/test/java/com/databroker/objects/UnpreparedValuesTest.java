package com.databroker.objects;

import static com.databroker.objects.Wanted.there;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ObjectKey;
import com.databroker.objects.spi.ObjectStore;
import org.junit.jupiter.api.Test;

/// Values of PostgreSQL as others write them: domains, documents with words of their own, the end of a day.
class UnpreparedValuesTest extends UnpreparedTables {
    @Test
    void a_table_that_may_not_be_read_is_named_and_is_no_change_that_was_refused() {
        url = Postgres.database();
        Postgres.run(
                url,
                "CREATE ROLE reader LOGIN",
                "CREATE TABLE secret (id int PRIMARY KEY)",
                "CREATE TABLE seen (id int PRIMARY KEY)",
                "GRANT SELECT ON seen TO reader");
        try (ObjectStore store = open(reading(url.replace("user=postgres", "user=reader"), "public"))) {
            assertThat(found(store, "Seen")).isEmpty();
            refused(7012, () -> found(store, "Secret"));
            assertThatThrownBy(() -> there(store, ObjectKey.of("Secret", 1)))
                    .hasMessageContaining("may not read table secret");
        }
    }
}
