// Tests of what has no screen: the filter, what is copied, how numbers are written. Vite reads the TypeScript.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { after, test } from "node:test";
import { createServer } from "vite";

const vite = await createServer({ configFile: false, server: { middlewareMode: true, ws: false }, appType: "custom", logLevel: "error" });
after(() => vite.close());
const { filter, FilterError } = await vite.ssrLoadModule("/src/lib/filter.ts");
const { shell, subscribing, publishing, calling } = await vite.ssrLoadModule("/src/lib/copies.ts");
const drafts = await vite.ssrLoadModule("/src/lib/drafts.ts");
const { laidOut } = await vite.ssrLoadModule("/src/lib/graph.ts");
const objects = await vite.ssrLoadModule("/src/lib/objects.ts");
const { blocks, cells, spans, target, anchor } = await vite.ssrLoadModule("/src/lib/markdown.ts");
const { size, number, span, decoded, excerpt } = await vite.ssrLoadModule("/src/lib/format.ts");

const event = {
  position: "1a-7", time: "2026-11-28T12:00:00Z", principal: "jenkins", topic: "builds/core/done", datacontenttype: "application/json",
  attributes: { type: "FILE CREATED" },
  data: { ok: true, size: 1500, name: "Core", parts: [{ n: 1 }, { n: 2 }], none: null, "text": "12" },
};

test("a filter lets through what its conditions say", () => {
  for (const yes of [
    "", "  ", "core", "JENKINS", '"builds/core"', ".size > 1000", ".size>=1500", ".size <= 1500 and .ok = true", ".parts[1].n = 2",
    ".parts.[0].n < 2", 'type = "FILE CREATED"', "topic ~ CORE", "principal = jenkins", "not .missing", ".none = null", ".missing = null",
    ".name != core", ".text > 11", ".name ~ core and not principal = admin", 'contenttype ~ "json"', "not nonsense and core",
    ".parts ~ 2",
  ]) {
    assert.equal(filter(yes)(event), true, yes);
  }
  for (const no of [
    "nonsense", ".size > 1500", ".size < 1500", ".ok = false", ".parts[2]", ".name = core", "type = FILE", "not core", ".missing > 0",
    ".name > 5", ".parts > 1", "topic = builds", ".none ~ null",
  ]) {
    assert.equal(filter(no)(event), false, no);
  }
});

test("a filter that cannot be read says what is missing", () => {
  for (const wrong of [".size >", "> 5", '"open', ".a = = 1", "core and"]) {
    assert.throws(() => filter(wrong), FilterError, wrong);
  }
});

test("of a file that is edited only what was changed is changed", () => {
  const { shown, edited } = drafts;
  for (const from of ["", "a", "a\n", "a\r\nb\r\n", "\uFEFFa\r\n", "a\rb\nc\r\n", "\r\n\r\n", "a\r\n\n"]) {
    assert.equal(edited(from, shown(from)), from, JSON.stringify(from));
  }
  assert.equal(edited("@echo off\r\nrem a\r\n", "@echo  off\nrem a\n"), "@echo  off\r\nrem a\r\n");
  assert.equal(edited("\uFEFFa\n", "aZ\n"), "\uFEFFaZ\n");
  assert.equal(edited("a\nb\r\nc\r\n", "a\nnew\nb\nc\n"), "a\nnew\r\nb\r\nc\r\n");
  assert.equal(edited("a\r\nb", "a\nb\nc"), "a\r\nb\r\nc");
  assert.equal(edited("a\r\nb\r\nc\n", "c\n"), "c\n");
  assert.equal(edited("a\r\n", ""), "");
});

