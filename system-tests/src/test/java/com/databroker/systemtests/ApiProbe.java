package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Holds `/openapi.json` against the broker that gives it.
final class ApiProbe {
    private static final List<String> METHODS = List.of("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final Map<String, String> SAMPLES =
            Map.of("stream", "news", "view", "news-outlets", "offset", "7", "collector", "none", "number", "1008");
    private static final Pattern ROUTED = Pattern.compile("case \"([\\w.]*)\" ->");

    private ApiProbe() {}

    private static Map<?, ?> map(Map<?, ?> tree, String member) {
        return tree.get(member) instanceof Map<?, ?> found ? found : Map.of();
    }

    /// What [HttpDoor] tells apart, by its source.
    private static Set<String> routed() throws Exception {
        String source =
                Files.readString(House.ROOT.resolve("server/src/main/java/com/databroker/server/HttpDoor.java"));
        int begin = source.indexOf("private void route(");
        Matcher found = ROUTED.matcher(source.substring(begin, source.indexOf("\n    }\n", begin)));
        Set<String> heads = new TreeSet<>();
        while (found.find()) {
            heads.add(found.group(1));
        }
        assertThat(heads).contains("", "events", "openapi.json");
        return heads;
    }

    /// Every path that is routed is told of, and of each exactly the methods that it has.
    static void isTrue(TestBroker broker) throws Exception {
        Map<String, ?> api = Json.parseObject(
                Bytes.utf8(broker.requestAs("", "GET", "/openapi.json", "").body()));
        assertThat(api.get("openapi")).isEqualTo("3.1.1");
        Set<String> heads = new TreeSet<>();
        Set<String> ids = new TreeSet<>();
        List<String> wrong = new ArrayList<>();
        int operations = 0;
        for (Map.Entry<?, ?> path : map(api, "paths").entrySet()) {
            String template = String.valueOf(path.getKey());
            heads.add(template.split("/", -1)[1]);
            Set<String> told = new TreeSet<>();
            for (Map.Entry<?, ?> operation : ((Map<?, ?>) path.getValue()).entrySet()) {
                told.add(String.valueOf(operation.getKey()).toUpperCase(Locale.ROOT));
                assertThat(ids.add(String.valueOf(((Map<?, ?>) operation.getValue()).get("operationId"))))
                        .as(template)
                        .isTrue();
                operations++;
            }
            Set<String> has = allowed(broker, filled(template), told);
            if (!has.equals(told)) {
                wrong.add(template + " has " + has + " and tells " + told);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(heads).isEqualTo(routed());
        assertThat(operations).isGreaterThan(50);
    }

    private static String filled(String template) {
        return Pattern.compile("\\{(\\w+)}")
                .matcher(template)
                .replaceAll(found -> SAMPLES.getOrDefault(found.group(1), "any"));
    }

    /// By what the refusal of another method names.
    private static Set<String> allowed(TestBroker broker, String path, Set<String> told) throws Exception {
        for (String method : METHODS) {
            if (!told.contains(method)) {
                HttpResponse<String> refused = broker.request(method, path, "");
                if (refused.statusCode() != 405) {
                    return Set.of(method + " is answered " + refused.statusCode());
                }
                Set<String> allowed = new TreeSet<>(
                        List.of(refused.headers().firstValue("Allow").orElse("").split(", ?")));
                if (allowed.contains("GET")) {
                    allowed.remove("HEAD");
                }
                return allowed;
            }
        }
        return told;
    }

    /// Whatever AsyncAPI refers to is there.
    static void refersToWhatIsThere(TestBroker broker) throws Exception {
        Map<String, ?> api = Json.parseObject(
                Bytes.utf8(broker.requestAs("", "GET", "/asyncapi.json", "").body()));
        assertThat(api.get("asyncapi")).isEqualTo("3.0.0");
        Map<?, ?> channels = map(api, "channels");
        int references = 0;
        for (Object operation : map(api, "operations").values()) {
            Object messages = ((Map<?, ?>) operation).get("messages");
            for (Object message : messages instanceof List<?> list ? list : List.of()) {
                String[] way = String.valueOf(((Map<?, ?>) message).get("$ref")).split("/");
                assertThat(map(map(channels, way[2]), "messages").get(way[4]))
                        .as(String.join("/", way))
                        .isNotNull();
                references++;
            }
        }
        assertThat(references).isGreaterThan(15);
    }
}
