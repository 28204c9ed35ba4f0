// Works the client of objects.mjs for the conformance suite, as docs/reference/objects-conformance.md says a driver does:
//
//   databroker objects conformance --client 'node --experimental-websocket examples/objects/js/conformance.mjs'

import { createInterface } from "node:readline";
import { Conflict, Exact, Objects, Ref, Refused, update } from "./objects.mjs";

/** A value as it stands in frames, references without their proof. */
function plain(value) {
  if (value instanceof Ref) return { $: value.key };
  if (value instanceof Exact) return { ["$" + value.kind]: value.text };
  if (value instanceof Uint8Array) return { $bytes: btoa(String.fromCharCode(...value)) };
  if (typeof value === "bigint") return { $int: value.toString() };
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  }
  return value ?? null;
}

const say = (line) => console.log(JSON.stringify(line));

const verbs = {
  async get(objects, { key }) {
    const row = await objects.get(key);
    return row === null ? { gone: true } : { version: row.version, fields: plain(row.fields) };
  },
  async change(objects, { key, set }) {
    const { rows } = await objects.commit([update(await objects.get(key), set)]);
    return { version: rows[0].version };
  },
};

async function run(objects, { do: verb, id, ...what }) {
  try {
    say({ id, ...await verbs[verb](objects, what) });
  } catch (refused) {
    if (refused instanceof Conflict) {
      say({ id, conflict: plain(refused.conflicts.map((one) => [one.key, one.field, one.base, one.mine, one.theirs])) });
    } else {
      say({ id, failed: refused instanceof Refused ? refused.problem.number : String(refused) });
    }
  }
}

say({ can: ["cache", "change", "resume"] });
const objects = await Objects.open(process.env.DATABROKER_URL, process.env.DATABROKER_TOKEN);
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === "end") break;
  run(objects, command);
}
process.exit(0);