test("what is copied survives a shell", () => {
  for (const text of ["plain", "it's", "$(id) `id` \\ \"x\"", "two\nlines", "'''", ""]) {
    assert.equal(execFileSync("sh", ["-c", `printf %s ${shell(text)}`]).toString(), text);
  }
  const published = (topic, payload) => Object.fromEntries(publishing("http://127.0.0.1:8080", topic, payload).map((copy) => [copy.name, copy.text]));
  const { curl, CLI } = published("a/ä b", { text: "it's", type: "" });
  assert.match(curl, /'http:\/\/127\.0\.0\.1:8080\/events\/a\/%C3%A4%20b'/);
  assert.match(curl, /--data-raw 'it'\\''s'/);
  assert.equal(CLI, "./databroker pub --type 'text/plain' 'a/ä b' 'it'\\''s'");
  assert.equal(published("a", { text: "-1", type: "application/json" }).CLI, "./databroker pub -- 'a' '-1'");
  assert.equal(published("a", { text: "ff 00", type: "", base64: "/wA=" }).CLI,
    "printf %s '/wA=' | base64 -d | ./databroker pub --type 'application/octet-stream' 'a'");
  assert.equal(subscribing("http://127.0.0.1:8080", "-a/**")[0].text, "./databroker sub -- '-a/**'");
});

test("numbers, sizes, times and bytes are written for people", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 10 * 1024 ** 2, 3 * 1024 ** 4].map(size), ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10 MiB", "3.0 TiB"]);
  assert.deepEqual([0, 999, 1000, 1234567].map(number), ["0", "999", "1\u202f000", "1\u202f234\u202f567"]);
  assert.deepEqual([4000, 89_000, 91_000, 7_200_000, 200_000_000].map(span), ["4 s", "89 s", "2 min", "2 h", "2 d"]);
  assert.deepEqual(decoded(Buffer.from("ä\n").toString("base64")), { text: "ä\n", binary: false });
  assert.deepEqual(decoded(Buffer.from([0xff, 0]).toString("base64")), { text: "ff 00", binary: true });
  assert.deepEqual(excerpt("a\nb\nc\nd\ne", 1, 1), [{ number: 1, text: "a", hit: true }, { number: 2, text: "b", hit: false }]);
});

test("boxes of a graph do not lie over one another, also where references go round", () => {
  const link = (...to) => to.map((name) => ({ label: name.toLowerCase(), to: name }));
  const graph = laidOut([
    { name: "A", links: link("B", "C", "A") }, { name: "B", links: link("C", "D") }, { name: "C", links: link("A", "Gone") },
    { name: "D", links: [] }, { name: "E", links: link("D", "D") }, { name: "Alone", links: [] }, { name: "Alone2", links: [] },
  ]);
  assert.equal(graph.boxes.length, 7);
  for (const one of graph.boxes) {
    assert.ok(one.x >= 0 && one.y >= 0 && one.x + one.width <= graph.width && one.y + one.height <= graph.height, one.name);
    for (const other of graph.boxes) {
      const apart = one === other || one.x + one.width < other.x || other.x + other.width < one.x || one.y + one.height < other.y || other.y + other.height < one.y;
      assert.ok(apart, `${one.name} ${other.name}`);
    }
  }
  assert.deepEqual(graph.lines.map((line) => `${line.from}${line.to}`).sort(), ["AA", "AB", "AC", "BC", "BD", "CA", "ED"]);
  assert.equal(graph.lines.find((line) => line.from === "E").label, "d, d");
  assert.deepEqual(laidOut([]).boxes, []);
});

test("numbers of objects keep their digits, and two who changed the same are told apart", () => {
  const row = objects.exactly('{"_key":"P/1","a":1200.50,"b":9223372036854775807,"c":null,"d":"","g":{"x":[1.10]}}');
  const exact = typeof JSON.rawJSON === "function";
  assert.deepEqual([objects.text(row.a), objects.text(row.c)], [exact ? "1200.50" : "1200.5", ""]);
  const field = (name, kind) => ({ name, kind, required: false, generated: false });
  const type = { name: "P", fields: [field("a", "decimal"), field("c", "integer"), field("d", "text"), field("g", "graph")] };
  const draft = objects.draftOf(type, row);
  assert.deepEqual(objects.changed(type, row, draft), []);
  draft.c = "";
  assert.deepEqual(objects.changed(type, row, draft), [], "left empty is no value");
  draft.a = "7";
  draft.d = null;
  assert.deepEqual(objects.changed(type, row, draft).map((each) => each.name), ["a", "d"]);
  assert.equal(objects.valueOf(type.fields[0], draft), "7");
  const theirs = { ...row, a: 8, c: 5, d: null };
  assert.deepEqual(
    objects.clashes(type, row, theirs, draft).map((each) => [each.field.name, each.theirs, each.mine, each.both]),
    [["a", "8", "7", true], ["c", "5", null, false], ["d", null, null, false]]);
  const list = objects.conditions({ dept: "Dept/1", "n.ge": "3", "limit.eq": "9", order: "-n", after: "x" });
  assert.deepEqual(objects.asParameters(list), { dept: "Dept/1", "n.ge": "3", "limit.eq": "9" });
});

