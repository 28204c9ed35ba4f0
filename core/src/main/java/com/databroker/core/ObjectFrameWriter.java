package com.databroker.core;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes one frame. Its own lists and maps are written as they are; only what stands where a value may
/// be is a graph.
///
/// ```
/// {"t":"get","i":1,"keys":["Person/42~Vx9k…"],"with":["dept"]}
/// {"t":"ok","i":1,"asked":1,"rows":[["Person/42~Vx9k…","rw",41,"0aF…",
///   {"name":"Ada","dept":{"$":"Dept/17~Qm3n…"}}],…],"at":"shop:7-8812"}
/// {"t":"part","i":2,"rows":[[…],…],"at":"shop:7-8812"}
/// {"t":"commit","i":4,"id":"0192…","ops":[
///   {"update":"Person/42~Vx9k…","version":41,"set":{"name":["Ada","Ada L."]}},
///   {"create":"#1","type":"Task","set":{"title":"…"}},{"delete":"Task/9~…","version":2}]}
/// {"t":"changed","n":7,"at":"shop:7-8813","now":1792940000000,"tags":[["0aF…",42]]}
/// ```
final class ObjectFrameWriter {
    private final GraphOut out;
    private final GraphWriter graph;

    ObjectFrameWriter(GraphOut out, GraphWriter graph) {
        this.out = out;
        this.graph = graph;
    }

    void write(ObjectMessage message) {
        note(message);
        out.startMap();
        if (message instanceof ObjectMessage.Request request) {
            request(request);
        } else if (message instanceof ObjectMessage.Reply reply) {
            reply(reply);
        } else if (message instanceof ObjectMessage.Push push) {
            push(push);
        }
        out.endMap();
    }

