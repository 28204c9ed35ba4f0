package com.databroker.sources;

import crawlercommons.domains.EffectiveTldFinder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// Tells by the public suffix list how many labels of a name are a public suffix, by its rules for
/// registries only: what companies let their customers have below a name of their own is not counted.
///
/// The list is asked for as many labels as its longest rule below a top-level domain has, and what it said
/// is remembered, so that it is asked seldom.
final class DnsSuffixes {
    private static final int REMEMBERED_MAX = 8192;

    /// For each top-level domain the labels of its longest rule. Made when first needed, as the list is
    /// long.
    private static final class Rules {
        static final Map<String, Integer> DEPTHS = depths();

        private static Map<String, Integer> depths() {
            Map<String, Integer> depths = new HashMap<>();
            for (EffectiveTldFinder.EffectiveTLD rule :
                    EffectiveTldFinder.getEffectiveTLDs().values()) {
                String name = (rule.isWildcard() ? "x." : "") + rule.getDomain();
                EffectiveTldFinder.EffectiveTLD registry = EffectiveTldFinder.getEffectiveTLD(name, true);
                if (registry != null) {
                    String tld = name.substring(name.lastIndexOf('.') + 1);
                    int labels = labels(name);
                    depths.merge(tld, Math.min(labels, labels(registry.getDomain()) + 1), Math::max);
                }
            }
            return Map.copyOf(depths);
        }
    }

    private final Map<String, Integer> remembered = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > REMEMBERED_MAX;
        }
    };

    private static int labels(String name) {
        return (int) name.chars().filter(each -> each == '.').count() + 1;
    }

    static boolean isTopLevel(String label) {
        return Rules.DEPTHS.containsKey(label);
    }

    /// How many of the last labels are a public suffix; 0 where the last is no top-level domain.
    ///
    /// @param labels of the name, in lower case and escaped, from the first to the last
    int suffix(String... labels) {
        int count = labels.length;
        Integer depth = count == 0 ? null : Rules.DEPTHS.get(labels[count - 1]);
        if (depth == null) {
            return 0;
        }
        int asked = Math.min(depth, count);
        if (depth == 1) {
            return 1;
        }
        StringBuilder key = new StringBuilder();
        for (int i = count - asked; i < count; i++) {
            // A label with a dot within must not become two.
            key.append(i == count - asked ? "" : ".").append(labels[i].indexOf('\\') >= 0 ? "-" : labels[i]);
        }
        return remembered.computeIfAbsent(key.toString(), DnsSuffixes::ask);
    }

    private static int ask(String name) {
        EffectiveTldFinder.EffectiveTLD found = EffectiveTldFinder.getEffectiveTLD(name, true);
        if (found == null) {
            return 0;
        }
        // An exception is a name that can be registered although a rule for all of its neighbours says otherwise.
        return labels(found.getDomain()) - (found.isException() ? 1 : 0);
    }
}
