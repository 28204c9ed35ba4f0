package com.databroker.files;

import com.databroker.core.Text;
import dev.harrel.jsonschema.EvaluationContext;
import dev.harrel.jsonschema.Evaluator;
import dev.harrel.jsonschema.EvaluatorFactory;
import dev.harrel.jsonschema.JsonNode;
import dev.harrel.jsonschema.SchemaParsingContext;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/// Comes between a schema and the library: refuses at the start what the library would silently leave out, and takes
/// the place of keywords for which the library remembers something about each value of a large document.
///
/// One for each schema. It learns while schemas are read, and only reads while documents are checked.
final class JsonKeywords implements EvaluatorFactory {
    private static final Set<String> COUNTS = Set.of(
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
            "minContains",
            "maxContains");
    private static final Set<String> REFERENCES = Set.of("$ref", "$dynamicRef", "$recursiveRef");
    /// Those with a string that are more than a note to the reader.
    private static final Set<String> SAYING =
            Set.of("type", "const", "pattern", "$ref", "$dynamicRef", "$recursiveRef");
    /// Below these stand values, not schemas.
    private static final Set<String> WITH_VALUES = Set.of("const", "enum", "default", "examples");
    /// Below these stand names of the author's choice, or positions, and schemas only below those.
    private static final Set<String> WITH_NAMES = Set.of(
            "properties",
            "patternProperties",
            "$defs",
            "definitions",
            "dependentSchemas",
            "dependencies",
            "allOf",
            "anyOf",
            "oneOf",
            "prefixItems");

    private static final Evaluator NOTE = (context, node) -> Evaluator.Result.success();

    /// A `$ref` and what it names.
    record Reference(URI target, JsonValue at) {}

    private final JsonSchemaFolder folder;
    private final Queue<Reference> references = new ArrayDeque<>();
    /// Whether a schema asks for what no other keyword has looked at: only then it must be remembered what was.
    private boolean asksForUnevaluated;

    JsonKeywords(JsonSchemaFolder folder) {
        this.folder = folder;
    }

    /// A reference that was read and not returned yet; null where there is none.
    @Nullable
    Reference nextReference() {
        return references.poll();
    }

    @Override
    public Optional<Evaluator> create(SchemaParsingContext context, String keyword, JsonNode node) {
        if (node instanceof JsonValue value && folder.fileOf(value) != null && isSchema(value.pointer())) {
            check(context, keyword, value);
        }
        if (node.isString() && !SAYING.contains(keyword)) {
            return Optional.of(NOTE);
        }
        return switch (keyword) {
            case "uniqueItems" ->
                node.isBoolean() && node.asBoolean() ? Optional.of(JsonKeywords::uniqueItems) : none();
            case "properties" ->
                node.isObject() ? remembering(context, keyword, node, properties(context, node)) : none();
            case "additionalProperties" ->
                node.isObject() || node.isBoolean()
                        ? remembering(context, keyword, node, additionalProperties(context, node))
                        : none();
            default -> none();
        };
    }

    /// Ours, or the library's where what it remembers is asked for: which is known only when all is read.
    private Optional<Evaluator> remembering(
            SchemaParsingContext context, String keyword, JsonNode node, Evaluator ours) {
        return context.getDialect()
                .getEvaluatorFactory()
                .create(context, keyword, node)
                .map(theirs ->
                        (evaluation, instance) -> (asksForUnevaluated ? theirs : ours).evaluate(evaluation, instance));
    }

    private static Optional<Evaluator> none() {
        return Optional.empty();
    }

    /// The library takes every object of a schema for a schema, also those that are only values in it.
    private static boolean isSchema(String pointer) {
        String[] steps = pointer.split("/", -1);
        for (int i = 1; i < steps.length; i++) {
            if (WITH_VALUES.contains(steps[i])) {
                return false;
            }
            if (WITH_NAMES.contains(steps[i])) {
                i++;
            }
        }
        return true;
    }

