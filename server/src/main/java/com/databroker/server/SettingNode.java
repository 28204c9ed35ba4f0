package com.databroker.server;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A place in the tree of keys: a section, a map of named sections, or a setting.
sealed interface SettingNode permits SettingGroup, SettingKey, SettingMap {
    /// The whole key, as `http.tls.certificate`; empty for the root.
    String key();

    /// The last word of the key, as it stands in the file.
    default String name() {
        return key().substring(key().lastIndexOf('.') + 1);
    }

    /// `DATABROKER_HTTP_PORT` for `http.port`; with what is above a setting, its variable begins.
    default String variable() {
        return "DATABROKER_" + key().replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /// What stands under this name one level below; null where nothing can.
    @Nullable
    SettingNode child(String name);

    /// A value of the tree, or null for a setting that is absent.
    interface Values {
        @Nullable
        Object get(SettingNode node);
    }
}
