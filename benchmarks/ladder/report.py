"""From raw lines to medians, ratios and a markdown summary."""

import datetime
import os
import platform
import statistics

from ladder.brokers import REFERENCE

# kind of cell -> columns: (title, key or function of a line, format)
MEGA = "{:.2f} M".format
TRAFFIC = (
    ("CPU µs/delivery", "cpu_us_per_delivery", "{:.3f}".format),
    ("deliveries/s", lambda line: line["delivered_per_s"] / 1e6, MEGA),
    ("resident MB", lambda line: line["rss_kb"] / 1024, "{:.0f}".format),
    ("generator busy", lambda line: 100 * line["load_busy"], "{:.0f} %".format),
)
COLUMNS = {
    "throughput": TRAFFIC,
    "rtt": (
        ("p50 µs", "p50_us", "{:.0f}".format), ("p90 µs", "p90_us", "{:.0f}".format), ("p99 µs", "p99_us", "{:.0f}".format),
        ("p99.9 µs", "p999_us", "{:.0f}".format), ("max µs", "max_us", "{:.0f}".format),
        ("CPU µs/delivery", "cpu_us_per_delivery", "{:.1f}".format),
    ),
    "stall": TRAFFIC + (("stalled one cut off", lambda line: int(line["stalled_closed"]), "{:.0f}".format),
                        ("longest pause of all ms", "pause_max_ms", "{:.0f}".format)),
    "idle": (
        ("still open", "open", "{:.0f}".format), ("KB/connection", lambda line: line["rss_bytes_per_connection"] / 1024, "{:.1f}".format),
        ("CPU µs to open one", "open_cpu_us_per_connection", "{:.0f}".format),
        ("CPU while held", lambda line: 100 * line["hold_cpu_s"] / line["hold_s"], "{:.1f} %".format),
        ("resident MB", lambda line: line["rss_kb"] / 1024, "{:.0f}".format),
    ),
    "start": (
        ("ready after s", "start_wall_s", "{:.3f}".format), ("CPU s until ready", "start_cpu_s", "{:.2f}".format),
        ("CPU s in the 5 s after", "idle_cpu_s", "{:.2f}".format), ("resident MB", lambda line: line["rss_kb"] / 1024, "{:.0f}".format),
    ),
}
# What the ratio to the reference is taken of.
RATIO = {"throughput": "cpu_us_per_delivery", "stall": "cpu_us_per_delivery", "rtt": "p50_us",
         "idle": "rss_bytes_per_connection", "start": "start_wall_s"}
# Cells that differ in one thing: (first, second, key, its title, format, what first ÷ second should be).
PAIRS = (
    ("ws-1x1000", "zmq-1x1000", "cpu_us_per_delivery", "CPU µs/delivery", "{:.4f}".format, "Asked of databroker: at most 2."),
    ("stall-100", "clear-99", "delivered_per_s", "deliveries/s", "{:,.0f}".format, "Asked of databroker: 0.95 or more."),
    ("stall-100", "clear-99", "cpu_us_per_delivery", "CPU µs/delivery", "{:.4f}".format,
     "The same runs in the figure that hardly depends on other work on the machine."),
)


def short(line):
    head = f"round {line['round']} {line['cell']:<10} {line['broker']:<13}"
    if "error" in line:
        return f"{head} FAILED: {line['error']}"
    parts = [f"{title} {form(value(line, key))}" for title, key, form in COLUMNS[line["mode"]]]
    if line.get("lost"):
        parts.append(f"lost {line['lost']}")
    return f"{head} " + ", ".join(parts)


def value(line, key):
    return key(line) if callable(key) else line.get(key, 0)


def ratios(lines, reference, key):
    """Per round against the reference in the same round, so that the mood of the machine cancels out."""
    base = {line["round"]: line[key] for line in reference}
    return [line[key] / base[line["round"]] for line in lines if base.get(line["round"])]


def irregular(lines):
    """What must not happen, summed over the rounds; empty when all is well."""
    words = []
    for key in ("lost", "duplicated", "out_of_order", "disconnected", "errors", "window_timeouts"):
        total = sum(line.get(key, 0) for line in lines)
        if total:
            words.append(f"{key.replace('_', ' ')} {total}")
    return ", ".join(words) or "none"


