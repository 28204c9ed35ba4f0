// The broker's interfaces as it describes them itself: OpenAPI for requests, AsyncAPI for what passes as events.

import { shell } from "./copies";

export interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security?: unknown[];
  parameters: Parameter[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, { description?: string; content?: Record<string, unknown> }>;
}

export interface OpenApi {
  info: { version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
}

export interface Message {
  name: string;
  summary: string;
  payload?: { properties: Record<string, { type?: string }>; required: string[] };
}

export interface AsyncApi {
  info: { version: string; description: string };
  channels: Record<string, { address: string; description: string; messages: Record<string, Message> }>;
  operations: Record<string, { action: string; channel: { $ref: string }; messages: { $ref: string }[] }>;
}

const SAMPLES: Record<string, string> = {
  topic: "builds/core/done", path: "ci/report.txt", type: "Person", key: "42", method: "raise", stream: "news", view: "news-outlets", user: "jenkins",
  number: "1008", page: "reference/files.md", hook: "github", collector: "feed", offset: "7", token: "ci-server", id: "1a2b-7",
};

/** An operation as a command that can be pasted; what stands for something else is a sample. */
export function curl(origin: string, path: string, method: string, operation: Operation): string {
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => SAMPLES[name] ?? name);
  const asked = operation.parameters.filter((each) => each.in === "query" && each.name === "topic").map(() => "topic=builds/**");
  const parts = ["curl"];
  if (method !== "get") {
    parts.push(`--request ${method.toUpperCase()}`);
  }
  if (operation.security?.length !== 0) {
    parts.push('--header "Authorization: Bearer $TOKEN"');
  }
  const [type, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? ["", {}];
  if (type === "multipart/form-data") {
    parts.push("--form file=@report.txt");
  } else if (type !== "") {
    parts.push(`--header ${shell(`Content-Type: ${type}`)}`);
    const example = body?.example;
    parts.push(example === undefined ? "--data-binary @body" : `--data ${shell(typeof example === "string" ? example : JSON.stringify(example))}`);
  }
  if (operation.responses["200"]?.content?.["text/event-stream"]) {
    parts.push("--no-buffer");
  }
  parts.push(shell(origin + filled + (asked.length > 0 ? `?${asked.join("&")}` : "")));
  return parts.join(" ");
}
