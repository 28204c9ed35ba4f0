package com.databroker.server;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Everything that [HttpDoor] answers, one line each: what `/openapi.json` is made of. A test asks a broker
/// for each of them, and compares the methods that it allows.
final class ApiRoutes {
    private static final Pattern IN_PATH = Pattern.compile("\\{(\\w+)}");
    private static final String JSON = "application/json";
    private static final String EVENT_STREAM = "text/event-stream";
    private static final String ANY = "application/octet-stream";
    private static final String TEXT = "text/plain";
    private static final String PAGE = "limit: how many at most; after: the next of the page before";

    /// One operation.
    ///
    /// @param group the plane it belongs to
    /// @param right what is asked of the caller, empty where nothing is
    /// @param query parameters of the address
    /// @param consumes media type of the body, empty where there is none
    /// @param example a body, empty where none is shown
    /// @param status of the answer when all is well
    /// @param produces media type of that, empty where it has no body
    record Route(
            String method,
            String path,
            String group,
            String right,
            String summary,
            List<Parameter> query,
            String consumes,
            String example,
            int status,
            String produces) {
        Route {
            query = List.copyOf(query);
        }

        List<String> inPath() {
            return IN_PATH.matcher(path).results().map(found -> found.group(1)).toList();
        }

        /// `getFilesPath`; no other has it.
        String id() {
            StringBuilder id = new StringBuilder(method.toLowerCase(java.util.Locale.ROOT));
            Matcher word = Pattern.compile("\\w+").matcher(path);
            while (word.find()) {
                id.append(Character.toUpperCase(word.group().charAt(0)))
                        .append(word.group().substring(1));
            }
            return id.toString();
        }

        Route takes(String type, String sample) {
            return new Route(method, path, group, right, summary, query, type, sample, status, produces);
        }

        Route gives(int code, String type) {
            return new Route(method, path, group, right, summary, query, consumes, example, code, type);
        }

        /// `limit: how many at most; after: the next of the page before`
        Route asks(String list) {
            List<Parameter> parameters = new ArrayList<>(query);
            for (String each : list.split("; ", -1)) {
                String[] parts = each.split(": ", 2);
                parameters.add(new Parameter(parts[0], parts[1]));
            }
            return new Route(method, path, group, right, summary, parameters, consumes, example, status, produces);
        }
    }

    record Parameter(String name, String about) {}

    private ApiRoutes() {}

    private static Route route(String line, String group, String right, String summary) {
        int space = line.indexOf(' ');
        return new Route(
                line.substring(0, space),
                line.substring(space + 1),
                group,
                right,
                summary,
                List.of(),
                "",
                "",
                200,
                JSON);
    }

    static List<Route> all() {
        List<Route> all = new ArrayList<>();
        all.addAll(EVENTS);
        all.addAll(FILES);
        all.addAll(OBJECTS);
        all.addAll(STREAMS);
        all.addAll(ACCESS);
        all.addAll(BROKER);
        return List.copyOf(all);
    }

    private static final List<Route> EVENTS = List.of(
            route("GET /events", "events", "subscribe", "Events as they pass; with an upgrade, the WebSocket.")
                    .asks("topic: a pattern, as builds/**; since: what came after this position comes first")
                    .gives(200, EVENT_STREAM),
            route("POST /events", "events", "publish", "Publishes CloudEvents, which name their topics.")
                    .takes(
                            "application/cloudevents+json",
                            "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/ci\",\"type\":\"done\","
                                    + "\"topic\":\"builds/core/done\",\"data\":{\"ok\":true}}"),
            route("PUT /events", "events", "publish", "As POST."),
            route("POST /events/{topic}", "events", "publish", "Publishes the body as one event.")
                    .takes(JSON, "{\"ok\":true}"),
            route("PUT /events/{topic}", "events", "publish", "As POST.").takes(JSON, "{\"ok\":true}"));

