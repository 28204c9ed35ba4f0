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

        @Setting(
                value =
                        "How many former versions of each of these files are kept when it is replaced or deleted through"
                                + " the broker; 0 keeps none. They take room of their own (files.versions-size-max), not the quota's.",
                otherwise = "0",
                min = 0,
                max = 10_000)
        int versions,

        @Setting(value = "How long a former version is kept at most, from its end.", min = 1000) @Nullable
        Duration versionsAge,

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
        return new FileRule(path, null, null, 0, 0, null, List.of(), null, null, List.of(), Duration.ofSeconds(30));
    }

    /// The same rule with another limit of size.
    FileRule withSizeMax(ByteSize most) {
        return new FileRule(
                path, most, quota, filesMax, versions, versionsAge, types, xsd, jsonSchema, command, commandTimeout);
    }

    /// The same rule, of whose files former versions are kept.
    public FileRule withVersions(int most, @Nullable Duration age) {
        return new FileRule(path, sizeMax, quota, filesMax, most, age, types, xsd, jsonSchema, command, commandTimeout);
    }

    Pattern pattern() {
        return Pattern.of(path);
    }
}
