package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.ByteSize;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What the configuration asks of a file, by its path: size, type, validators. What it asks of many together is
/// counted by [Quotas].
final class Rules {
    /// One rule.
    private static final class Rule {
        final String name;
        final FileRule says;
        final Pattern pattern;
        final List<Validator> validators = new ArrayList<>();

        Rule(String name, FileRule says) {
            this.name = name;
            this.says = says;
            this.pattern = says.pattern();
            if (says.xsd() != null) {
                validators.add(XsdValidator.of(says.xsd()));
            }
            if (says.jsonSchema() != null) {
                validators.add(JsonSchemaValidator.of(says.jsonSchema()));
            }
            if (!says.command().isEmpty()) {
                validators.add(new CommandValidator(says.command(), says.commandTimeout()));
            }
        }
    }

    private final ByteSize sizeMax;
    private final List<Rule> rules = new ArrayList<>();
    private final Map<String, Validator> validators = new ConcurrentHashMap<>();

    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where a schema or command is not fit
    Rules(FilesConfig config) {
        this.sizeMax = config.sizeMax();
        config.rules().forEach((name, rule) -> {
            try {
                rules.add(new Rule(name, rule));
            } catch (IllegalArgumentException unfit) {
                throw new ProblemException(
                        Problem.CONFIGURATION_INVALID, "files.rules." + name + ": " + unfit.getMessage(), unfit);
            }
        });
    }

    /// Has files at exactly `path` looked at.
    void validate(String path, Validator validator) {
        validators.put(path, validator);
    }

    private List<Rule> of(String path) {
        return rules.isEmpty()
                ? List.of()
                : rules.stream().filter(rule -> rule.pattern.matches(path)).toList();
    }

    /// @throws ProblemException [Problem#PAYLOAD_TOO_LARGE]
    void checkSize(String path, long size) {
        if (size > sizeMax.bytes()) {
            throw tooLarge(sizeMax, "files.size-max");
        }
        for (Rule rule : of(path)) {
            ByteSize max = rule.says.sizeMax();
            if (max != null && size > max.bytes()) {
                throw tooLarge(max, "files.rules." + rule.name + ".size-max");
            }
        }
    }

    private static ProblemException tooLarge(ByteSize max, String limit) {
        return new ProblemException(
                Problem.PAYLOAD_TOO_LARGE, "the file has more than " + max + " (limit " + limit + ")");
    }

    /// The most bytes that a file at `path` may have.
    long sizeMax(String path) {
        long max = sizeMax.bytes();
        for (Rule rule : of(path)) {
            ByteSize own = rule.says.sizeMax();
            max = own == null ? max : Math.min(max, own.bytes());
        }
        return max;
    }

    /// @throws ProblemException [Problem#MEDIA_TYPE_UNSUPPORTED]
    void checkType(String path) {
        int dot = path.lastIndexOf('.');
        String ending =
                dot < path.lastIndexOf('/') ? "" : path.substring(dot + 1).toLowerCase(Locale.ROOT);
        for (Rule rule : of(path)) {
            List<String> types = rule.says.types();
            if (!types.isEmpty() && !types.contains(ending)) {
                throw new ProblemException(
                        Problem.MEDIA_TYPE_UNSUPPORTED,
                        path + " must end in ." + String.join(" or .", types) + " (files.rules." + rule.name
                                + ".types)");
            }
        }
    }

    /// Has every validator of a path look at a file.
    void validate(Candidate candidate, Principal sender) {
        Validator own = validators.get(candidate.path());
        if (own != null) {
            own.validate(candidate, sender);
        }
        for (Rule rule : of(candidate.path())) {
            rule.validators.forEach(validator -> validator.validate(candidate, sender));
        }
    }

    /// How many former versions of a file are kept: as many as the most generous of its rules says.
    int versions(String path) {
        return of(path).stream().mapToInt(rule -> rule.says.versions()).max().orElse(0);
    }

    /// For how long at most, null for any time: the shortest of all.
    @Nullable
    Duration versionsAge(String path) {
        return of(path).stream()
                .map(rule -> rule.says.versionsAge())
                .filter(Objects::nonNull)
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    boolean hasValidator(String path) {
        return validators.containsKey(path) || of(path).stream().anyMatch(rule -> !rule.validators.isEmpty());
    }
}
