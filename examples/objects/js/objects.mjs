// A client of dbo/1, the protocol of databroker's objects, in one file without anything else. For browsers, and for
// every other JavaScript that has WebSocket.
//
//   import { Objects } from "./objects.mjs";
//   const objects = await Objects.open("http://127.0.0.1:8080", token);
//   const ada = await objects.get("Person/1");                       // { ref, key, version, fields, … }
//   const company = await objects.get(ada.fields.company);           // follows a reference
//   const found = await objects.find("Person", { where: [["salary", ">=", 1000]], order: ["-name"], with: ["company"] });
//   await objects.commit([update(ada, { name: "Ada Lovelace" })]);   // or a Conflict is thrown
//   objects.watch(ada, (now) => console.log(now?.fields.name));
//
// Rows are kept until the broker tells that they have changed. After a lost connection the next goes on where it ended.

const SUBPROTOCOL = "dbo.json";
const PAUSE_MAX = 5000;
const TAGS_MAX = 100_000;

/** A reference to an object: its key, and the proof that one may use it. */
export class Ref {
  constructor(text) { this.text = text; }
  get key() { return this.text.split("~")[0]; }
  toString() { return this.key; }
}

/** A value that JavaScript has no exact type for, as its text: dec, date, time, datetime, offset, instant, uuid, double. */
export class Exact {
  constructor(kind, text) { this.kind = kind; this.text = text; }
  toString() { return this.text; }
}

/** The broker refused a request. */
export class Refused extends Error {
  constructor(problem) { super(`${problem.title}: ${problem.detail}`); this.problem = problem; }
}

/** Others have changed the same; nothing of the commit was done. */
export class Conflict extends Error {
  constructor(conflicts) { super("others have changed " + conflicts.map((c) => `${c.key}.${c.field}`)); this.conflicts = conflicts; }
}

/** Changes fields of an object as it was read. */
export const update = (row, fields) => ({ update: row, fields });
/** Makes an object; others of the same commit refer to it by `new Ref("#1")`. */
export const create = (temporary, type, fields) => ({ create: temporary, type, fields });
export const remove = (row) => ({ remove: row });

/** Values out of the frames of one message; lists and maps may be shared, and contain themselves. Calls itself nowhere. */
function decoder() {
  const shared = new Map(), again = [];
  const words = {
    $int: (text) => BigInt(text),
    $bytes: (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)),
    $: (text) => new Ref(text),
  };
  for (const kind of ["dec", "date", "time", "datetime", "offset", "instant", "uuid", "double"]) {
    words["$" + kind] = (text) => new Exact(kind, text);
  }
  function decode(holder, name) {
    const open = [[holder, name]];
    while (open.length > 0) {
      const [at, member] = open.pop();
      let value = at[member], id;
      if (value === null || typeof value !== "object") continue;
      if (Object.hasOwn(value, "$id")) { id = value.$id; value = value.$v; }
      const word = Array.isArray(value) ? undefined : Object.keys(value)[0];
      if (word === "$ref") { again.push([at, member, value.$ref]); continue; }
      if (word !== undefined && words[word]) { at[member] = words[word](value[word]); continue; }
      if (word === "$map") value = value.$map;
      at[member] = value;
      if (id !== undefined) shared.set(id, value);
      for (const each of Array.isArray(value) ? value.keys() : Object.keys(value)) open.push([value, each]);
    }
  }
  const end = () => again.forEach(([at, member, id]) => { at[member] = shared.get(id); });
  return { decode, end };
}

/** Values into the frame of one message. */
function encoder() {
  const seen = new Map();
  const isContainer = (value) => Array.isArray(value) || (value !== null && typeof value === "object"
    && [Object.prototype, null].includes(Object.getPrototypeOf(value)));
  let numbers = 0;
  function note(value) {
    if (!isContainer(value)) return;
    const times = seen.get(value) ?? 0;
    seen.set(value, times + 1);
    if (times === 0) Object.values(value).forEach(note);
  }
  function encode(value) {
    if (value === undefined || value === null) return null;
    if (value instanceof Ref) return { $: value.text };
    if (value instanceof Exact) return { ["$" + value.kind]: value.text };
    if (value instanceof Uint8Array) return { $bytes: btoa(String.fromCharCode(...value)) };
    if (value instanceof Date) return { $instant: value.toISOString() };
    if (typeof value === "bigint") return { $int: value.toString() };
    if (value instanceof Row) return { $: value.ref.text };
    if (!isContainer(value)) return value;
    const times = seen.get(value);
    if (typeof times === "string") return { $ref: Number(times) };
    let id = 0;
    if (times > 1) seen.set(value, String(id = ++numbers));
    const copy = Array.isArray(value) ? value.map(encode)
      : Object.fromEntries(Object.entries(value).map(([name, each]) => [name, encode(each)]));
    const inner = !Array.isArray(value) && Object.keys(value).some((name) => name.startsWith("$")) ? { $map: copy } : copy;
    return id > 0 ? { $id: id, $v: inner } : inner;
  }
  return (values) => { values.forEach(note); return values.map(encode); };
}

