package com.databroker.files;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.databroker.access.Principal;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// What tests of validators do again and again.
final class Refusals {
    private Refusals() {}

    static Path write(Path file, String text) {
        return write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    static Path write(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    static void accept(Validator validator, Path file) {
        validator.validate(new Candidate("in/box", file), Principal.broker());
    }

    /// What `validator` has against `file`.
    static ProblemException refusal(Validator validator, Path file) {
        ProblemException refused = catchThrowableOfType(ProblemException.class, () -> accept(validator, file));
        if (refused == null) {
            throw new AssertionError(file + " was accepted");
        }
        return refused;
    }
}
