package com.databroker.core;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Writes one frame. Its own lists and maps are written as they are; only what stands where a value may
/// be is a graph.
///
/// ```
/// {"t":"get","i":1,"keys":["Person/42~Vx9k…"],"with":["dept"]}
/// {"t":"ok","i":1,"asked":1,"rows":[["Person/42~Vx9k…","rw",41,"0aF…",
///   {"name":"Ada","dept":{"$":"Dept/17~Qm3n…"}}],…],"at":"shop:7-8812"}
/// {"t":"commit","i":4,"id":"0192…","ops":[
///   {"update":"Person/42~Vx9k…","version":41,"set":{"name":["Ada","Ada L."]}},
///   {"create":"#1","type":"Task","set":{"title":"…"}},{"delete":"Task/9~…","version":2}]}
/// {"t":"changed","n":7,"at":"shop:7-8813","now":1792940000000,"tags":[["0aF…",42]]}
/// ```
final class ObjectFrameWriter {
    private final JsonGenerator out;
    private final GraphWriter graph;

    ObjectFrameWriter(JsonGenerator out, GraphWriter graph) {
        this.out = out;
        this.graph = graph;
    }

    void write(ObjectMessage message) {
        note(message);
        out.writeStartObject();
        if (message instanceof ObjectMessage.Request request) {
            request(request);
        } else if (message instanceof ObjectMessage.Reply reply) {
            reply(reply);
        } else if (message instanceof ObjectMessage.Push push) {
            push(push);
        }
        out.writeEndObject();
    }

    private void note(ObjectMessage message) {
        if (message instanceof ObjectMessage.Ok ok) {
            ok.rows().forEach(row -> row.fields().values().forEach(graph::note));
            graph.note(ok.result());
        } else if (message instanceof ObjectMessage.Find find) {
            find.where().forEach(condition -> condition.values().forEach(graph::note));
        } else if (message instanceof ObjectMessage.Call call) {
            call.args().forEach(graph::note);
        } else if (message instanceof ObjectMessage.Commit commit) {
            commit.ops().forEach(this::note);
        } else if (message instanceof ObjectMessage.Conflict conflict) {
            conflict.conflicts().forEach(one -> {
                graph.note(one.base());
                graph.note(one.mine());
                graph.note(one.theirs());
            });
        }
    }

    private void note(ObjectMessage.Op op) {
        if (op instanceof ObjectMessage.Update update) {
            update.fields().values().forEach(edit -> {
                graph.note(edit.before());
                graph.note(edit.after());
            });
        } else if (op instanceof ObjectMessage.Create create) {
            create.values().values().forEach(graph::note);
        }
    }

    private void head(String kind, long id) {
        out.writeStringProperty("t", kind);
        if (id != ObjectMessage.NO_ID) {
            out.writeNumberProperty("i", id);
        }
    }

    private void request(ObjectMessage.Request request) {
        if (request instanceof ObjectMessage.Hello hello) {
            head("hello", ObjectMessage.NO_ID);
            out.writeNumberProperty("v", hello.protocol());
            text("token", hello.token());
            text("resume", hello.resume());
        } else if (request instanceof ObjectMessage.Get get) {
            head("get", get.id());
            texts("keys", get.keys().stream().map(ObjectRef::text).toList());
            textsIfAny("with", get.with());
        } else if (request instanceof ObjectMessage.Find find) {
            find(find);
        } else if (request instanceof ObjectMessage.Call call) {
            head("call", call.id());
            if (call.target() == null) {
                out.writeStringProperty("type", call.type());
            } else {
                out.writeStringProperty("on", call.target().text());
            }
            out.writeStringProperty("method", call.method());
            values("args", call.args());
        } else if (request instanceof ObjectMessage.Commit commit) {
            head("commit", commit.id());
            out.writeStringProperty("id", commit.commit().toString());
            out.writeName("ops");
            out.writeStartArray();
            commit.ops().forEach(this::op);
            out.writeEndArray();
        } else if (request instanceof ObjectMessage.Sync sync) {
            head("sync", sync.id());
            out.writeStringProperty("at", sync.at().toString());
        } else if (request instanceof ObjectMessage.Types types) {
            head("types", types.id());
        } else {
            head("beat", ObjectMessage.NO_ID);
        }
    }

    private void find(ObjectMessage.Find find) {
        head("find", find.id());
        out.writeStringProperty("type", find.type());
        if (!find.where().isEmpty()) {
            out.writeName("where");
            out.writeStartArray();
            for (ObjectMessage.Condition condition : find.where()) {
                out.writeStartArray();
                out.writeString(condition.field());
                out.writeString(condition.operator().word());
                condition.values().forEach(graph::write);
                out.writeEndArray();
            }
            out.writeEndArray();
        }
        textsIfAny(
                "order",
                find.order().stream()
                        .map(order -> (order.descending() ? "-" : "") + order.field())
                        .toList());
        textsIfAny("with", find.with());
        out.writeNumberProperty("limit", find.limit());
        text("after", find.after());
        if (find.count()) {
            out.writeBooleanProperty("count", true);
        }
    }

