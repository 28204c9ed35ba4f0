package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import dev.harrel.jsonschema.Error;
import dev.harrel.jsonschema.InvalidSchemaException;
import dev.harrel.jsonschema.JsonSchemaException;
import dev.harrel.jsonschema.ValidatorFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Accepts strict JSON that obeys a JSON Schema of draft 2020-12, 2019-09, 7, 6 or 4; without `$schema` it is 2020-12.
///
/// The schema and what it refers to are read once. A reference may name a file of the schema's own folder; nothing is
/// ever fetched. A document may have 64 MiB, and that is also what all validators together check at a time.
final class JsonSchemaValidator implements Validator {
    static final Duration TIME_MAX = Duration.ofSeconds(60);

    /// How the library says that a schema is `false`.
    private static final String NOTHING_ALLOWED = "False schema always fails";

    /// How the library says, as an error of the document, that a reference leads nowhere.
    private static final String DEAD_END = "Resolution of $ref ";

    private static final JsonDocument NULL =
            JsonDocument.parse(Bytes.utf8("null").toArray());

    private static final Semaphore BYTES = new Semaphore(JsonDocument.SIZE_MAX, true);

    private final dev.harrel.jsonschema.Validator library;
    private final URI schema;
    private final Path file;
    private final Duration timeMax;

    private JsonSchemaValidator(dev.harrel.jsonschema.Validator library, URI schema, Path file, Duration timeMax) {
        this.library = library;
        this.schema = schema;
        this.file = file;
        this.timeMax = timeMax;
    }

    /// @throws IllegalArgumentException where it is not a schema, or refers to what is not there; names the file, the
    ///     line, the column and the reason
    static JsonSchemaValidator of(Path schema) {
        return of(schema, TIME_MAX);
    }

    /// @param timeMax how long the check of one document may take
    static JsonSchemaValidator of(Path schema, Duration timeMax) {
        Path file = schema.toAbsolutePath().normalize();
        Path parent = file.getParent();
        JsonSchemaFolder folder = new JsonSchemaFolder(parent == null ? file : parent);
        JsonKeywords keywords = new JsonKeywords(folder);
        dev.harrel.jsonschema.Validator library = new ValidatorFactory()
                .withJsonNodeFactory(folder)
                .withSchemaResolver(folder)
                .withEvaluatorFactory(keywords)
                .createValidator();
        JsonValue root = folder.load(file);
        try {
            URI address = library.registerSchema(JsonSchemaFolder.uriOf(file), root);
            folder.identify(address);
            follow(library, keywords);
            return new JsonSchemaValidator(library, address, file, timeMax);
        } catch (JsonSchemaFault fault) {
            throw broken(folder, fault.at(), String.valueOf(fault.getMessage()), fault);
        } catch (InvalidSchemaException invalid) {
            JsonValue latest = folder.latest();
            JsonValue document = latest == null ? root : latest;
            throw invalid.getErrors().stream()
                    .map(error -> broken(folder, document.at(error.getInstanceLocation()), text(error), invalid))
                    .findFirst()
                    .orElseGet(() -> broken(folder, document, "not a schema", invalid));
        } catch (JsonSchemaException refused) {
            throw broken(folder, root, String.valueOf(refused.getMessage()), refused);
        } catch (IllegalArgumentException refused) {
            // An $id that is no address, or a file beside it that cannot be read.
            throw new IllegalArgumentException(file + ": " + refused.getMessage(), refused);
        } finally {
            folder.seal();
        }
    }

