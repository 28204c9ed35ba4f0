// Where the boxes of a graph stand: those that refer at the left, what they refer to at the right.

export interface Node {
  name: string;
  links: { label: string; to: string }[];
}

export interface Box {
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Line {
  from: string;
  to: string;
  label: string;
  path: string;
  x: number;
  y: number;
}

const HEIGHT = 44;
const DOWN = 74;
const ACROSS = 130;
const LETTER = 8.2;
const SWEEPS = 4;

/** How many steps of references lie below each; what would go round is not followed. */
function depths(nodes: Map<string, Node>): Map<string, number> {
  const known = new Map<string, number>();
  const under = new Set<string>();
  const depth = (name: string): number => {
    const was = known.get(name);
    if (was !== undefined) {
      return was;
    }
    under.add(name);
    let most = 0;
    for (const link of nodes.get(name)?.links ?? []) {
      if (nodes.has(link.to) && !under.has(link.to)) {
        most = Math.max(most, depth(link.to) + 1);
      }
    }
    under.delete(name);
    known.set(name, most);
    return most;
  };
  [...nodes.keys()].forEach(depth);
  return known;
}

/** A place in a column: a box, or where a longer arrow passes. */
interface Slot {
  name: string;
  near: Slot[];
  row: number;
}

const join = (one: Slot | undefined, other: Slot | undefined): void => {
  if (one && other) {
    one.near.push(other);
    other.near.push(one);
  }
};

export function laidOut(list: Node[]): { boxes: Box[]; lines: Line[]; width: number; height: number } {
  const nodes = new Map(list.map((node) => [node.name, node]));
  const links = list.flatMap((node) => node.links.filter((link) => nodes.has(link.to)).map((link) => ({ from: node.name, ...link })));
  const linked = new Set(links.flatMap((link) => [link.from, link.to]));
  const depth = depths(nodes);
  const most = Math.max(0, ...[...linked].map((name) => depth.get(name) ?? 0));
  const columnOf = (name: string): number => most - (depth.get(name) ?? 0);
  const columns: Slot[][] = Array.from({ length: most + 1 }, () => []);
  const slots = new Map<string, Slot>();
  for (const name of [...linked].sort()) {
    const slot = { name, near: [], row: 0 };
    slots.set(name, slot);
    columns[columnOf(name)]?.push(slot);
  }
  const passing = new Map<string, Slot[]>();
  for (const { from, to } of links) {
    const pair = `${from}\n${to}`;
    if (passing.has(pair) || columnOf(to) <= columnOf(from)) {
      continue;
    }
    const through: Slot[] = [];
    let last = slots.get(from);
    for (let column = columnOf(from) + 1; column < columnOf(to); column++) {
      const slot: Slot = { name: "", near: [], row: 0 };
      columns[column]?.push(slot);
      join(last, slot);
      through.push(slot);
      last = slot;
    }
    join(last, slots.get(to));
    passing.set(pair, through);
  }
  const number = (column: Slot[]): void => column.forEach((slot, at) => (slot.row = at - (column.length - 1) / 2));
  columns.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of sweep % 2 === 0 ? columns : [...columns].reverse()) {
      const middle = new Map(column.map((slot) =>
        [slot, slot.near.length === 0 ? slot.row : slot.near.reduce((sum, each) => sum + each.row, 0) / slot.near.length]));
      column.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0) || a.row - b.row);
      number(column);
    }
  }
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  const down = (slot: Slot): number => 30 + (slot.row + (tallest - 1) / 2) * DOWN;
  const boxes = new Map<string, Box>();
  const ways = new Map<Slot, { x: number; y: number; width: number }>();
  let x = 8;
  for (const column of columns) {
    const width = Math.max(0, ...column.map((slot) => widthOf(slot.name)));
    for (const slot of column) {
      if (slot.name === "") {
        ways.set(slot, { x, y: down(slot) + HEIGHT / 2, width });
      } else {
        boxes.set(slot.name, { name: slot.name, x, y: down(slot), width, height: HEIGHT });
      }
    }
    x += column.length === 0 ? 0 : width + ACROSS;
  }
  let right = linked.size === 0 ? 0 : x - ACROSS + 48;
  const drawn = lines(links, boxes, (pair) => (passing.get(pair) ?? []).flatMap((slot) => ways.get(slot) ?? []));
  // What is related to nothing stands below, in rows.
  const alone = list.map((node) => node.name).filter((name) => !linked.has(name)).sort();
  const room = Math.max(right, 760);
  let below = linked.size === 0 ? 8 : 30 + tallest * DOWN;
  let across = 8;
  for (const name of alone) {
    const width = widthOf(name);
    if (across + width > room && across > 8) {
      across = 8;
      below += HEIGHT + 18;
    }
    boxes.set(name, { name, x: across, y: below, width, height: HEIGHT });
    across += width + 18;
    right = Math.max(right, across);
  }
  const height = alone.length > 0 ? below + HEIGHT + 8 : 30 + tallest * DOWN;
  return { boxes: [...boxes.values()], lines: drawn, width: Math.max(1, right), height };
}

function widthOf(name: string): number {
  return Math.max(110, Math.round(name.length * LETTER) + 28);
}

function lines(
  links: { from: string; to: string; label: string }[],
  boxes: Map<string, Box>,
  through: (pair: string) => { x: number; y: number; width: number }[],
): Line[] {
  const pairs = new Map<string, { from: string; to: string; labels: string[] }>();
  for (const { from, to, label } of links) {
    const pair = pairs.get(`${from}\n${to}`) ?? { from, to, labels: [] };
    pair.labels.push(label);
    pairs.set(`${from}\n${to}`, pair);
  }
  const drawn: Line[] = [];
  for (const [pair, { from, to, labels }] of pairs) {
    const a = boxes.get(from);
    const b = boxes.get(to);
    if (!a || !b) {
      continue;
    }
    const label = labels.join(", ");
    const begin = a.x + a.width;
    const middle = a.y + a.height / 2;
    if (a === b) {
      const at = a.x + a.width - 34;
      drawn.push({ from, to, label, x: at + 2, y: a.y - 19, path: `M${at - 14} ${a.y} C${at - 22} ${a.y - 22} ${at + 26} ${a.y - 22} ${at + 18} ${a.y}` });
    } else if (b.x > begin) {
      let path = `M${begin} ${middle}`;
      let at = { x: begin, y: middle };
      const reach = (x: number, y: number): void => {
        const half = (at.x + x) / 2;
        path += ` C${half} ${at.y} ${half} ${y} ${x} ${y}`;
        at = { x, y };
      };
      const ways = through(pair);
      for (const way of ways) {
        reach(way.x, way.y);
        path += ` H${way.x + way.width}`;
        at = { x: way.x + way.width, y: way.y };
      }
      reach(b.x, b.y + b.height / 2);
      const first = ways[0] ?? { x: b.x, y: b.y + b.height / 2 };
      drawn.push({ from, to, label, x: (begin + first.x) / 2, y: (middle + first.y) / 2 - 5, path });
    } else {
      // Back to the left, or within a column: round the side.
      const end = b.y + b.height / 2;
      const side = Math.max(begin, b.x + b.width) + 56;
      drawn.push({ from, to, label, x: side - 10, y: (middle + end) / 2, path: `M${begin} ${middle} C${side} ${middle} ${side} ${end} ${b.x + b.width} ${end}` });
    }
  }
  return drawn;
}