    private void op(ObjectMessage.Op op) {
        out.writeStartObject();
        if (op instanceof ObjectMessage.Update update) {
            out.writeStringProperty("update", update.ref().text());
            out.writeNumberProperty("version", update.version());
            out.writeName("set");
            out.writeStartObject();
            update.fields().forEach((name, edit) -> {
                out.writeName(name);
                out.writeStartArray();
                graph.write(edit.before());
                graph.write(edit.after());
                out.writeEndArray();
            });
            out.writeEndObject();
        } else if (op instanceof ObjectMessage.Create create) {
            out.writeStringProperty("create", create.temporary().toString());
            out.writeStringProperty("type", create.type());
            fields("set", create.values());
        } else if (op instanceof ObjectMessage.Delete delete) {
            out.writeStringProperty("delete", delete.ref().text());
            out.writeNumberProperty("version", delete.version());
        }
        out.writeEndObject();
    }

    private void reply(ObjectMessage.Reply reply) {
        if (reply instanceof ObjectMessage.Welcome welcome) {
            head("welcome", ObjectMessage.NO_ID);
            out.writeStringProperty("server", welcome.server());
            out.writeStringProperty("at", welcome.at().toString());
            out.writeBooleanProperty("resumed", welcome.resumed());
            out.writeStringProperty("types", welcome.types());
            out.writeNumberProperty("beat", welcome.beatMillis());
            out.writeNumberProperty("now", welcome.now());
        } else if (reply instanceof ObjectMessage.Ok ok) {
            ok(ok);
        } else if (reply instanceof ObjectMessage.Conflict conflict) {
            head("conflict", conflict.id());
            out.writeName("conflicts");
            out.writeStartArray();
            for (ObjectMessage.FieldConflict one : conflict.conflicts()) {
                out.writeStartArray();
                out.writeString(one.key().toString());
                out.writeString(one.field());
                graph.write(one.base());
                graph.write(one.mine());
                graph.write(one.theirs());
                out.writeEndArray();
            }
            out.writeEndArray();
        } else if (reply instanceof ObjectMessage.Failed failed) {
            head("failed", failed.id());
            out.writeName("problem");
            ProblemDocument.write(failed.exception(), out);
        }
    }

    private void ok(ObjectMessage.Ok ok) {
        head("ok", ok.id());
        out.writeNumberProperty("asked", ok.asked());
        out.writeName("rows");
        out.writeStartArray();
        for (ObjectMessage.Row row : ok.rows()) {
            out.writeStartArray();
            out.writeString(row.ref().text());
            out.writeString(row.rights());
            out.writeNumber(row.version());
            out.writeString(row.tag());
            out.writeStartObject();
            row.fields().forEach((name, value) -> {
                out.writeName(name);
                graph.write(value);
            });
            out.writeEndObject();
            out.writeEndArray();
        }
        out.writeEndArray();
        if (ok.result() != null) {
            out.writeName("result");
            graph.write(ok.result());
        }
        text("next", ok.next());
        if (ok.count() >= 0) {
            out.writeNumberProperty("count", ok.count());
        }
        textsIfAny("tags", ok.tags());
        if (!ok.lists().isEmpty()) {
            out.writeName("lists");
            out.writeStartArray();
            ok.lists().forEach(this::listed);
            out.writeEndArray();
        }
        out.writeStringProperty("at", ok.at().toString());
    }

    private void listed(ObjectMessage.Listed list) {
        out.writeStartArray();
        out.writeString(list.owner().toString());
        out.writeString(list.collection());
        out.writeString(list.tag());
        out.writeBoolean(list.complete());
        out.writeStartArray();
        list.keys().forEach(key -> out.writeString(key.toString()));
        out.writeEndArray();
        out.writeEndArray();
    }

    private void push(ObjectMessage.Push push) {
        if (push instanceof ObjectMessage.Changed changed) {
            head("changed", ObjectMessage.NO_ID);
            out.writeNumberProperty("n", changed.number());
            out.writeStringProperty("at", changed.at().toString());
            out.writeNumberProperty("now", changed.now());
            out.writeName("tags");
            out.writeStartArray();
            for (ObjectMessage.Tagged tagged : changed.tags()) {
                out.writeStartArray();
                out.writeString(tagged.tag());
                out.writeNumber(tagged.version());
                out.writeEndArray();
            }
            out.writeEndArray();
        } else if (push instanceof ObjectMessage.Pulse pulse) {
            head("beat", ObjectMessage.NO_ID);
            out.writeNumberProperty("n", pulse.number());
            out.writeStringProperty("at", pulse.at().toString());
            out.writeNumberProperty("now", pulse.now());
        } else if (push instanceof ObjectMessage.Reset reset) {
            head("reset", ObjectMessage.NO_ID);
            out.writeStringProperty("why", reset.why());
        }
    }

    private void text(String name, @Nullable Object value) {
        if (value != null) {
            out.writeStringProperty(name, value.toString());
        }
    }

    private void textsIfAny(String name, List<String> texts) {
        if (!texts.isEmpty()) {
            texts(name, texts);
        }
    }

    private void texts(String name, List<String> texts) {
        out.writeName(name);
        out.writeStartArray();
        texts.forEach(out::writeString);
        out.writeEndArray();
    }

    private void values(String name, List<@Nullable Object> values) {
        out.writeName(name);
        out.writeStartArray();
        values.forEach(graph::write);
        out.writeEndArray();
    }

    private void fields(String name, Map<String, @Nullable Object> fields) {
        out.writeName(name);
        out.writeStartObject();
        fields.forEach((field, value) -> {
            out.writeName(field);
            graph.write(value);
        });
        out.writeEndObject();
    }
}
