// What a page asks for again and again; what it knew stays on the screen, with its age.

import { Problem } from "./api";

export class Polled<T> {
  value = $state<T | null>(null);
  problem = $state<Problem | null>(null);
  at = $state(0);

  private timer = 0;
  private stopped = false;
  private asking: AbortController | null = null;

  constructor(
    private readonly load: (signal: AbortSignal) => Promise<T>,
    private readonly millis: number,
  ) {}

  /** To be called in an $effect; returns what ends it. */
  run(): () => void {
    this.stopped = false;
    void this.again();
    return () => {
      this.stopped = true;
      window.clearTimeout(this.timer);
      this.asking?.abort();
    };
  }

  async again(): Promise<void> {
    window.clearTimeout(this.timer);
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const value = await this.load(asking.signal);
      if (asking.signal.aborted) {
        return;
      }
      this.value = value;
      this.problem = null;
      this.at = Date.now();
    } catch (failure) {
      if (asking.signal.aborted) {
        return;
      }
      this.problem = Problem.from(failure);
    }
    if (!this.stopped && this.millis > 0) {
      // A tab that nobody sees asks less often.
      this.timer = window.setTimeout(() => void this.again(), document.hidden ? this.millis * 10 : this.millis);
    }
  }
}

/** The time, once a second. */
export const now = $state({ at: Date.now() });
window.setInterval(() => (now.at = Date.now()), 1000);
