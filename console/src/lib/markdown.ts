// Pages of the manual, from Markdown to pieces that components show; nothing of a page becomes markup.

export type Span =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong"; spans: Span[] }
  | { kind: "emphasis"; spans: Span[] }
  | { kind: "link"; to: string; spans: Span[] }
  | { kind: "image"; from: string; text: string };

export type Block =
  | { kind: "heading"; level: number; id: string; spans: Span[] }
  | { kind: "paragraph"; spans: Span[] }
  | { kind: "quote"; spans: Span[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "table"; head: Span[][]; rows: Span[][][] }
  | { kind: "list"; ordered: boolean; items: Span[][] };

/** As GitHub makes the address of a heading. */
export function anchor(heading: string): string {
  return heading.toLowerCase().replace(/`/g, "").replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");
}

const SPECIAL = /(`+)([\s\S]*?[^`])\1(?!`)|!\[([^\]]*)\]\(([^)\s]+)\)|\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s]+)\)|<(https?:\/\/[^>\s]+)>|\*\*([^*]+)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*/g;

export function spans(text: string): Span[] {
  const all: Span[] = [];
  let at = 0;
  for (const found of text.matchAll(SPECIAL)) {
    if (found.index > at) {
      all.push({ kind: "text", text: plain(text.slice(at, found.index)) });
    }
    at = found.index + found[0].length;
    const [, ticks, code, alt, image, label, to, address, strong, emphasis] = found;
    if (ticks !== undefined) {
      all.push({ kind: "code", text: (code ?? "").replace(/\\\|/g, "|") });
    } else if (image !== undefined) {
      all.push({ kind: "image", from: image, text: alt ?? "" });
    } else if (to !== undefined) {
      all.push({ kind: "link", to, spans: spans(label ?? "") });
    } else if (address !== undefined) {
      all.push({ kind: "link", to: address, spans: [{ kind: "text", text: address }] });
    } else if (strong !== undefined) {
      all.push({ kind: "strong", spans: spans(strong) });
    } else {
      all.push({ kind: "emphasis", spans: spans(emphasis ?? "") });
    }
  }
  if (at < text.length) {
    all.push({ kind: "text", text: plain(text.slice(at)) });
  }
  return all;
}

/** Without the strokes that keep a character from meaning something. */
function plain(text: string): string {
  return text.replace(/\\([\\`*_{}[\]()#+.!|<>-])/g, "$1");
}

/** The cells of a row; a stroke in code or behind a backslash parts nothing. */
export function cells(line: string): string[] {
  const all: string[] = [];
  let cell = "";
  let code = false;
  const inner = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  for (let i = 0; i < inner.length; i++) {
    const letter = inner[i] ?? "";
    if (letter === "\\" && inner[i + 1] === "|") {
      cell += code ? "|" : "\\|";
      i++;
    } else if (letter === "|" && !code) {
      all.push(cell.trim());
      cell = "";
    } else {
      code = letter === "`" ? !code : code;
      cell += letter;
    }
  }
  all.push(cell.trim());
  return all;
}

const ITEM = /^(\s*)([-*]|\d+\.)\s+(.*)$/;

export function blocks(page: string): Block[] {
  const lines = page.replaceAll("\r\n", "\n").split("\n");
  const all: Block[] = [];
  let at = 0;
  const line = (): string => lines[at] ?? "";
  while (at < lines.length) {
    const now = line();
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(now);
    const fence = /^\s*(`{3,})\s*(.*)$/.exec(now);
    if (now.trim() === "" || /^<!--.*-->$/.test(now.trim())) {
      at++;
    } else if (fence) {
      const text: string[] = [];
      for (at++; at < lines.length && !line().trim().startsWith(fence[1] ?? "```"); at++) {
        text.push(line());
      }
      at++;
      all.push({ kind: "code", language: fence[2] ?? "", text: text.join("\n") });
    } else if (heading) {
      at++;
      all.push({ kind: "heading", level: heading[1]?.length ?? 1, id: anchor(heading[2] ?? ""), spans: spans(heading[2] ?? "") });
    } else if (now.trim().startsWith("|") && /^\s*\|[\s:|-]+\|?\s*$/.test(lines[at + 1] ?? "")) {
      const head = cells(now).map(spans);
      const rows: Span[][][] = [];
      for (at += 2; at < lines.length && line().trim().startsWith("|"); at++) {
        rows.push(cells(line()).map(spans));
      }
      all.push({ kind: "table", head, rows });
    } else if (ITEM.test(now)) {
      const items: string[] = [];
      const ordered = /\d/.test(ITEM.exec(now)?.[2] ?? "");
      for (; at < lines.length && line().trim() !== "" && !/^\s*```/.test(line()); at++) {
        const item = ITEM.exec(line());
        if (item) {
          items.push(item[3] ?? "");
        } else {
          items[items.length - 1] += ` ${line().trim()}`;
        }
      }
      all.push({ kind: "list", ordered, items: items.map(spans) });
    } else {
      const quote = now.startsWith(">");
      const text: string[] = [];
      for (; at < lines.length && line().trim() !== "" && !/^(#{1,6}\s|\s*```|\s*\|.*\|\s*$)/.test(line()) && !ITEM.test(line()); at++) {
        text.push(line().replace(/^>\s?/, "").trim());
      }
      if (text.length === 0) {
        // What no rule above took is a line of its own; nothing is left out, and nothing goes round for ever.
        text.push(now.trim());
        at++;
      }
      all.push({ kind: quote ? "quote" : "paragraph", spans: spans(text.join(" ")) });
    }
  }
  return all;
}

/** Where a link of a page leads: a page of the manual, elsewhere, or nowhere that a reader could get to. */
export function target(page: string, to: string): string | null {
  if (/^https?:/.test(to)) {
    return to;
  }
  const [path = "", hash = ""] = to.split("#", 2);
  const way = path === "" ? page.split("/") : [...page.split("/").slice(0, -1), ...path.split("/")];
  const reached: string[] = [];
  for (const step of way) {
    if (step === "..") {
      if (reached.pop() === undefined) {
        return null;
      }
    } else if (step !== ".") {
      reached.push(step);
    }
  }
  const place = reached.join("/");
  if (!/^(guide|reference)\/[\w.-]+$/.test(place)) {
    return null;
  }
  const found = path === "" || place.endsWith(".md") ? `/console/docs/${place.replace(/\.md$/, "")}` : `/docs/${place}`;
  return hash === "" ? found : `${found}#${hash}`;
}