/** One state of one object. It never changes; `obsolete` tells that a newer one is known. */
export class Row {
  constructor([ref, rights, version, tag, fields]) {
    Object.assign(this, { ref: new Ref(ref), rights, version, tag, fields, obsolete: false });
    this.key = this.ref.key;
  }
}

export class Objects {
  #url; #token; #socket; #at = null; #told = 0; #beat; #timer; #pause = 100; #closed = false; #ready;
  #ids = 0; #waiting = new Map();
  #rows = new Map(); #tags = new Map(); #newest = new Map(); #arrivals = 0; #forgotten = 0;
  #watched = new Map();
  /** How often: reads without a request, news that came, connections that went on, times that nothing was known. */
  stats = { hits: 0, changed: 0, resumed: 0, reset: 0 };

  static async open(url, token) {
    const objects = new Objects();
    objects.#url = url.replace(/^http/, "ws") + "/objects";
    objects.#token = token;
    await new Promise((done, failed) => { objects.#ready = { done, failed }; objects.#connect(); });
    return objects;
  }

  #connect() {
    const socket = new WebSocket(this.#url, [SUBPROTOCOL]);
    this.#socket = socket;
    this.#told = 0;
    socket.onopen = () => this.#send({ t: "hello", v: 1, token: this.#token, ...(this.#at && { resume: this.#at }) });
    socket.onmessage = (message) => this.#received(JSON.parse(message.data));
    socket.onclose = (event) => this.#lost(socket, event);
    socket.onerror = () => {};
  }

  #send(frame) { this.#socket.send(JSON.stringify(frame)); }

  #lost(socket, event) {
    if (socket !== this.#socket) return;
    clearTimeout(this.#timer);
    const why = new Error(`the connection is lost: ${event?.code ?? ""} ${event?.reason ?? ""}`);
    this.#socket = null;
    if (this.#ready) { this.#ready.failed(why); return; }
    // What was asked may be asked again, but a call: whether it was done is not known.
    for (const [id, { frame, failed }] of this.#waiting) {
      if (frame.t === "call" || this.#closed) { this.#waiting.delete(id); failed(why); }
    }
    if (!this.#closed) {
      setTimeout(() => this.#closed || this.#connect(), this.#pause * (0.5 + Math.random()));
      this.#pause = Math.min(PAUSE_MAX, this.#pause * 2);
    }
  }

  /** Two beats without a word, or news that are missing: the connection is given up, and the next says from where. */
  #giveUp() {
    const socket = this.#socket;
    this.#lost(socket);
    socket?.close();
  }

  #hears() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#giveUp(), 2 * this.#beat);
    this.#timer.unref?.();
  }

  #received(frame) {
    if (frame.t === "welcome") this.#welcomed(frame);
    else if (frame.t === "changed") this.#changed(frame);
    else if (frame.t === "beat") { if (frame.n !== this.#told) { this.#giveUp(); return; } this.#at = frame.at; }
    else if (frame.t === "reset") { this.#at = null; this.#forget(); this.#giveUp(); return; }
    else this.#answered(frame);
    this.#hears();
  }

  #welcomed({ at, resumed, beat }) {
    this.#beat = beat;
    this.#pause = 100;
    if (resumed) this.stats.resumed++;
    else { if (this.#at || this.#rows.size) this.#forget(); this.#at = at; }
    this.#ready?.done();
    this.#ready = null;
    for (const { frame } of this.#waiting.values()) this.#send(frame);
  }

  /** Nobody knows what has changed: nothing is kept, also of what is on its way. */
  #forget() {
    this.stats.reset++;
    this.#forgotten = ++this.#arrivals;
    const rows = [...this.#rows.values()];
    this.#rows.clear(); this.#tags.clear(); this.#newest.clear();
    for (const row of rows) { row.obsolete = true; this.#tell(row.key); }
  }

  #changed({ n, at, tags }) {
    if (n !== this.#told + 1) { this.#giveUp(); return; }
    this.#told = n;
    this.#at = at;
    this.stats.changed++;
    for (const [tag, version] of tags) this.#overtaken(tag, version);
  }

  #overtaken(tag, version) {
    if (this.#newest.size >= TAGS_MAX) { this.#newest.clear(); this.#forgotten = ++this.#arrivals; }
    const known = this.#newest.get(tag), arrival = ++this.#arrivals;
    // Without a version everything that was read before is old, whatever its version.
    const all = version === 0 ? arrival : known?.all ?? 0;
    this.#newest.set(tag, { version: Math.max(version, known?.version ?? 0), arrival, all });
    const key = this.#tags.get(tag), row = this.#rows.get(key);
    if (row && (version === 0 || row.version === 0 || row.version < version)) {
      row.obsolete = true;
      this.#rows.delete(key);
      this.#tell(key);
    }
  }

  #tell(key) {
    for (const watch of this.#watched.get(key) ?? []) this.get(watch.ref).then(watch.heard, () => watch.heard(null));
  }

  /** Kept by the lease (nothing came meanwhile) and by the version; what is older than what is known is refused. */
  #admit(row, birth) {
    const known = this.#newest.get(row.tag);
    if (known && row.version > 0 && row.version < known.version) return false;
    const there = this.#rows.get(row.key);
    if (birth >= this.#forgotten && !(known && (row.version === 0 ? known.arrival : known.all) > birth)
        && !(there && there.version >= row.version && row.version > 0)) {
      this.#rows.set(row.key, row);
      this.#tags.set(row.tag, row.key);
    }
    return true;
  }

  #ask(frame, overtaken) {
    const id = ++this.#ids;
    frame = { ...frame, i: id };
    return new Promise((done, failed) => {
      this.#waiting.set(id, { frame, done, failed, overtaken, birth: this.#arrivals });
      if (this.#socket?.readyState === 1 && !this.#ready && this.#beat) this.#send(frame);
    });
  }

  #answered(frame) {
    const waiting = this.#waiting.get(frame.i);
    if (!waiting) return;
    this.#waiting.delete(frame.i);
    const { decode, end } = decoder();
    if (frame.t === "failed") { waiting.failed(new Refused(frame.problem)); return; }
    if (frame.t === "conflict") {
      for (const conflict of frame.conflicts) for (const part of [2, 3, 4]) decode(conflict, part);
      end();
      waiting.failed(new Conflict(frame.conflicts.map(([key, field, base, mine, theirs]) => ({ key, field, base, mine, theirs }))));
      return;
    }
    for (const row of frame.rows) for (const field of Object.keys(row[4])) decode(row[4], field);
    decode(frame, "result");
    end();
    const rows = frame.rows.map((row) => new Row(row));
    // Before anything is kept: a commit makes what was found before it old.
    if (waiting.frame.t === "commit") waiting.overtaken(frame.tags ?? []);
    const fresh = rows.map((row) => this.#admit(row, waiting.birth));
    if (fresh.includes(false) && waiting.frame.t !== "commit" && waiting.frame.t !== "call") {
      // Older than what is known: another server has not seen it yet.
      this.#ask({ t: "sync", at: this.#at }).then(() => this.#ask(waiting.frame)).then(waiting.done, waiting.failed);
      return;
    }
    waiting.done({ rows, asked: rows.slice(0, frame.asked), next: frame.next, count: frame.count, result: frame.result, at: frame.at });
  }

  /** The types that one may see. */
  async types() { return (await this.#ask({ t: "types" })).result; }

  /** An object by its key or a reference; null where there is none. */
  async get(what, options = {}) {
    const ref = what instanceof Ref ? what : what instanceof Row ? what.ref : new Ref(what);
    const there = this.#rows.get(ref.key);
    if (there) { this.stats.hits++; return there; }
    return (await this.#ask({ t: "get", keys: [ref.text], with: options.with ?? [] })).asked[0] ?? null;
  }

  /** @param options where: [field, operator, …values] each; order, with: names; limit, after, count */
  async find(type, options = {}) {
    const encode = encoder();
    const where = (options.where ?? []).map(([field, operator, ...values]) => [field, operator, ...encode(values)]);
    const { rows, asked, next, count } = await this.#ask({ t: "find", type, limit: 100, ...options, where });
    return { rows: asked, along: rows.slice(asked.length), next, count };
  }

  /** A method of an object, or of a type where `on` is its name. */
  async call(on, method, ...args) {
    const target = on instanceof Row ? { on: on.ref.text } : on instanceof Ref ? { on: on.text } : { type: on };
    const { asked, result, at } = await this.#ask({ t: "call", ...target, method, args: encoder()(args) });
    // What it has changed is told before the broker has synced.
    await this.sync(at);
    return result ?? asked;
  }

  /** All of it or nothing; gives the new states of what was updated and created. */
  async commit(ops) {
    const encode = encoder();
    const frames = ops.map((op) => {
      if (op.update) {
        const set = Object.fromEntries(Object.entries(op.fields).map(([name, value]) => [name, encode([op.update.fields[name], value])]));
        return { update: op.update.ref.text, version: op.update.version, set };
      }
      if (op.remove) return { delete: op.remove.ref.text, version: op.remove.version };
      const set = Object.fromEntries(Object.entries(op.fields).map(([name, value]) => [name, encode([value])[0]]));
      return { create: op.create, type: op.type, set };
    });
    const { rows, at } = await this.#ask({ t: "commit", id: crypto.randomUUID(), ops: frames }, (tags) => {
      for (const tag of tags) this.#overtaken(tag, 0);
      for (const { remove: gone } of ops) if (gone) this.#overtaken(gone.tag, gone.version + 1);
    });
    return { rows, at };
  }

  /** Done when everything up to a position, as another's commit gave it, is seen here. */
  async sync(at) { await this.#ask({ t: "sync", at }); }

  /** Hears of each new state of an object, null when it is gone. Gives what ends it. */
  watch(row, heard) {
    const watch = { ref: row.ref, heard };
    this.#watched.set(row.key, [...(this.#watched.get(row.key) ?? []), watch]);
    if (row.obsolete) this.#tell(row.key);
    return () => this.#watched.set(row.key, this.#watched.get(row.key).filter((each) => each !== watch));
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }
}

// node objects.mjs <address> <token>: what it can do with the objects of `serve --demo`, said line by line. Node has a
// WebSocket of its own from 22 on, and with --experimental-websocket from 20 on.
if (globalThis.process?.argv?.[1] && import.meta.url.endsWith(process.argv[1].split("/").pop())) {
  const [address, token] = process.argv.slice(2);
  const objects = await Objects.open(address, token);
  const say = (what, value) => console.log(`${what}: ${value}`);
  say("types", Object.values(await objects.types()).flat().map((type) => type.name ?? "").filter(Boolean));
  const ada = await objects.get("Person/1");
  say("read", `${ada.fields.name} of ${(await objects.get(ada.fields.company)).fields.name}, born ${ada.fields.born}`);
  say("again", (await objects.get("Person/1")) === ada && objects.stats.hits === 1);
  const found = await objects.find("Person", { where: [["company", "=", ada.fields.company]], order: ["-name"], with: ["company"], count: true });
  say("found", `${found.rows.map((row) => row.fields.name)} (${found.count}), along came ${found.along.map((row) => row.key)}`);
  const { rows } = await objects.commit([
    update(ada, { name: "Ada Lovelace" }),
    create("#1", "Task", { title: "speak JavaScript", owner: ada.ref, done: false }),
  ]);
  const task = rows.find((row) => row.key.startsWith("Task/"));
  say("committed", `${(await objects.get("Person/1")).fields.name}, ${task.fields.title} by ${task.fields.owner}`);
  try {
    await objects.commit([update(ada, { name: "Ada Byron" })]);
  } catch (conflict) {
    if (!(conflict instanceof Conflict)) throw conflict;
    say("conflict", conflict.conflicts.filter((one) => one.field === "name").map((one) => `${one.base}, ${one.mine} or ${one.theirs}`));
  }
  await objects.commit([remove(task)]);
  say("gone", (await objects.get(task.ref)) === null);
  await objects.call(await objects.get("Person/2"), "raise", 10);
  say("raised", (await objects.get("Person/2")).fields.salary);
  say("open", (await objects.call("Task", "open")).map((row) => row.fields.title).length);
  try {
    await objects.find("Nobody");
  } catch (refused) {
    say("refused", refused.problem.number);
  }
  objects.watch(await objects.get("Person/3"), (now) => {
    say("heard", now === null ? "it is gone" : `${now.fields.name} ${objects.stats.resumed} ${objects.stats.reset}`);
    if (now === null) objects.close();
  });
  say("watching", "Person/3");
}
