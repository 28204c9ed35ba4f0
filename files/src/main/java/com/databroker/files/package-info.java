/// The files plane: files that are never half there, and what became of them.
@NullMarked
package com.databroker.files;

import org.jspecify.annotations.NullMarked;