    private static final List<Route> FILES = List.of(
            route("GET /files/{path}", "files", "read", "A file, whole or in ranges; of a folder, its entries.")
                    .asks("stat: what is known of the file instead; versions: what is kept of what it was;"
                            + " version: one of those; download: as an attachment; match: names of a"
                            + " folder's entries, * and ?; sort: name, size or modified; order: asc or desc;"
                            + " limit: entries of a page; cursor: the next of the page before; format: json or html")
                    .gives(200, ANY),
            route("PUT /files/{path}", "files", "write", "Stores a file: whole and announced, or not at all.")
                    .takes(ANY, "hello")
                    .gives(201, JSON),
            route(
                            "POST /files/{path}",
                            "files",
                            "write",
                            "Files of a form, into a folder; or begins a resumable upload.")
                    .asks("restore: makes this former version the file again, without a body")
                    .takes("multipart/form-data", "")
                    .gives(201, JSON),
            route("DELETE /files/{path}", "files", "delete", "Deletes a file, or a folder.")
                    .asks("recursive: a folder with all that is in it; versions: gives up what is kept instead")
                    .gives(204, ""),
            route("OPTIONS /files/{path}", "files", "", "What of tus is spoken here.")
                    .gives(204, ""),
            route("HEAD /uploads/{id}", "files", "write", "How far a resumable upload is.")
                    .gives(200, ""),
            route("PATCH /uploads/{id}", "files", "write", "The next piece of a resumable upload (tus 1.0).")
                    .takes("application/offset+octet-stream", "")
                    .gives(204, ""),
            route("DELETE /uploads/{id}", "files", "write", "Gives a resumable upload up.")
                    .gives(204, ""),
            route("OPTIONS /uploads/{id}", "files", "", "What of tus is spoken here.")
                    .gives(204, ""));

    private static final List<Route> OBJECTS = List.of(
            route("GET /objects", "objects", "objects-read", "The types that you may see; with an upgrade, dbo/1."),
            route(
                            "GET /objects/{type}",
                            "objects",
                            "objects-read",
                            "Objects of a type; any other parameter is a condition.")
                    .asks("order: fields, -field for descending; with: references to bring along;"
                            + " count: true counts all that fit; capabilities: true gives references with theirs")
                    .asks(PAGE),
            route("POST /objects/{type}", "objects", "objects-write", "Creates one of the values of its fields.")
                    .takes(JSON, "{\"name\":\"Ada\"}")
                    .gives(201, JSON),
            route("GET /objects/{type}/{key}", "objects", "objects-read", "One object; its version is the ETag.")
                    .asks("with: references to bring along; capabilities: true gives references with theirs"),
            route(
                            "PATCH /objects/{type}/{key}",
                            "objects",
                            "objects-write",
                            "Changes fields, under If-Match only of that version.")
                    .takes(JSON, "{\"name\":\"Ada\"}"),
            route(
                            "DELETE /objects/{type}/{key}",
                            "objects",
                            "objects-write",
                            "Deletes it, under If-Match only that version.")
                    .gives(204, ""),
            route(
                            "POST /objects/{type}/{key}",
                            "objects",
                            "objects-call",
                            "Calls a method of the type, named in place of a key.")
                    .takes(JSON, "[]"),
            route("POST /objects/{type}/{key}/{method}", "objects", "objects-call", "Calls a method of an object.")
                    .takes(JSON, "[]"),
            route(
                    "GET /objects/triggers",
                    "objects",
                    "objects-read",
                    "Of which types changes by other programs are told."),
            route(
                    "POST /objects/triggers/{store}",
                    "objects",
                    "admin objects/{store}",
                    "Has the database of a store record them."),
            route("DELETE /objects/triggers/{store}", "objects", "admin objects/{store}", "No longer."),
            route(
                            "POST /objects/capabilities/{store}",
                            "objects",
                            "admin objects/{store}",
                            "Makes capabilities of a store with another key; those before are good until the next time.")
                    .asks("at-once: true refuses all that were made until now"),
            route("POST /objects/rpc", "objects", "objects-read", "Any request of dbo/1.")
                    .takes(JSON, "{\"t\":\"types\",\"i\":1}"));

    private static final List<Route> STREAMS = List.of(
            route("GET /streams", "streams", "search", "The streams that you may search, and how they do."),
            route("GET /streams/{stream}", "streams", "search", "Searches records, hot and cold, the newest first.")
                    .asks("q: the query; from: 3d or a time; to: not included; facet: a field whose values are"
                            + " counted; histogram: a duration in whose steps is counted")
                    .asks(PAGE),
            route("GET /streams/{stream}/status", "streams", "search", "How one does."),
            route("GET /streams/{stream}/definition", "streams", "search", "Its fields and where they lie."),
            route("GET /streams/{stream}/dead", "streams", "search", "What could not become a record and is open.")
                    .asks(PAGE),
            route(
                            "POST /streams/{stream}/dead/{offset}",
                            "streams",
                            "admin streams",
                            "Sends it again, or a corrected body.")
                    .takes(ANY, ""),
            route("DELETE /streams/{stream}/dead/{offset}", "streams", "admin streams", "Closes it.")
                    .gives(204, ""),
            route("POST /streams/{stream}/collectors/{collector}", "streams", "admin streams", "Has it collect now."),
            route("POST /streams/{stream}/test", "streams", "write", "What would become of a file; nothing is kept.")
                    .asks("name: of the file")
                    .takes(ANY, ""),
            route("GET /streams/{stream}/replay", "streams", "search", "How far the last replay is."),
            route("POST /streams/{stream}/replay", "streams", "admin streams", "Takes kept bodies again.")
                    .asks("from: collected since; to: and before"),
            route("GET /views", "streams", "search", "Counts by day that are kept, and how their runs went."),
            route("GET /views/{view}", "streams", "search", "Counts by day.")
                    .asks("from: 30d or a day; to: not included; limit: keys of each day; key: only that one"),
            route("POST /views/{view}", "streams", "admin views", "Asks for a run.")
                    .gives(202, JSON),
            route("POST /hooks/{hook}", "streams", "", "A delivery of a webhook, signed with its secret.")
                    .takes(JSON, ""));

