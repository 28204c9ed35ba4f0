package com.databroker.server;

import org.jspecify.annotations.Nullable;

/// A place in the tree of keys: a section or a setting.
sealed interface SettingNode permits SettingGroup, SettingKey {
    /// The whole key, as `http.tls.certificate`; empty for the root.
    String key();

    /// The last word of the key, as it stands in the file.
    default String name() {
        return key().substring(key().lastIndexOf('.') + 1);
    }

    /// A value of the tree, or null for a setting that is absent.
    interface Values {
        @Nullable
        Object get(SettingNode node);
    }
}
