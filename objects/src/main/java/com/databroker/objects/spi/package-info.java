/// What a back-end of the objects plane implements, and the records in which it is asked and answers. It
/// knows neither principals nor capabilities nor the wire: whoever may ask what was decided before.
@NullMarked
package com.databroker.objects.spi;

import org.jspecify.annotations.NullMarked;
