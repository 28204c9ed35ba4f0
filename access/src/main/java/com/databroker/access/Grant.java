package com.databroker.access;

import com.databroker.core.Pattern;

/// One thing a principal may do, and to what.
public record Grant(Action action, Pattern pattern) {
    @Override
    public String toString() {
        return action.word() + " " + pattern;
    }
}
