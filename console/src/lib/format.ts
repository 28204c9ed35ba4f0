// Numbers, sizes and times as people read them.

export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Thousands apart by a thin space, which nobody takes for a decimal point. */
export function number(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function rate(value: number): string {
  return value >= 100 ? number(value) : value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

/** 4 s, 3 min, 5 h, 12 d. */
export function span(millis: number): string {
  const seconds = Math.abs(millis) / 1000;
  if (seconds < 90) {
    return `${Math.round(seconds)} s`;
  }
  if (seconds < 90 * 60) {
    return `${Math.round(seconds / 60)} min`;
  }
  if (seconds < 36 * 3600) {
    return `${Math.round(seconds / 3600)} h`;
  }
  return `${Math.round(seconds / 86400)} d`;
}

export function ago(time: string, now: number): string {
  const millis = now - Date.parse(time);
  // The page's clock ticks once a second, and need not be the broker's.
  if (Math.abs(millis) < 2000) {
    return "just now";
  }
  return millis >= 0 ? `${span(millis)} ago` : `in ${span(millis)}`;
}

const pad = (value: number): string => String(value).padStart(2, "0");

/** Of this place, to the millisecond where asked. */
export function clock(time: string, millis = false): string {
  const date = new Date(time);
  const text = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return millis ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
}

export function moment(time: string): string {
  const date = new Date(time);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${clock(time)}`;
}

/** A value of a record in one line. */
export function brief(value: unknown, max = 300): string {
  const text =
    value === null || value === undefined ? ""
    : typeof value === "string" ? value
    : JSON.stringify(value);
  return text.length > max ? `${text.slice(0, max)}…` : text;
}

export function pretty(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Base64 as text where it is UTF-8, as hexadecimal where it is not. */
export function decoded(base64: string): { text: string; binary: boolean } {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), binary: false };
  } catch {
    const hex = [...bytes.slice(0, 512)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return { text: bytes.length > 512 ? `${hex} …` : hex, binary: true };
  }
}

/** What stands at a line, with the lines around it, and where the caret belongs. */
export function excerpt(text: string, line: number, around = 2): { number: number; text: string; hit: boolean }[] {
  const lines = text.split(/\r\n|\n|\r/);
  const first = Math.max(1, line - around);
  return lines
    .slice(first - 1, line + around)
    .map((content, index) => ({ number: first + index, text: content.slice(0, 400), hit: first + index === line }));
}