    private void note(ObjectMessage message) {
        if (message instanceof ObjectMessage.Ok ok) {
            note(ok.rows());
            graph.note(ok.result());
        } else if (message instanceof ObjectMessage.Part part) {
            note(part.rows());
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

    private void note(List<ObjectMessage.Row> rows) {
        for (ObjectMessage.Row row : rows) {
            for (Object value : row.fields().values()) {
                graph.note(value);
            }
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
        out.text("t", kind);
        if (id != ObjectMessage.NO_ID) {
            out.number("i", id);
        }
    }

    private void request(ObjectMessage.Request request) {
        if (request instanceof ObjectMessage.Hello hello) {
            head("hello", ObjectMessage.NO_ID);
            out.number("v", hello.protocol());
            text("token", hello.token());
            text("resume", hello.resume());
            if (hello.given()) {
                out.truth("given", true);
            }
        } else if (request instanceof ObjectMessage.Get get) {
            head("get", get.id());
            texts("keys", get.keys().stream().map(ObjectRef::text).toList());
            textsIfAny("with", get.with());
        } else if (request instanceof ObjectMessage.Find find) {
            find(find);
        } else if (request instanceof ObjectMessage.Call call) {
            head("call", call.id());
            if (call.target() == null) {
                out.text("type", call.type());
            } else {
                out.text("on", call.target().text());
            }
            out.text("method", call.method());
            values("args", call.args());
        } else if (request instanceof ObjectMessage.Commit commit) {
            head("commit", commit.id());
            out.text("id", commit.commit().toString());
            out.name("ops");
            out.startList();
            commit.ops().forEach(this::op);
            out.endList();
        } else if (request instanceof ObjectMessage.Sync sync) {
            head("sync", sync.id());
            out.text("at", sync.at().toString());
        } else if (request instanceof ObjectMessage.Types types) {
            head("types", types.id());
        } else {
            head("beat", ObjectMessage.NO_ID);
        }
    }

    private void find(ObjectMessage.Find find) {
        head("find", find.id());
        out.text("type", find.type());
        if (!find.where().isEmpty()) {
            out.name("where");
            out.startList();
            for (ObjectMessage.Condition condition : find.where()) {
                out.startList();
                out.text(condition.field());
                out.text(condition.operator().word());
                condition.values().forEach(graph::write);
                out.endList();
            }
            out.endList();
        }
        textsIfAny(
                "order",
                find.order().stream()
                        .map(order -> (order.descending() ? "-" : "") + order.field())
                        .toList());
        textsIfAny("with", find.with());
        out.number("limit", find.limit());
        text("after", find.after());
        if (find.count()) {
            out.truth("count", true);
        }
        if (find.parts()) {
            out.truth("parts", true);
        }
    }

    private void op(ObjectMessage.Op op) {
        out.startMap();
        if (op instanceof ObjectMessage.Update update) {
            out.text("update", update.ref().text());
            out.number("version", update.version());
            out.name("set");
            out.startMap();
            update.fields().forEach((name, edit) -> {
                out.name(name);
                out.startList();
                graph.write(edit.before());
                graph.write(edit.after());
                out.endList();
            });
            out.endMap();
        } else if (op instanceof ObjectMessage.Create create) {
            out.text("create", create.temporary().toString());
            out.text("type", create.type());
            fields("set", create.values());
        } else if (op instanceof ObjectMessage.Delete delete) {
            out.text("delete", delete.ref().text());
            out.number("version", delete.version());
        }
        out.endMap();
    }

    private void reply(ObjectMessage.Reply reply) {
        if (reply instanceof ObjectMessage.Welcome welcome) {
            head("welcome", ObjectMessage.NO_ID);
            out.text("server", welcome.server());
            out.text("at", welcome.at().toString());
            out.truth("resumed", welcome.resumed());
            out.text("types", welcome.types());
            out.number("beat", welcome.beatMillis());
            out.number("now", welcome.now());
        } else if (reply instanceof ObjectMessage.Ok ok) {
            ok(ok);
        } else if (reply instanceof ObjectMessage.Part part) {
            head("part", part.id());
            rows(part.rows());
            out.text("at", part.at().toString());
        } else if (reply instanceof ObjectMessage.Conflict conflict) {
            head("conflict", conflict.id());
            out.name("conflicts");
            out.startList();
            for (ObjectMessage.FieldConflict one : conflict.conflicts()) {
                out.startList();
                out.text(one.key().toString());
                out.text(one.field());
                graph.write(one.base());
                graph.write(one.mine());
                graph.write(one.theirs());
                out.endList();
            }
            out.endList();
        } else if (reply instanceof ObjectMessage.Failed failed) {
            head("failed", failed.id());
            out.name("problem");
            ProblemDocument.write(failed.exception(), out);
        }
    }

    private void ok(ObjectMessage.Ok ok) {
        head("ok", ok.id());
        out.number("asked", ok.asked());
        rows(ok.rows());
        if (ok.result() != null) {
            out.name("result");
            graph.write(ok.result());
        }
        text("next", ok.next());
        if (ok.count() >= 0) {
            out.number("count", ok.count());
        }
        textsIfAny("tags", ok.tags());
        if (!ok.lists().isEmpty()) {
            out.name("lists");
            out.startList();
            ok.lists().forEach(this::listed);
            out.endList();
        }
        out.text("at", ok.at().toString());
    }

    private void rows(List<ObjectMessage.Row> rows) {
        out.name("rows");
        out.startList();
        for (ObjectMessage.Row row : rows) {
            out.startList();
            out.text(row.ref().text());
            out.term(row.rights());
            out.number(row.version());
            out.text(row.tag());
            out.startMap();
            row.fields().forEach((name, value) -> {
                out.name(name);
                graph.write(value);
            });
            out.endMap();
            out.endList();
        }
        out.endList();
    }

    private void listed(ObjectMessage.Listed list) {
        out.startList();
        out.text(list.owner().toString());
        out.text(list.collection());
        out.text(list.tag());
        out.truth(list.complete());
        out.startList();
        list.keys().forEach(key -> out.text(key.toString()));
        out.endList();
        out.endList();
    }

    private void push(ObjectMessage.Push push) {
        if (push instanceof ObjectMessage.Changed changed) {
            head("changed", ObjectMessage.NO_ID);
            out.number("n", changed.number());
            out.text("at", changed.at().toString());
            out.number("now", changed.now());
            out.name("tags");
            out.startList();
            for (ObjectMessage.Tagged tagged : changed.tags()) {
                out.startList();
                out.text(tagged.tag());
                out.number(tagged.version());
                out.endList();
            }
            out.endList();
        } else if (push instanceof ObjectMessage.Pulse pulse) {
            head("beat", ObjectMessage.NO_ID);
            out.number("n", pulse.number());
            out.text("at", pulse.at().toString());
            out.number("now", pulse.now());
        } else if (push instanceof ObjectMessage.Reset reset) {
            head("reset", ObjectMessage.NO_ID);
            out.text("why", reset.why());
        }
    }

    private void text(String name, @Nullable Object value) {
        if (value != null) {
            out.text(name, value.toString());
        }
    }

    private void textsIfAny(String name, List<String> texts) {
        if (!texts.isEmpty()) {
            texts(name, texts);
        }
    }

    private void texts(String name, List<String> texts) {
        out.name(name);
        out.startList();
        texts.forEach(out::text);
        out.endList();
    }

    private void values(String name, List<@Nullable Object> values) {
        out.name(name);
        out.startList();
        values.forEach(graph::write);
        out.endList();
    }

    private void fields(String name, Map<String, @Nullable Object> fields) {
        out.name(name);
        out.startMap();
        fields.forEach((field, value) -> {
            out.name(field);
            graph.write(value);
        });
        out.endMap();
    }
}
