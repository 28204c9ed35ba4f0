package com.databroker.files;

import com.databroker.core.ByteSize;
import com.databroker.core.Pattern;
import com.databroker.core.ProblemException;
import com.databroker.core.Setting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What files of some paths must be like.
public record FileRule(
        @Setting("The paths, as `reports/**`.") String path,

        @Setting(value = "Largest file.", min = 1) @Nullable ByteSize sizeMax,

        @Setting(value = "Bytes of all these files together, with those under way.", min = 1) @Nullable
        ByteSize quota,

        @Setting(
                value = "Number of these files, with those under way; 0 is no limit.",
                otherwise = "0",
                min = 0,
                max = 1_000_000_000)
        int filesMax,

        @Setting("Endings of names that are allowed, as `json`; none named allows all.")
        List<String> types,

        @Setting("XML Schema that these files must obey.") @Nullable
        Path xsd,

        @Setting("JSON Schema that these files must obey.") @Nullable
        Path jsonSchema,

        @Setting("A command that looks at each file: the program and its arguments; the file's place on disk is added"
                + " at the end, or stands for `{}`. Exit code 0 accepts.")
        List<String> command,

        @Setting(value = "Time for the command.", otherwise = "30s", min = 100, max = 3_600_000)
        Duration commandTimeout) {
    public FileRule {
        types = types.stream()
                .map(type -> type.startsWith(".") ? type.substring(1) : type)
                .toList();
        command = List.copyOf(command);
        try {
            Pattern.of(path);
        } catch (ProblemException odd) {
            throw new IllegalArgumentException("path: " + odd.detail());
        }
    }

    /// A rule that says nothing yet about these paths.
    public static FileRule of(String path) {
        return new FileRule(path, null, null, 0, List.of(), null, null, List.of(), Duration.ofSeconds(30));
    }

    /// The same rule with another limit of size.
    FileRule withSizeMax(ByteSize most) {
        return new FileRule(path, most, quota, filesMax, types, xsd, jsonSchema, command, commandTimeout);
    }

    Pattern pattern() {
        return Pattern.of(path);
    }
}
