/// What tests of other rooms stand on: a disk that loses what was not forced, and a clock that they turn.
@NullMarked
package com.databroker.testkit;

import org.jspecify.annotations.NullMarked;
