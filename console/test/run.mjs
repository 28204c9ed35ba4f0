// Tests of what has no screen: the filter, what is copied, how numbers are written. Vite reads the TypeScript.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import { createServer } from "vite";

const vite = await createServer({ configFile: false, server: { middlewareMode: true, ws: false }, appType: "custom", logLevel: "error" });
after(() => vite.close());
const { filter, FilterError } = await vite.ssrLoadModule("/src/lib/filter.ts");
const { shell, publishing } = await vite.ssrLoadModule("/src/lib/copies.ts");
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

test("what is copied survives a shell", () => {
  for (const text of ["plain", "it's", "$(id) `id` \\ \"x\"", "two\nlines", "'''", ""]) {
    assert.equal(execFileSync("sh", ["-c", `printf %s ${shell(text)}`]).toString(), text);
  }
  const curl = publishing("http://127.0.0.1:8080", "a/ä b", "it's", false).find((copy) => copy.name === "curl");
  assert.match(curl.text, /'http:\/\/127\.0\.0\.1:8080\/events\/a\/%C3%A4%20b'/);
  assert.match(curl.text, /--data-binary 'it'\\''s'/);
});

test("numbers, sizes, times and bytes are written for people", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 10 * 1024 ** 2, 3 * 1024 ** 4].map(size), ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10 MiB", "3.0 TiB"]);
  assert.deepEqual([0, 999, 1000, 1234567].map(number), ["0", "999", "1\u202f000", "1\u202f234\u202f567"]);
  assert.deepEqual([4000, 89_000, 91_000, 7_200_000, 200_000_000].map(span), ["4 s", "89 s", "2 min", "2 h", "2 d"]);
  assert.deepEqual(decoded(Buffer.from("ä\n").toString("base64")), { text: "ä\n", binary: false });
  assert.deepEqual(decoded(Buffer.from([0xff, 0]).toString("base64")), { text: "ff 00", binary: true });
  assert.deepEqual(excerpt("a\nb\nc\nd\ne", 1, 1), [{ number: 1, text: "a", hit: true }, { number: 2, text: "b", hit: false }]);
});
