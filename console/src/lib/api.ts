// The broker's own HTTP interface, as programs use it; there is no other behind the console.

import { exactly } from "./objects";
import { session, signOut } from "./session.svelte";

export interface Finding {
  line: number;
  column: number;
  message: string;
}

/** What went wrong, as the broker says it: number, what, why, remedy. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly number: number,
    readonly title: string,
    readonly detail: string,
    readonly remedy: string,
    readonly findings: Finding[] = [],
  ) {
    super(detail);
  }

  static of(status: number, text: string): Problem {
    try {
      const said = JSON.parse(text) as Record<string, unknown>;
      if (typeof said.number === "number") {
        const findings = Array.isArray(said.findings) ? (said.findings as Finding[]) : [];
        return new Problem(
          status, said.number, String(said.title), String(said.detail), String(said.remedy), findings);
      }
    } catch {
      // Somebody in between answered; its status has to do.
    }
    return new Problem(status, 0, `HTTP ${status}`, text.slice(0, 300), "Look at what stands between here and the broker.");
  }

  static from(failure: unknown): Problem {
    if (failure instanceof Problem) {
      return failure;
    }
    return new Problem(
      0, 0, "the broker does not answer", failure instanceof Error ? failure.message : String(failure),
      "See whether it runs: ./databroker serve. This page tries again.");
  }
}

export function authorization(): Record<string, string> {
  return session.token === "" ? {} : { Authorization: `Bearer ${session.token}` };
}

export interface Asked {
  method?: string;
  body?: BodyInit | object;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export async function ask(path: string, asked: Asked = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...authorization(), ...asked.headers };
  let body = asked.body;
  if (body !== undefined && (body as object).constructor === Object) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  const answer = await fetch(path, {
    method: asked.method ?? "GET", headers, body: body as BodyInit | undefined, signal: asked.signal,
    cache: "no-store", credentials: "same-origin", redirect: "error",
  });
  if (!answer.ok) {
    const problem = Problem.of(answer.status, await answer.text());
    if (problem.status === 401 && session.token !== "") {
      signOut(`${problem.number} ${problem.detail}`);
    }
    throw problem;
  }
  return answer;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await ask(path, { signal })).json()) as T;
}

/** With every digit of its numbers, and what the answer says of its version. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<{ value: T; etag: string }> {
  const answer = await ask(path, { signal });
  return { value: exactly(await answer.text()) as T, etag: answer.headers.get("ETag") ?? "" };
}

export async function send<T>(method: string, path: string, body?: BodyInit | object): Promise<T | null> {
  const text = await (await ask(path, { method, body })).text();
  return text === "" ? null : (JSON.parse(text) as T);
}

/** The address of a file or folder, each segment escaped. */
export function filePath(path: string): string {
  return "/files/" + path.split("/").map(encodeURIComponent).join("/");
}

/** The address of an object by its key: `Person/42`. */
export function objectPath(key: string): string {
  return "/objects/" + key.split("/").map(encodeURIComponent).join("/");
}

export function findPath(type: string, parameters: Record<string, string | number | undefined>): string {
  return `/objects/${encodeURIComponent(type)}${query(parameters)}`;
}

export function query(parameters: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** Puts a file; the browser says how far it is, which fetch cannot. */
export function upload(
  path: string, file: Blob, headers: Record<string, string>, progress: (sent: number) => void,
): { done: Promise<void>; abort: () => void } {
  const request = new XMLHttpRequest();
  const done = new Promise<void>((resolve, reject) => {
    request.open("PUT", filePath(path));
    for (const [name, value] of Object.entries({ ...authorization(), Accept: "application/json", ...headers })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () =>
      request.status >= 200 && request.status < 300
        ? resolve()
        : reject(Problem.of(request.status, request.responseText));
    request.onerror = () => reject(Problem.from(new Error("the connection broke")));
    request.onabort = () => reject(new Problem(0, 0, "given up", "you ended this upload", "Nothing was stored."));
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}