    private static final List<Route> ACCESS = List.of(
            route("GET /access/me", "access", "", "Who you are, what you may do, and which planes there are."),
            route("GET /access/users", "access", "admin users", "Users, their grants and tokens."),
            route("POST /access/users", "access", "admin users", "Adds a user.")
                    .takes(JSON, "{\"name\":\"jenkins\",\"grants\":[\"publish:builds/**\"]}")
                    .gives(201, JSON),
            route("DELETE /access/users/{user}", "access", "admin users", "Removes a user; what it opened is closed.")
                    .gives(204, ""),
            route("POST /access/users/{user}/tokens", "access", "admin users", "Adds a token, which is shown once.")
                    .takes(JSON, "{\"label\":\"ci-server\",\"expires\":\"90d\"}")
                    .gives(201, JSON),
            route("DELETE /access/users/{user}/tokens/{token}", "access", "admin users", "Revokes a token.")
                    .gives(204, ""),
            route("GET /access/users/{user}/may", "access", "admin users", "Tries a grant.")
                    .asks("action: as publish; on: as builds/core/done"),
            route("GET /connections", "access", "admin connections", "Who is connected and stays so, the newest first.")
                    .asks("door: only of that one; find: in principal, address and protocol")
                    .asks(PAGE),
            route("DELETE /connections/{id}", "access", "admin connections", "Ends one.")
                    .gives(204, ""));

    private static final List<Route> BROKER = List.of(
            route("GET /", "broker", "", "What there is; a browser is sent to the console."),
            route("GET /status", "broker", "admin status", "Figures of now."),
            route("GET /config", "broker", "admin config", "Settings in force, and where each came from."),
            route("POST /backup", "broker", "admin backup", "Everything the broker keeps, as a tar file; secrets too.")
                    .gives(200, "application/x-tar"),
            route("GET /definitions", "broker", "admin definitions", "Users, streams and settings as one document.")
                    .asks("form: yaml, else JSON; secrets: true, to have passwords of settings in it"),
            route(
                            "POST /definitions",
                            "broker",
                            "admin definitions",
                            "Makes users, streams and settings what a document says.")
                    .asks("dry-run: true, to be told what would change")
                    .takes(JSON, "{\"definitions\":1,\"streams\":{}}"),
            route("POST /config/reload", "broker", "admin config", "Takes into use what can be changed while it runs.")
                    .gives(200, JSON),
            route("GET /health/live", "broker", "", "Whether it runs."),
            route("GET /health/ready", "broker", "", "Whether it takes requests; else 503."),
            route("GET /health/checks", "broker", "admin health", "What was looked at, with causes and remedies."),
            route("GET /metrics", "broker", "admin metrics, from elsewhere", "Metrics for Prometheus.")
                    .gives(200, TEXT),
            route("GET /problems", "broker", "", "Everything that can go wrong."),
            route("GET /problems/{number}", "broker", "", "One of them."),
            route("GET /schemas/broker_users.xsd", "broker", "", "The schema of the users file.")
                    .gives(200, "application/xml"),
            route("GET /openapi.json", "broker", "", "These operations, as OpenAPI."),
            route("GET /asyncapi.json", "broker", "", "Topics and messages, as AsyncAPI."),
            route("GET /docs", "broker", "", "The pages of the manual, with their headings."),
            route("GET /docs/{page}", "broker", "", "One of them.").gives(200, "text/markdown"),
            route("GET /assets/folder.css", "broker", "", "The style of folders.")
                    .gives(200, "text/css"),
            route("GET /console/{page}", "broker", "", "The console.").gives(200, "text/html"));
}
