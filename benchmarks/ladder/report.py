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
    out = [f"### {cell}", "", "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    out += ["| " + " | ".join(cells) + " |" for _, cells in sorted(rows, key=lambda row: row[0])]
    return out + [""]


def machine():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {model}, {memory:.0f} GB, Linux {platform.release()}, loopback"


def summary(lines, options, versions):
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    loads = [line["machine_load"] for line in lines]
    out = [f"# Load ladder: {options.name}", "", f"{when}; {machine()}; load average {min(loads)} to {max(loads)} (other work on the",
           "machine shows here: above 2 or 3 the rates say little, the CPU per delivery and the ratios still do).",
           f"{options.rounds} interleaved rounds of {options.seconds} s after {options.warmup} s; medians; ratios are medians of the ratios per round.", ""]
    out += [f"- {name}: {version}" for name, version in versions.items()] + [""]
    for cell in dict.fromkeys(line["cell"] for line in lines):
        out += table(cell, [line for line in lines if line["cell"] == cell])
    failed = [line for line in lines if "error" in line]
    if failed:
        out += ["### Failed", ""] + [f"- round {x['round']}, {x['cell']}, {x['broker']}: {x['error']}" for x in failed] + [""]
    return "\n".join(out)
