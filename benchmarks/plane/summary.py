"""From raw lines to medians, ratios within a round, and what was asked."""

import datetime
import statistics

from ladder import report

N0, N1, N2 = "{:,.0f}".format, "{:,.1f}".format, "{:,.2f}".format
RATE = (("requests/s", "per_s", N0),)
CPU = (("server CPU µs/request", "cpu_us", N0),)
BYTES = (("MB/s", "mb_per_s", N0), ("server CPU ms/100 MB", "cpu_ms", N1))
TIME = (("s", "seconds", N2), ("server CPU s", "cpu_s", N2), ("sync afterwards s", "sync_s", N2))
COLUMNS = {
    "get-1k": RATE + CPU + (("p50 µs", "p50_us", N0), ("p99 µs", "p99_us", N0)),
    "get-100m": BYTES,
    "put-100m": BYTES + (("fsync by its client ms", "fsync_ms", N0),),
    "put-1k-1": RATE + CPU + (("client CPU µs", "client_cpu_us", N0),),
    "put-1k-16": RATE + CPU + (("client CPU µs", "client_cpu_us", N0),),
    "rsync-first": TIME,
    "rsync-again": TIME,
    "sftp-put": BYTES,
    "sftp-get": BYTES,
    "watch": (
        ("p50 ms", "p50_ms", N1), ("p99 ms", "p99_ms", N1), ("max ms", "max_ms", N1), ("never told", "lost", N0),
        ("CPU ms/file", "cpu_ms", N2), ("ready s", "ready_s", N2), ("CPU s until ready", "ready_cpu_s", N2),
        ("all compared s", "scanned_s", N2), ("CPU s until then", "scanned_cpu_s", N2),
        ("resident MiB", "rss_mib", N0), ("more than empty MiB", "rss_more_mib", N0), ("heap alive, more than empty MiB", "heap_more_mib", N1),
        ("very first start: all known s", "first_scan_s", N1)),
    "big": (
        ("GiB", "gib", N0), ("heap limit MiB", "heap_limit_mib", N0), ("up MB/s", "up_mb_per_s", N0), ("down MB/s", "down_mb_per_s", N0),
        ("up CPU s", "up_cpu_s", N1), ("down CPU s", "down_cpu_s", N1),
        ("up: heap alive grew MiB", "up_heap_more_mib", N1), ("down: heap alive grew MiB", "down_heap_more_mib", N1),
        ("up: heap peak MiB", "up_heap_peak_mib", N0), ("down: heap peak MiB", "down_heap_peak_mib", N0),
        ("up: resident grew MiB", "up_rss_more_mib", N0), ("down: resident grew MiB", "down_rss_more_mib", N0)),
}
# (cell, figure, what it is, of whom, compared with whom or nobody, direction, bound; no bound: for information)
ASKED = (
    ("get-1k", "per_s", "requests/s", "databroker", "nginx", ">=", 0.7),
    ("get-1k", "p99_us", "p99", "databroker", "nginx", "<=", 1.5),
    # nginx that asks anybody about each file is slower than one that asks nobody: the peer is one that is told by itself.
    ("get-1k", "per_s", "requests/s", "nginx+databroker", "nginx-told", ">=", 0.95),
    ("get-1k", "per_s", "requests/s", "nginx+databroker", "nginx", ">=", None),
    ("get-1k", "per_s", "requests/s", "nginx+databroker", "nginx-asks", ">=", None),
    ("get-1k", "per_s", "requests/s", "nginx-told", "nginx", ">=", None),
    ("get-1k", "per_s", "requests/s", "nginx-asks", "nginx", ">=", None),
    ("get-1k", "cpu_us", "CPU", "databroker", "nginx", "<=", None),
    ("get-1k", "cpu_us", "CPU", "nginx+databroker", "nginx-told", "<=", None),
    ("get-100m", "mb_per_s", "MB/s", "databroker", "nginx", ">=", 1.0),
    ("get-100m", "cpu_ms", "CPU", "databroker", "nginx", "<=", None),
    ("get-100m", "mb_per_s", "MB/s", "nginx+databroker", "nginx", ">=", None),
    ("put-100m", "mb_per_s", "MB/s", "databroker", "nginx", ">=", 0.9),
    ("put-100m", "cpu_ms", "CPU", "databroker", "nginx", "<=", None),
    ("put-1k-1", "per_s", "requests/s", "databroker", "nginx", ">=", None),
    ("put-1k-16", "per_s", "requests/s", "databroker", "nginx", ">=", None),
    ("rsync-first", "seconds", "time", "databroker", "openssh", "<=", 1.2),
    ("rsync-again", "seconds", "time", "databroker", "openssh", "<=", 1.2),
    ("sftp-put", "mb_per_s", "MB/s", "databroker", "openssh", ">=", 0.8),
    ("sftp-get", "mb_per_s", "MB/s", "databroker", "openssh", ">=", 0.8),
    ("watch", "p50_ms", "close() to event, p50 ms", "databroker", None, "<=", 20),
    ("watch", "p99_ms", "close() to event, p99 ms", "databroker", None, "<=", 100),
    ("watch", "lost", "never told", "databroker", None, "<=", 0),
    ("watch", "ready_s", "second start: ready, s", "databroker", None, "<=", 3),
    ("watch", "scanned_s", "second start: all compared, s", "databroker", None, "<=", 3),
    ("watch", "rss_more_mib", "resident, more than empty, MiB", "databroker", None, "<=", 100),
    ("big", "up_heap_more_mib", "heap alive grew, up, MiB", "databroker", None, "<=", 64),
    ("big", "down_heap_more_mib", "heap alive grew, down, MiB", "databroker", None, "<=", 64),
)


