// What the broker answers, as far as the console reads it. See docs/reference.

export interface Status {
  version: string;
  started: string;
  now: string;
  events: {
    published: number; delivered: number; lost: number; connections: number; next: string; held: number; heldBytes: number; windowBytes: number;
  };
  files: { files: number; bytes: number; uploads: number; waiting: number; scanning: boolean };
  connections: Record<string, number>;
  sessions: number;
  heap: { used: number; max: number };
  objects?: {
    listeners: number;
    rows: number;
    stores: { name: string; kind: string; durable: boolean; reachable: boolean; types: number; commits: number; conflicts: number; told: number }[];
  };
}

/** What is missing its door does not know. */
export interface Connection {
  id: string;
  door: string;
  protocol: string;
  principal: string;
  address: string;
  since: string;
  patterns?: string[];
  lag?: number;
  delivered?: number;
  bytes?: number;
  lost?: number;
}

export interface Check {
  name: string;
  status: "ok" | "warning" | "failed";
  value: string;
  why?: string;
  remedy?: string;
}

export interface Collector {
  name: string;
  lastPoll?: string;
  nextPoll?: string;
  requests: number;
  notModified: number;
  failures: number;
  gaps: number;
  trouble: string;
  note: string;
  steps: number;
  brought: number;
  rejected: number;
  received?: number;
  dropped?: number;
  waitingBytes?: number;
}

/** Of one that was left out at the start, only the first four are there. */
export interface Stream {
  name: string;
  title: string;
  phase: string;
  detail?: string;
  collected?: number;
  lag?: number;
  oldest?: string;
  dead?: number;
  waiting?: number;
  hot?: number;
  hotBytes?: number;
  cold?: number;
  coldBytes?: number;
  checkpoints?: { completed: number; failed: number; last?: string; millis: number; restarts: number };
  damage?: string[];
  collectors?: Collector[];
  capture?: { patterns: string[]; position: string; events: number; gaps: number; lost: number; trouble: string };
}

export interface Definition {
  name: string;
  title: string;
  topic: string;
  retention: string;
  timeField: string;
  partitionedBy: string;
  repeats: boolean;
  fields: { name: string; type: string; description: string }[];
}

export interface DeadLetter {
  offset: number;
  at: string;
  place: string;
  id?: string;
  reason: string;
  base64: string;
}

export interface Answer {
  columns: string[];
  records: Record<string, unknown>[];
  total: number;
  exact: boolean;
  partial?: string;
  next?: string;
  cold: { partitionsRead: number; partitions: number; filesRead: number; files: number };
  values?: { value: string; count: number }[];
  steps?: { begin: string; count: number }[];
}

export interface View {
  name: string;
  title: string;
  stream: string;
  kind: string;
  running: boolean;
  last?: string;
  next?: string;
  failure?: string;
  rows: number;
}

export interface ViewAnswer {
  from: string;
  to: string;
  horizon?: string;
  partial?: string;
  days: { day: string; records: number; others: number; rows: { key: string; count: number; score?: number; atLeast?: boolean }[] }[];
}

export interface Entry {
  name: string;
  kind: "file" | "folder";
  size?: number;
  etag?: string;
  sha256?: string;
  version?: number;
  principal?: string;
  modified: string;
  metadata?: Record<string, string>;
}

export interface User {
  name: string;
  disabled: boolean;
  roles: string[];
  grants: string[];
  certificates: string[];
  curveKeys: string[];
  sshKeys: string[];
  tokens: { id: string; label: string; expires?: string; scope: string[] }[];
}
