// The field filter of Live: `.size > 1000 and type = "FILE CREATED" and core`.
//
//   filter     = condition { "and" condition }
//   condition  = [ "not" ] ( field operator value | value )
//   field      = "." path into the payload | topic | principal | type | contenttype | an attribute of the event
//   operator   = = | != | > | >= | < | <= | ~ (contains)
//   value      = number | true | false | null | "text" | word

import type { Event } from "./feed";
import { digits } from "./objects";

type Test = (event: Event) => boolean;

export class FilterError extends Error {}

interface Token {
  kind: "operator" | "field" | "word" | "text";
  text: string;
}

const TOKEN = /\s*(?:(!=|>=|<=|=|>|<|~)|"((?:[^"\\]|\\.)*)"|((?:\.[\w@$-]+|\.?\[\d+\])+)|([^\s"=<>~!]+))/y;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      throw new FilterError(`cannot read “${text.slice(at).trim().slice(0, 20)}”; close quotes, as in type = "FILE CREATED"`);
    }
    const [, operator, quoted, field, word] = match;
    if (operator !== undefined) {
      found.push({ kind: "operator", text: operator });
    } else if (quoted !== undefined) {
      found.push({ kind: "text", text: quoted.replace(/\\(.)/g, "$1") });
    } else if (field !== undefined) {
      found.push({ kind: "field", text: field });
    } else {
      found.push({ kind: "word", text: word ?? "" });
    }
  }
  return found;
}

function path(text: string): (string | number)[] {
  return [...text.matchAll(/\.?\[(\d+)\]|\.([\w@$-]+)/g)].map(([, index, name]) =>
    index === undefined ? (name ?? "") : Number(index));
}

function reach(tree: unknown, steps: (string | number)[]): unknown {
  let here = tree;
  for (const step of steps) {
    if (here === null || typeof here !== "object") {
      return undefined;
    }
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

function field(token: Token): (event: Event) => unknown {
  if (token.kind === "field") {
    const steps = path(token.text);
    return (event) => reach(event.data, steps);
  }
  switch (token.text) {
    case "topic": return (event) => event.topic;
    case "principal": return (event) => event.principal;
    case "contenttype": return (event) => event.datacontenttype;
    default: return (event) => event.attributes?.[token.text];
  }
}

function value(token: Token): string | number | boolean | null {
  if (token.kind === "text") {
    return token.text;
  }
  switch (token.text) {
    case "true": return true;
    case "false": return false;
    case "null": return null;
    default: return /^-?\d+(\.\d+)?$/.test(token.text) ? Number(token.text) : token.text;
  }
}

function compare(operator: string, token: Token): (found: unknown) => boolean {
  const wanted = value(token);
  const fits = comparison(operator, wanted);
  return (found) => {
    const exact = digits(found);
    if (exact === undefined) {
      return fits(found);
    }
    // Long numbers are the same where their digits are: as numbers of JavaScript many of them are.
    const long = typeof wanted === "number" && /^-?\d+$/.test(exact) && /^-?\d+$/.test(token.text);
    return long && (operator === "=" || operator === "!=") ? (exact === token.text) === (operator === "=") : fits(Number(exact));
  };
}

function comparison(operator: string, wanted: string | number | boolean | null): (found: unknown) => boolean {
  const text = String(wanted).toLowerCase();
  const order = (found: unknown): number | null => {
    if (typeof wanted === "number") {
      const number = typeof found === "string" && found.trim() !== "" ? Number(found) : found;
      return typeof number === "number" && !Number.isNaN(number) ? number - wanted : null;
    }
    return typeof found === "string" ? (found < text ? -1 : found > text ? 1 : 0) : null;
  };
  const same = (found: unknown): boolean =>
    found === wanted || (found === undefined && wanted === null)
    || (typeof found !== "object" && found !== undefined && String(found) === String(wanted));
  switch (operator) {
    case "=": return same;
    case "!=": return (found) => !same(found);
    case "~": return (found) => found !== undefined && found !== null
      && (typeof found === "string" ? found : JSON.stringify(found)).toLowerCase().includes(text);
    case ">": return (found) => (order(found) ?? -1) > 0;
    case ">=": return (found) => (order(found) ?? -1) >= 0;
    case "<": return (found) => (order(found) ?? 1) < 0;
    default: return (found) => (order(found) ?? 1) <= 0;
  }
}

function anywhere(text: string): Test {
  const wanted = text.toLowerCase();
  return (event) =>
    event.topic.toLowerCase().includes(wanted)
    || event.principal.toLowerCase().includes(wanted)
    || (event.data !== undefined && JSON.stringify(event.data).toLowerCase().includes(wanted))
    || (event.attributes !== undefined && JSON.stringify(event.attributes).toLowerCase().includes(wanted));
}

/** What a filter lets through. An empty one lets everything through. */
export function filter(text: string): Test {
  const list = tokens(text);
  const tests: Test[] = [];
  let at = 0;
  while (at < list.length) {
    const first = list[at] as Token;
    const negated = first.kind === "word" && first.text === "not" && at + 1 < list.length;
    const subject = negated ? (list[++at] as Token) : first;
    if (subject.kind === "operator") {
      throw new FilterError(`“${subject.text}” needs a field before it, as in .size > 1000`);
    }
    at++;
    let test: Test;
    const operator = list[at];
    if (operator?.kind === "operator") {
      const wanted = list[at + 1];
      if (wanted === undefined || wanted.kind === "operator") {
        throw new FilterError(`“${operator.text}” needs a value behind it, as in ${subject.text} ${operator.text} 1000`);
      }
      at += 2;
      const read = field(subject);
      const fits = compare(operator.text, wanted);
      test = (event) => fits(read(event));
    } else if (subject.kind === "field") {
      const read = field(subject);
      test = (event) => read(event) !== undefined;
    } else {
      test = anywhere(subject.text);
    }
    tests.push(negated ? (event) => !test(event) : test);
    const next = list[at];
    if (next?.kind === "word" && next.text === "and") {
      at++;
      if (at === list.length) {
        throw new FilterError("something is missing after “and”");
      }
    }
  }
  return (event) => tests.every((test) => test(event));
}
