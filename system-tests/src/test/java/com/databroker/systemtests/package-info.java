/// The house rules, and the broker as its users meet it: real peers, crashes, attacks.
@NullMarked
package com.databroker.systemtests;

import org.jspecify.annotations.NullMarked;