    /// Has the library go after each reference once, in its own way. It would else notice a dead one only when
    /// a document comes by, and take it for an error of that, or under a `not` for none.
    private static void follow(dev.harrel.jsonschema.Validator library, JsonKeywords keywords) {
        int probes = 0;
        for (JsonKeywords.Reference next = keywords.nextReference(); next != null; next = keywords.nextReference()) {
            URI probe = URI.create("probe:/" + probes++);
            String target = "\"" + Text.excerpt(next.at().asString()) + "\"";
            try {
                JsonDocument reference =
                        JsonDocument.parse(("{\"$ref\":\"" + next.target() + "\"}").getBytes(StandardCharsets.UTF_8));
                library.registerSchema(probe, JsonValue.root(reference, null));
                boolean dead = library.validate(probe, JsonValue.root(NULL, null)).getErrors().stream()
                        .anyMatch(JsonSchemaValidator::isDeadEnd);
                if (dead) {
                    throw new JsonSchemaFault(
                            next.at(),
                            target + " leads nowhere: a reference names something in this file, or a file beside it");
                }
            } catch (StackOverflowError endless) {
                throw new JsonSchemaFault(next.at(), target + " refers to itself without end");
            }
        }
    }

    /// Of the probe itself; references further on have their own turn.
    private static boolean isDeadEnd(Error error) {
        return error.getEvaluationPath().equals("/$ref")
                && String.valueOf(error.getError()).startsWith(DEAD_END);
    }

    private static IllegalArgumentException broken(
            JsonSchemaFolder folder, JsonValue at, String reason, RuntimeException cause) {
        JsonPlaces.Place place = at.place();
        return new IllegalArgumentException(
                folder.fileOf(at) + ": line " + place.line() + ", column " + place.column() + ": " + reason, cause);
    }

    @Override
    public void validate(Candidate candidate, Principal sender) {
        try {
            long size = Files.size(candidate.file());
            if (size > JsonDocument.SIZE_MAX) {
                throw Findings.refusal(
                        0,
                        0,
                        "it has " + size + " bytes; a JSON document that is checked has at most 64 MiB (a limit)");
            }
            int share = (int) size;
            if (!BYTES.tryAcquire(share, timeMax.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new ProblemException(Problem.UNAVAILABLE, "too many large JSON documents are being checked");
            }
            try {
                check(Files.readAllBytes(candidate.file()));
            } finally {
                BYTES.release(share);
            }
        } catch (IOException unreadable) {
            throw new ProblemException(Problem.STORAGE_FAILED, candidate.path() + " cannot be checked", unreadable);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new ProblemException(Problem.UNAVAILABLE, "the check was interrupted", stopped);
        }
    }

    private void check(byte[] bytes) {
        JsonDocument document = JsonDocument.parse(bytes);
        JsonValue root = JsonValue.root(document, new JsonValue.Work(new Deadline(timeMax)));
        dev.harrel.jsonschema.Validator.Result result;
        try {
            result = library.validate(schema, root);
        } catch (StackOverflowError broken) {
            // What the start could not see: a reference that leads back to itself for some documents only.
            throw new ProblemException(Problem.INTERNAL, file.getFileName() + " cannot be applied", broken);
        }
        if (!result.isValid()) {
            refuse(document, result.getErrors());
        }
    }

    private static void refuse(JsonDocument document, List<Error> errors) {
        Findings findings = new Findings();
        for (Error error : errors) {
            if (findings.isFull()) {
                break;
            }
            String pointer = error.getInstanceLocation();
            JsonPlaces.Place place = document.placeOf(document.find(pointer));
            findings.add(place.line(), place.column(), (pointer.isEmpty() ? "" : pointer + ": ") + text(error));
        }
        findings.skip(errors.size() - Math.min(errors.size(), Findings.MAX));
        if (errors.isEmpty()) {
            findings.add(0, 0, "it does not obey the schema");
        }
        findings.sort();
        findings.throwIfAny();
    }

    private static String text(Error error) {
        String text = String.valueOf(error.getError());
        String[] steps = error.getEvaluationPath().split("/", -1);
        if (!text.equals(NOTHING_ALLOWED)) {
            return text;
        }
        return switch (steps[steps.length - 1]) {
            case "additionalProperties", "unevaluatedProperties" -> "the schema has no such property";
            case "items", "additionalItems", "unevaluatedItems" -> "the schema has no such item";
            default -> "the schema allows nothing here";
        };
    }
}