def table(cell, lines):
    good = [line for line in lines if "error" not in line]
    if not good:
        return [f"### {cell}", "", "no result", ""]
    mode = good[0]["mode"]
    columns, key = COLUMNS[mode], RATIO[mode]
    by_broker = {}
    for line in good:
        by_broker.setdefault(line["broker"], []).append(line)
    reference = by_broker.get(REFERENCE, [])
    title = {"cpu_us_per_delivery": "CPU", "p50_us": "p50", "rss_bytes_per_connection": "memory", "start_wall_s": "time"}[key]
    heads = ["broker", *(c[0] for c in columns), f"{title} ÷ {REFERENCE}'s", "range", "irregular", "rounds"]
    rows = []
    for broker, own in by_broker.items():
        quotients = ratios(own, reference, key)
        span = f"{min(quotients):.2f}–{max(quotients):.2f}" if quotients else "–"
        middle = f"{statistics.median(quotients):.2f}" if quotients else "–"
        figures = [form(statistics.median(value(line, k) for line in own)) for _, k, form in columns]
        order = statistics.median(value(line, key) for line in own)
        rows.append((order, [broker, *figures, middle, span, irregular(own), str(len(own))]))
    return [f"### {cell}", "", *rows_of(heads, [cells for _, cells in sorted(rows, key=lambda row: row[0])]), ""]


def runs(lines, broker, cell):
    """Of one broker in one cell: round -> (place among all runs, line)."""
    return {line["round"]: (place, line) for place, line in enumerate(lines)
            if line["broker"] == broker and line["cell"] == cell and "error" not in line}


def memory(line):
    return f"{line['rss_begin_kb'] / 1024:.0f} → {line['rss_kb'] / 1024:.0f}"


def pair(lines, first, second, key, title, form, asked):
    """Two cells of the same broker, side by side: quotients within a round, and the rounds they are made of."""
    totals, raw = [], []
    for broker in dict.fromkeys(line["broker"] for line in lines):
        one, two = runs(lines, broker, first), runs(lines, broker, second)
        quotients = []
        for number in sorted(one.keys() & two.keys()):
            (place_a, a), (place_b, b) = one[number], two[number]
            quotients.append(a[key] / b[key])
            raw.append([broker, str(number), first if place_a < place_b else second, form(a[key]), form(b[key]),
                        f"{quotients[-1]:.3f}", f"{a['delivered']:,}", f"{b['delivered']:,}", memory(a), memory(b)])
        if quotients:
            both = one.keys() & two.keys()
            middle = [form(statistics.median(cell[n][1][key] for n in both)) for cell in (one, two)]
            totals.append([broker, *middle, f"**{statistics.median(quotients):.3f}**",
                           f"{min(quotients):.3f}–{max(quotients):.3f}", str(len(quotients))])
    if not totals:
        return []
    heads = ["broker", first, second, "median of quotients", "range", "rounds"]
    out = [f"### {first} ÷ {second}: {title}", "", asked, "", *rows_of(heads, totals), ""]
    heads = ["broker", "round", "ran first", first, second, "quotient", f"deliveries {first}", f"deliveries {second}",
             f"resident MB {first}", f"resident MB {second}"]
    return out + rows_of(heads, raw) + [""]


def rows_of(heads, rows):
    return ["| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows)]


def machine():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {model}, {memory:.0f} GB, Linux {platform.release()}, loopback"


def summary(lines, options, command, versions):
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    loads = [line["machine_load"] for line in lines]
    warm = f"; {options.warm_rounds} uncounted before" if options.warm_rounds else ""
    out = [f"# Load ladder: {options.name}", "", f"{when}; {machine()}; load average {min(loads)} to {max(loads)} (other work on the",
           "machine shows here: above 2 or 3 the rates say little, the CPU per delivery and the ratios still do).",
           f"{options.rounds} interleaved rounds of {options.seconds} s after {options.warmup} s{warm}; medians; ratios are medians of the ratios per round.",
           f"`{command}`", ""]
    out += [f"- {name}: {version}" for name, version in versions.items()] + [""]
    for cell in dict.fromkeys(line["cell"] for line in lines):
        out += table(cell, [line for line in lines if line["cell"] == cell])
    for one in PAIRS:
        out += pair(lines, *one)
    failed = [line for line in lines if "error" in line]
    if failed:
        out += ["### Failed", ""] + [f"- round {x['round']}, {x['cell']}, {x['broker']}: {x['error']}" for x in failed] + [""]
    return "\n".join(out)
