/// The streams plane: what is collected from outside, kept exactly once, searchable in seconds and for years.
@NullMarked
package com.databroker.streams;

import org.jspecify.annotations.NullMarked;
