/// The sources that come with the broker: what arXiv, GitHub, news feeds and name servers say, made into records.
@NullMarked
package com.databroker.sources;

import org.jspecify.annotations.NullMarked;