def short(line):
    head = f"round {line['round']} {line['cell']:<11} {line['server']:<16}"
    if "error" in line:
        return f"{head} FAILED: {line['error']}"
    return f"{head} " + ", ".join(f"{title} {form(line[key])}" for title, key, form in COLUMNS[line["cell"]] if key in line)


def good(lines, cell, server):
    return {x["round"]: x for x in lines if x["cell"] == cell and x["server"] == server and "error" not in x}


def verdict(lines, asked):
    """One row: the figure, or the median of the quotients of each round; None where nothing was measured."""
    cell, key, title, server, reference, direction, bound = asked
    own = good(lines, cell, server)
    if reference is None:
        values, what = [x[key] for x in own.values()], server
    else:
        base = good(lines, cell, reference)
        values = [own[n][key] / base[n][key] for n in sorted(own.keys() & base.keys()) if base[n][key]]
        what = f"{server} ÷ {reference}"
    if not values:
        return None
    middle = statistics.median(values)
    met = "–" if bound is None else "yes" if (middle >= bound if direction == ">=" else middle <= bound) else "**no**"
    wanted = "–" if bound is None else f"{'≥' if direction == '>=' else '≤'} {bound}"
    return [cell, title, what, f"{middle:.2f}", f"{min(values):.2f}–{max(values):.2f}", wanted, met, str(len(values))]


def table(lines, cell):
    rows = []
    for server in dict.fromkeys(x["server"] for x in lines if x["cell"] == cell):
        own = list(good(lines, cell, server).values())
        if own:
            rows.append([server, *(form(statistics.median(x[key] for x in own)) for _, key, form in COLUMNS[cell]), str(len(own))])
    if not rows:
        return [f"### {cell}", "", "no result", ""]
    heads = ["", *(title for title, _, _ in COLUMNS[cell]), "rounds"]
    if len(rows) == 1 and len(heads) > 8:
        # One contestant with many figures reads better downwards.
        return [f"### {cell}", "", *report.rows_of(["figure", rows[0][0]], [list(x) for x in zip(heads[1:], rows[0][1:])]), ""]
    return [f"### {cell}", "", *report.rows_of(heads, rows), ""]


def text(lines, options, command, versions, notes):
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    loads = [x["machine_load"] for x in lines]
    out = [f"# Files plane: {options.name}", "", f"{when}; {report.machine()}; load average {min(loads)} to {max(loads)}.",
           f"{options.rounds} interleaved rounds; medians; ratios are medians of the quotients within a round.", f"`{command}`", ""]
    out += [f"- {name}: {version}" for name, version in versions.items()] + [f"- {note}" for note in notes] + [""]
    rows = [row for row in (verdict(lines, x) for x in ASKED) if row]
    out += ["## What was asked", "", *report.rows_of(["cell", "figure", "of", "median", "range", "asked", "met", "rounds"], rows), "",
            "## Figures", ""]
    for cell in dict.fromkeys(x["cell"] for x in lines):
        out += table(lines, cell)
    failed = [x for x in lines if "error" in x]
    if failed:
        out += ["### Failed", ""] + [f"- round {x['round']}, {x['cell']}, {x['server']}: {x['error']}" for x in failed] + [""]
    return "\n".join(out)
