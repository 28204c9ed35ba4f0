// Events as they pass: one WebSocket, the token in its first message, never in an address.

import { Problem } from "./api";
import { exactly } from "./objects";
import { session, signOut } from "./session.svelte";

export interface Event {
  position: string;
  time: string;
  principal: string;
  topic: string;
  datacontenttype?: string;
  attributes?: Record<string, string>;
  data?: unknown;
  data_base64?: string;
}

export interface Listener {
  events(events: Event[]): void;
  state(text: string, open: boolean): void;
  missed(count: number): void;
  refused(problem: Problem): void;
}

const FIRST_MILLIS = 150;
const AGAIN_MILLIS = [500, 1000, 2000, 5000, 10000];

/** Numbers that JavaScript would round or shorten: long ones, and those with a point or an exponent. */
const DIGITS = /[[:,]\s*-?(?:\d{16}|\d+[.eE])/;

/** A message whose payload has the digits that were sent; where it has none to lose, the faster way. */
function read(text: string): Record<string, unknown> {
  return (DIGITS.test(text) ? exactly(text) : JSON.parse(text)) as Record<string, unknown>;
}

/** The position so many events before. */
function before(position: string, count: number): string {
  const dash = position.lastIndexOf("-");
  const offset = Number(position.slice(dash + 1));
  return `${position.slice(0, dash)}-${Math.max(0, offset - 1 - count)}`;
}

/** Keeps a subscription until it is closed: reconnects, and goes on after the last event that came. */
export class Feed {
  private socket: WebSocket | null = null;
  private nextId = 1;
  private last: string | null = null;
  private failures = 0;
  private timer = 0;
  private closed = false;
  private waiting: Event[] = [];
  private frame = 0;
  private first: boolean;
  private readonly asked = new Map<number, (refusal: Problem | null) => void>();

  /** @param past how many of the events before are wanted */
  constructor(
    private readonly patterns: string[],
    private readonly past: number,
    private readonly listener: Listener,
  ) {
    this.first = past > 0;
    this.open();
  }

  private open(): void {
    const address = new URL("/events", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, "databroker.v1.json");
    this.socket = socket;
    this.listener.state("connecting", false);
    socket.onopen = () => {
      // Who has no token is anonymous with the first word it says.
      this.say(session.token === "" ? { op: "ping" } : { op: "auth", token: session.token });
    };
    socket.onmessage = (message) => this.received(read(String(message.data)));
    socket.onclose = (end) => this.ended(end);
  }

  private ended(end: CloseEvent): void {
    if (this.closed) {
      return;
    }
    for (const answer of this.asked.values()) {
      answer(new Problem(0, 0, "the connection broke", "nobody knows whether it was published", "Publish it again."));
    }
    this.asked.clear();
    if (end.code === 4401) {
      this.closed = true;
      signOut(end.reason);
      return;
    }
    const wait = AGAIN_MILLIS[Math.min(this.failures++, AGAIN_MILLIS.length - 1)] ?? 10000;
    this.listener.state(end.reason || "not connected, trying again", false);
    this.timer = window.setTimeout(() => this.open(), wait);
  }

  private received(message: Record<string, unknown>): void {
    switch (message.op) {
      case "welcome": {
        this.failures = 0;
        const since = this.last ?? (this.past > 0 ? before(String(message.position), this.past) : undefined);
        for (const topic of this.patterns) {
          this.say({ op: "subscribe", topic, ...(since === undefined ? {} : { since }) });
        }
        this.listener.state("connected", true);
        break;
      }
      case "event":
        this.last = String(message.position);
        this.waiting.push(message as unknown as Event);
        if (this.frame === 0 && this.first) {
          // What was asked for of the past comes in pieces, and is shown as one: rows that are read do not move.
          this.first = false;
          this.frame = window.setTimeout(() => this.hand(), FIRST_MILLIS);
        } else if (this.frame === 0) {
          // A hidden tab paints nothing: there a timer hands them over.
          const hand = (): void => this.hand();
          this.frame = document.hidden ? window.setTimeout(hand, 250) : requestAnimationFrame(hand);
        }
        break;
      case "gap":
        if (typeof message.lost === "number") {
          this.listener.missed(message.lost);
        }
        break;
      case "ack":
        this.answer(Number(message.id), null);
        break;
      case "error": {
        const said = message.problem as Record<string, unknown>;
        const problem = new Problem(
          Number(said.status), Number(said.number), String(said.title), String(said.detail), String(said.remedy));
        if (!this.answer(Number(message.id), problem)) {
          this.listener.refused(problem);
        }
        break;
      }
      default:
    }
  }

  private hand(): void {
    this.frame = 0;
    const events = this.waiting;
    this.waiting = [];
    this.listener.events(events);
  }

  private answer(id: number, problem: Problem | null): boolean {
    const waits = this.asked.get(id);
    this.asked.delete(id);
    waits?.(problem);
    return waits !== undefined;
  }

  private say(message: object): number {
    const id = this.nextId++;
    this.socket?.send(JSON.stringify({ id, ...message }));
    return id;
  }

  /** Resolves when the event has its position. */
  publish(topic: string, data: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        reject(new Problem(0, 0, "not connected", "the connection to the broker is not open", "Wait until it is."));
        return;
      }
      this.asked.set(this.say({ op: "publish", topic, data }), (refusal) => (refusal === null ? resolve() : reject(refusal)));
    });
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.timer);
    this.socket?.close();
  }
}