    private void check(SchemaParsingContext context, String keyword, JsonValue node) {
        if (keyword.equals("pattern") && node.isString()) {
            checkPattern(node, node.asString());
        } else if (keyword.equals("patternProperties") && node.isObject()) {
            node.asObject().keySet().forEach(pattern -> checkPattern(node, pattern));
        } else if (COUNTS.contains(keyword)
                && node.isInteger()
                && node.asInteger().bitLength() > 31) {
            throw new JsonSchemaFault(node, keyword + " is beyond " + Integer.MAX_VALUE);
        } else if (REFERENCES.contains(keyword) && node.isString()) {
            try {
                references.add(new Reference(context.getParentUri().resolve(node.asString()), node));
            } catch (IllegalArgumentException malformed) {
                throw new JsonSchemaFault(
                        node, "\"" + Text.excerpt(node.asString()) + "\" is not a reference; write spaces as %20");
            }
        } else if (keyword.startsWith("unevaluated") && (node.isObject() || node.isBoolean())) {
            asksForUnevaluated = true;
        }
    }

    private static void checkPattern(JsonValue node, String pattern) {
        try {
            Pattern.compile(pattern);
        } catch (PatternSyntaxException malformed) {
            throw new JsonSchemaFault(
                    node,
                    "\"" + Text.excerpt(pattern) + "\" is not a regular expression: " + malformed.getDescription());
        }
    }

    /// With a hash, where the library compares each with each.
    private static Evaluator.Result uniqueItems(EvaluationContext context, JsonNode node) {
        if (!node.isArray()) {
            return Evaluator.Result.success();
        }
        Map<JsonNode, Integer> seen = new HashMap<>();
        List<JsonNode> items = node.asArray();
        for (int i = 0; i < items.size(); i++) {
            Integer before = seen.putIfAbsent(items.get(i), i);
            if (before != null) {
                return Evaluator.Result.failure(
                        "items " + before + " and " + i + " are equal (counted from 0), and no two may be");
            }
        }
        return Evaluator.Result.success();
    }

    private static Evaluator properties(SchemaParsingContext context, JsonNode node) {
        Map<String, String> schemas = new HashMap<>();
        node.asObject().forEach((name, schema) -> schemas.put(name, context.getAbsoluteUri(schema)));
        return (evaluation, instance) -> each(evaluation, instance, schemas::get);
    }

    private static Evaluator additionalProperties(SchemaParsingContext context, JsonNode node) {
        String schema = context.getAbsoluteUri(node);
        Set<String> named = keys(context, "properties");
        List<Pattern> patterns = keys(context, "patternProperties").stream()
                .map(Pattern::compile)
                .toList();
        return (evaluation, instance) -> each(evaluation, instance, name -> {
            boolean known = named.contains(name)
                    || patterns.stream()
                            .anyMatch(pattern -> pattern.matcher(name).find());
            return known ? null : schema;
        });
    }

    private static Set<String> keys(SchemaParsingContext context, String keyword) {
        JsonNode node = context.getCurrentSchemaObject().get(keyword);
        return node != null && node.isObject() ? Set.copyOf(node.asObject().keySet()) : Set.of();
    }

    /// Which schema a property must obey; null where none.
    @FunctionalInterface
    private interface Rule {
        @Nullable
        String schemaOf(String name);
    }

    private static Evaluator.Result each(EvaluationContext evaluation, JsonNode instance, Rule rule) {
        if (!instance.isObject()) {
            return Evaluator.Result.success();
        }
        boolean valid = true;
        for (Map.Entry<String, JsonNode> property : instance.asObject().entrySet()) {
            String schema = rule.schemaOf(property.getKey());
            if (schema != null) {
                valid &= evaluation.resolveInternalRefAndValidate(schema, property.getValue());
            }
        }
        return valid ? Evaluator.Result.success() : Evaluator.Result.failure();
    }
}
