package com.databroker.access;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One element of the users file and where it stands in the text, so that findings name a place and edits touch
/// nothing else.
///
/// ```
/// <user name="alice"> … </user>
/// ^start             ^tagEnd
///                       ^closeStart
///                              ^end        closeStart = tagEnd = end for <user name="alice"/>
/// ```
final class Element {
    final String name;
    final Map<String, String> attributes = new LinkedHashMap<>();
    final List<Element> children = new ArrayList<>();
    final StringBuilder text = new StringBuilder();
    final int start;
    final int tagEnd;
    int closeStart;
    int end;
    boolean hasStrayText;

    Element(String name, int start, int tagEnd) {
        this.name = name;
        this.start = start;
        this.tagEnd = tagEnd;
        this.closeStart = tagEnd;
        this.end = tagEnd;
    }

    /// The value of an attribute; empty where it is missing, which has been found already where it must not.
    String get(String attribute) {
        return attributes.getOrDefault(attribute, "");
    }

    @Nullable
    String find(String attribute) {
        return attributes.get(attribute);
    }

    List<Element> all(String child) {
        return children.stream().filter(element -> element.name.equals(child)).toList();
    }

    boolean isSelfClosed() {
        return end == tagEnd;
    }

    /// Where the attribute stands, or the element where it has none of that name.
    int offsetOf(String attribute, String document) {
        Matcher matcher = Pattern.compile("\\s(" + Pattern.quote(attribute) + ")\\s*=")
                .matcher(document)
                .region(start, tagEnd);
        return matcher.find() ? matcher.start(1) : start;
    }
}
