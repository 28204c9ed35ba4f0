package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.nio.file.Path;
import java.sql.Driver;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/// Where a database is and how a connection to it begins.
///
/// @param properties user and password among them
record JdbcAddress(JdbcDialect dialect, Driver driver, String url, Properties properties) {
    /// What addresses of H2 have where another process answers, or might.
    private static final List<String> NETWORK = List.of("h2:tcp:", "h2:ssl:", "auto_server");

    /// @param folder for a database of the broker's own
    static JdbcAddress of(String store, StoreConfig config, Path folder) {
        Properties properties = new Properties();
        String jdbc = config.jdbc();
        String url = jdbc == null ? "jdbc:h2:file:" + folder.resolve(store).toAbsolutePath() : jdbc;
        if (url.startsWith("jdbc:h2:")) {
            properties.setProperty("user", config.user() == null ? "" : config.user());
            properties.setProperty("password", config.password() == null ? "" : config.password());
            String options = ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;DB_CLOSE_DELAY=-1"
                    + ";LOCK_TIMEOUT=5000;QUERY_CACHE_SIZE=256";
            String schema = config.schema() == null ? "" : ";SCHEMA=" + config.schema();
            return new JdbcAddress(JdbcDialect.H2, new org.h2.Driver(), url + options + schema, properties);
        }
        if (!url.startsWith("jdbc:postgresql:")) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "objects.stores." + store + ".jdbc: \"" + Text.excerpt(url)
                            + "\" begins neither with jdbc:postgresql: nor with jdbc:h2:");
        }
        if (config.user() != null) {
            properties.setProperty("user", config.user());
        }
        if (config.password() != null) {
            properties.setProperty("password", config.password());
        }
        if (config.schema() != null) {
            properties.setProperty("currentSchema", config.schema());
        }
        properties.setProperty("options", JdbcOthers.OWN);
        properties.setProperty("ApplicationName", "databroker");
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("socketTimeout", "120");
        properties.setProperty("tcpKeepAlive", "true");
        return new JdbcAddress(JdbcDialect.POSTGRESQL, new org.postgresql.Driver(), url, properties);
    }

    /// Whether the database is in this process and nobody else's: it is asked by a call, which waits for no network.
    boolean isEmbedded() {
        String text = url.toLowerCase(Locale.ROOT);
        return dialect == JdbcDialect.H2 && NETWORK.stream().noneMatch(text::contains);
    }

    /// What OpenTelemetry calls it.
    String system() {
        return dialect == JdbcDialect.POSTGRESQL ? "postgresql" : "h2database";
    }

    @Override
    public String toString() {
        return "JdbcAddress[" + dialect + "]";
    }
}
