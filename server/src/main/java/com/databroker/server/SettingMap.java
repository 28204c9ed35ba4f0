package com.databroker.server;

import com.databroker.core.Setting;
import org.jspecify.annotations.Nullable;

/// A component of type `Map<String, R>`: any number of sections below one key, each a record `R`
/// under a name that the operator chooses.
///
/// The tree is the same whatever is given, so of the sections it holds one example;
/// [SettingDraft] knows those that there are.
///
/// @param text what the sections are about, for operators
/// @param style how names are written
/// @param example the section that stands for all in what is generated; its name is `<name>`
record SettingMap(String key, String text, Style style, SettingGroup example) implements SettingNode {
    /// The pattern of most names in words.
    static final String NAMES = "up to 64 of a-z, 0-9 and -, the first not a -";

    /// How names are written.
    enum Style {
        PLAIN("[a-z0-9][a-z0-9-]{0,63}", NAMES),
        /// Of fields of streams.
        FIELD("[a-z][a-z0-9_]{0,62}", "up to 63 of a-z, 0-9 and _, the first a letter"),
        /// Of types of objects.
        TYPE("[A-Za-z][A-Za-z0-9]{0,62}", "the name of a type, as Person");

        private final String pattern;
        private final String words;

        Style(String pattern, String words) {
            this.pattern = pattern;
            this.words = words;
        }
    }

    static SettingMap of(String key, Setting setting, Class<? extends Record> type) {
        Style style = setting.typeNames() ? Style.TYPE : setting.fieldNames() ? Style.FIELD : Style.PLAIN;
        return new SettingMap(key, setting.value(), style, SettingGroup.named(key + ".<name>", type));
    }

    String pattern() {
        return style.pattern;
    }

    /// How its names are written, in words.
    String names() {
        return style.words;
    }

    /// The section of this name; null where it is no name.
    @Override
    public @Nullable SettingGroup child(String name) {
        return name.matches(pattern()) ? SettingGroup.named(key + "." + name, example.type()) : null;
    }

    /// The section that whoever wrote `wrong` may have had in mind: the word at the place of the
    /// name is the name, even where a word before it is misspelt.
    SettingGroup meant(String wrong) {
        String[] words = wrong.split("\\.", -1);
        int level = key.split("\\.", -1).length;
        SettingGroup section = level < words.length ? child(words[level]) : null;
        return section == null ? example : section;
    }
}
