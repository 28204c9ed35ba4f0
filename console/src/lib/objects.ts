// Typed objects as the broker tells of them, and their values as people read and write them.

export interface Field {
  name: string;
  kind: string;
  target?: string;
  required: boolean;
  generated: boolean;
  length?: number;
}

export interface Type {
  name: string;
  store: string;
  key: string[];
  rights: string;
  versioned: boolean;
  readOnly: boolean;
  fields: Field[];
  collections: { name: string; type: string; field: string }[];
  methods: Method[];
}

export interface Method {
  name: string;
  /** whether it is called on the type, not on an object */
  ofType: boolean;
  parameters: string[];
}

/** What a method answers: a value or a graph of values, and the objects that it is about. */
export interface Answer {
  result: unknown;
  objects?: Row[];
}

export interface Types {
  hash: string;
  types: Type[];
}

export type Row = Record<string, unknown> & { _key: string; _version?: number };

export interface Found {
  objects: Row[];
  with?: Row[];
  count?: number;
  next?: string;
}

// Newer than what TypeScript knows; where a browser has it not, numbers are as exact as JavaScript's.
interface RawJson {
  rawJSON?: (text: string) => object;
  isRawJSON?: (value: unknown) => value is { rawJSON: string };
}
const raw = JSON as unknown as RawJson;

/** JSON in which a number keeps its digits: 1200.50 is no 1200.5, and 2⁶³ is not rounded. */
export function exactly(text: string): unknown {
  const keep = (_name: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" && context?.source !== undefined && String(value) !== context.source
      ? (raw.rawJSON?.(context.source) ?? value)
      : value;
  return JSON.parse(text, keep as (name: string, value: unknown) => unknown);
}

/** What a number was written as, where JavaScript's own would be another; else undefined. */
export function digits(value: unknown): string | undefined {
  return raw.isRawJSON?.(value) ? value.rawJSON : undefined;
}

/** A value as text: what stands in a field of a form. */
export function text(value: unknown): string {
  if (value === null || value === undefined) {
    return "";
  }
  const exact = digits(value);
  if (exact !== undefined) {
    return exact;
  }
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

/** What stands in a form; null where there is no value. */
export type Draft = Record<string, string | null>;

/** As it is written in a form: null where there is none. */
export function written(value: unknown): string | null {
  return value === null || value === undefined ? null : text(value);
}

/** Where a field is left empty there is no value; only a text may be empty. */
export function entered(field: Field, draft: Draft): string | null {
  const value = draft[field.name] ?? null;
  return value === "" && field.kind !== "text" ? null : value;
}

/** What is sent; the broker reads texts of every kind but graphs. */
export function valueOf(field: Field, draft: Draft): unknown {
  const value = entered(field, draft);
  return value !== null && field.kind === "graph" ? exactly(value) : value;
}

/** An argument as the command line reads it: JSON where it is that, else a text; left empty there is no value. */
export function argument(written: string): unknown {
  if (written.trim() === "") {
    return null;
  }
  try {
    return exactly(written);
  } catch {
    return written;
  }
}

/** In a word, as what an argument is sent. */
export function kindOf(value: unknown): string {
  if (value === null) {
    return "no value";
  }
  if (raw.isRawJSON?.(value)) {
    return "number";
  }
  return Array.isArray(value) ? "list" : typeof value === "string" ? "text" : typeof value === "object" ? "graph" : typeof value;
}

export function draftOf(type: Type, row: Record<string, unknown>): Draft {
  return Object.fromEntries(type.fields.map((field) => [field.name, written(row[field.name])]));
}

/** Names of fields in which a form differs from a row. */
export function changed(type: Type, row: Record<string, unknown>, draft: Draft): Field[] {
  return type.fields.filter((field) => entered(field, draft) !== written(row[field.name]));
}

const NAMES = ["name", "title", "label", "subject", "login", "email"];

/** What people call an object. */
export function called(type: Type | undefined, row: Row): string {
  const field =
    NAMES.map((name) => type?.fields.find((each) => each.kind === "text" && each.name.toLowerCase() === name)).find((each) => each)
    ?? type?.fields.find((each) => each.kind === "text" && !type.key.includes(each.name));
  return field ? text(row[field.name]).slice(0, 60) : "";
}

export interface Condition {
  field: string;
  operator: string;
  value: string;
}

export const OPERATORS: Record<string, string> = {
  eq: "is", ne: "is not", lt: "<", le: "≤", gt: ">", ge: "≥", prefix: "begins with", in: "is one of", null: "is empty",
};

/** Which of them a field has. */
export function operators(kind: string): string[] {
  switch (kind) {
    case "graph":
      return ["null"];
    case "reference":
    case "boolean":
      return ["eq", "ne", "null"];
    case "text":
      return Object.keys(OPERATORS);
    default:
      return Object.keys(OPERATORS).filter((each) => each !== "prefix");
  }
}

const WORDS = ["order", "limit", "after", "with", "count", "capabilities", "create", "edit"];

/** Conditions of an address: `dept=Dept/1&salary.ge=100`. */
export function conditions(parameters: Record<string, string>): Condition[] {
  return Object.entries(parameters)
    .filter(([name]) => !WORDS.includes(name))
    .map(([name, value]) => {
      const dot = name.indexOf(".");
      return dot < 0
        ? { field: name, operator: "eq", value }
        : { field: name.slice(0, dot), operator: name.slice(dot + 1), value };
    });
}

export function asParameters(list: Condition[]): Record<string, string> {
  return Object.fromEntries(list.map(({ field, operator, value }) =>
    [operator === "eq" && !WORDS.includes(field) ? field : `${field}.${operator}`, operator === "null" ? "true" : value]));
}

/** One field that others changed while I had it before me. */
export interface Clash {
  field: Field;
  base: string | null;
  theirs: string | null;
  mine: string | null;
  /** whether I changed it, too, to something else */
  both: boolean;
}

export function clashes(type: Type, base: Row, theirs: Row, draft: Draft): Clash[] {
  return type.fields
    .map((field) => ({
      field, base: written(base[field.name]), theirs: written(theirs[field.name]), mine: entered(field, draft),
    }))
    .filter((each) => each.base !== each.theirs)
    .map((each) => ({ ...each, both: each.mine !== each.base && each.mine !== each.theirs }));
}
