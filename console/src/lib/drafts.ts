// What somebody edits: as a text field takes it, back as it was, and kept while this tab lives.

const PREFIX = "databroker.draft:";
const MARK = "\uFEFF";

export interface Draft {
  /** As it stands in the field. */
  text: string;
  /** The file as it was when it was opened. */
  from: string;
  /** Its entity tag. */
  of: string;
}

/** A field knows one kind of line end and no byte order mark. */
export function shown(text: string): string {
  return (text.startsWith(MARK) ? text.slice(1) : text).replace(/\r\n?/g, "\n");
}

/** What was changed in the field, in the file: lines that are as they were keep their ends, new ones get those of most. */
export function edited(from: string, draft: string): string {
  const mark = from.startsWith(MARK) ? MARK : "";
  const ends = from.match(/\r\n|\r|\n/g) ?? [];
  const before = shown(from).split("\n");
  const after = draft.split("\n");
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) {
    head++;
  }
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
    tail++;
  }
  const count = (end: string): number => ends.filter((one) => one === end).length;
  const usual = ["\n", "\r\n", "\r"].reduce((best, end) => (count(end) > count(best) ? end : best));
  const whole = after.map((line, at) => {
    const behind = after.length - 1 - at;
    if (behind === 0) {
      return line;
    }
    const end = at < head ? ends[at] : behind < tail ? ends[ends.length - behind] : usual;
    return line + (end ?? usual);
  });
  return mark + whole.join("");
}

export function keep(path: string, draft: Draft): void {
  try {
    sessionStorage.setItem(PREFIX + path, JSON.stringify(draft));
  } catch {
    // There is no more room: it lives as long as the page.
  }
}

export function kept(path: string): Draft | null {
  const text = sessionStorage.getItem(PREFIX + path);
  return text === null ? null : (JSON.parse(text) as Draft);
}

export function drop(path: string): void {
  sessionStorage.removeItem(PREFIX + path);
}

/** Whoever signs in next is shown nothing of them. */
export function dropAll(): void {
  for (const name of Object.keys(sessionStorage).filter((each) => each.startsWith(PREFIX))) {
    sessionStorage.removeItem(name);
  }
}