test("arguments of a method are read as the command line reads them, and every copy sends the same", () => {
  const read = ["", "5", "1.50", "true", "Person/1", '"5"', '{"a":[1]}', "-1"].map(objects.argument);
  assert.deepEqual(read.map(objects.kindOf), ["no value", "number", "number", "boolean", "text", "text", "graph", "number"]);
  const body = JSON.stringify(read.slice(0, 2));
  const copies = calling("http://h", "Line/7,3", "put", ["", "it's"], body).map((each) => each.text);
  assert.equal(copies[0], `./databroker objects call 'Line/7,3' put 'null' 'it'\\''s'`);
  for (const copy of copies.slice(1)) {
    assert.ok(copy.includes("http://h/objects/Line/7%2C3/put") && copy.includes("[null,5]"), copy);
  }
  assert.ok(calling("http://h", "Task", "open", ["-1"], "[-1]")[0].text.startsWith("./databroker objects call -- 'Task' open '-1'"));
});

test("pages of the manual become pieces, and nothing of them is lost or is markup", () => {
  assert.deepEqual(blocks("# A `b`\n\ntext *e* **s** [l](x.md) <b>\n\n- one\n  more\n- two\n\n```sh\na | b\n```\n| a | b |\n| --- | --- |\n| `x|y` | \\| |\n").map((block) => block.kind),
    ["heading", "paragraph", "list", "code", "table"]);
  assert.deepEqual(cells("| `a|b` | c \\| d |"), ["`a|b`", "c \\| d"]);
  assert.deepEqual(spans("a <i> `b*c*`"), [{ kind: "text", text: "a <i> " }, { kind: "code", text: "b*c*" }]);
  assert.equal(target("reference/files.md", "../guide/console.md#live"), "/console/docs/guide/console#live");
  assert.equal(target("reference/files", "#names"), "/console/docs/reference/files#names");
  assert.equal(target("guide/console", "console-live.webp"), "/docs/guide/console-live.webp");
  assert.equal(target("reference/files", "../../SECURITY.md"), null);
  assert.equal(target("reference/files", "javascript:alert(1)"), null);
  assert.equal(anchor("What 201 and `204` mean!"), "what-201-and-204-mean");
  const flat = (list) => list.map((span) => ("spans" in span ? flat(span.spans) : span.text)).join("");
  const words = (text) => (text.match(/[\p{L}\p{N}]+/gu) ?? []).length;
  for (const folder of ["guide", "reference"]) {
    for (const name of readdirSync(`../docs/${folder}`).filter((each) => each.endsWith(".md"))) {
      const page = readFileSync(`../docs/${folder}/${name}`, "utf8");
      const shown = blocks(page).map((block) =>
        block.kind === "code" ? block.text
        : block.kind === "table" ? [...block.head, ...block.rows.flat()].map(flat).join(" ")
        : block.kind === "list" ? block.items.map(flat).join(" ")
        : flat(block.spans)).join(" ");
      // Languages of code and addresses of links are not shown; all else is.
      const source = page.replace(/^```.*$/gm, "").replace(/\]\([^)]*\)/g, "]").replace(/^\d+\. /gm, "");
      assert.equal(words(shown), words(source), name);
    }
  }
});
