package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JdbcPoolTest {
    @TempDir
    Path folder;

    private JdbcAddress address(String jdbc) {
        return JdbcAddress.of("shop", StoreConfig.defaults().at(jdbc, null, null), folder);
    }

    @Test
    void who_must_not_wait_is_given_an_idle_connection_or_none() throws SQLException {
        try (JdbcPool pool = new JdbcPool(address("jdbc:h2:file:" + folder.resolve("shop")), 1)) {
            assertThat(pool.<Integer>askAtOnce(connection -> 1))
                    .as("none is open yet, and to open one takes its time")
                    .isNull();
            Integer other = pool.ask(connection -> pool.<Integer>askAtOnce(another -> 2) == null ? 3 : 2);
            assertThat(other).as("the only one is in use").isEqualTo(3);
            assertThat(pool.<Integer>askAtOnce(connection -> 4)).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:h2:file:./shop,true",
        "jdbc:h2:mem:shop,true",
        "jdbc:h2:~/shop,true",
        "jdbc:h2:tcp://localhost/shop,false",
        "jdbc:h2:ssl://localhost/shop,false",
        "jdbc:h2:file:./shop;AUTO_SERVER=TRUE,false",
        "jdbc:postgresql://localhost/shop,false"
    })
    void only_a_database_of_this_process_is_asked_without_waiting(String jdbc, boolean embedded) {
        assertThat(address(jdbc).isEmbedded()).isEqualTo(embedded);
    }
}
