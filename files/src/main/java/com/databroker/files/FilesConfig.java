package com.databroker.files;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;

/// Limits of the files plane.
public record FilesConfig(
        @Setting(value = "Largest file that may be uploaded.", otherwise = "1GiB", min = 1024)
        ByteSize sizeMax) {
    /// The defaults of every setting.
    public static FilesConfig defaults() {
        return new FilesConfig(new ByteSize(1L << 30));
    }
}
