"""What is measured of the streams plane, always of a whole broker from outside."""

import contextlib
import datetime
import json
import os
import re
import signal
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from flow import questions, records
from ladder import brokers

PATIENCE = 1200
HOURS = 230  # of events that the cell search asks: a little less than the ten days that are kept
GROUPS = (  # name of a thread -> stage; the first that matches
    ("jit", r"C[12] Compiler"), ("gc", r"VM Thread|GC|Serial"), ("read", r"inbox-"),
    ("kafka", r"data-plane|kafka|Kafka|controller|raft|broker|group-|transaction|log-|ExpirationReap|Source Data Fet"),
    ("hot", r"hot-|Lucene"), ("job", r"->|raw|once|parse|cold|Source:|gather|commit"), ("flink", r"flink|pekko|jobmanager"))


class StreamsBroker(brokers.Databroker):
    def __init__(self, options, data=None):
        super().__init__()
        self.options, self.data = options, data

    def command(self):
        if self.data:
            # It outlasts this life, and what it says of the one before is not true any more.
            os.makedirs(self.data, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                os.remove(os.path.join(self.data, "context.json"))
            os.symlink(self.data, os.path.join(self.folder, "data"))
        return super().command()

    def environment(self):
        more = dict(pair.split("=", 1) for pair in self.options.option)
        return {**super().environment(), "DATABROKER_STREAMS_ENABLED": "true", "DATABROKER_SSH_PORT": "0",
                "DATABROKER_HEAP": self.options.heap, "DATABROKER_DATA": os.path.join(self.folder, "data"), **more}

    def request(self, method, path, body=None):
        request = urllib.request.Request(self.context["url"] + path, data=body, method=method,
                                         headers={"Authorization": "Bearer " + self.context["token"]})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.read()

    def status(self, stream="github"):
        return json.loads(self.request("GET", f"/streams/{stream}/status"))

    def put(self, path, file):
        with open(file, "rb") as f:
            self.request("PUT", "/files/" + path, f.read())

    def await_running(self):
        wait(lambda: self.status()["phase"] == "running")

    def threads(self):
        """CPU seconds by thread, with its name."""
        found = {}
        base = f"/proc/{self.pid()}/task"
        for tid in os.listdir(base):
            with contextlib.suppress(OSError):
                with open(f"{base}/{tid}/stat", encoding="utf-8", errors="replace") as f:
                    line = f.read()
                name = line[line.index("(") + 1:line.rindex(")")]
                fields = line[line.rindex(")") + 2:].split()
                found[tid] = (name, (int(fields[11]) + int(fields[12])) / brokers.TICK)
        return found


def wait(condition, patience=PATIENCE, pause=0.1):
    end = time.monotonic() + patience
    while True:
        with contextlib.suppress(urllib.error.URLError, KeyError):
            if condition():
                return
        if time.monotonic() > end:
            raise RuntimeError(f"waited {patience} s in vain")
        time.sleep(pause)


@contextlib.contextmanager
def running(options):
    broker = StreamsBroker(options)
    try:
        broker.start().wait_ready()
        broker.await_running()
        yield broker
    finally:
        broker.stop()


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def load(broker, options, folder, count, name, threads=None):
    """Puts `count` records into the inbox as files, and returns when all are found and in the table.

    `threads` learns of each thread meanwhile: some end before the load does."""
    before = broker.status()["hot"]
    files, left = [], count
    while left:
        some = min(left, 50_000)
        path = os.path.join(folder, f"{name}-{len(files)}.json.gz")
        options.source.write(path, some, now())
        files.append(path)
        left -= some
    begin = time.monotonic()
    for path in files:
        broker.put("inbox/github/" + os.path.basename(path), path)
        os.remove(path)
    times = {}

    def reached():
        status = broker.status()
        if threads is not None:
            threads.update(broker.threads())
        for key in ("collected", "hot", "cold"):
            if status[key] >= before + count:
                times.setdefault(key, time.monotonic() - begin)
        return len(times) == 3

    wait(reached, pause=1)  # what a status takes counts as the pipeline's
    return times


def pipeline(options, folder):
    with running(options) as broker:
        load(broker, options, folder, options.records // 3, "warm")
        before, cpu = broker.threads(), brokers.tree_cpu_seconds(broker.pid())
        after = {}
        times = load(broker, options, folder, options.records, "load", after)
        result = {
            "records_per_s": round(options.records / max(times["hot"], times["collected"])),
            "records_per_s_cold": round(options.records / times["cold"]),
            "raw_records_per_s": round(options.records / times["collected"]),
            "cpu_us_per_record": round((brokers.tree_cpu_seconds(broker.pid()) - cpu) * 1e6 / options.records, 1),
            "rss_mib": round(brokers.rss_kb(broker.pid()) / 1024),
        }
        stages = {}
        for tid, (name, used) in after.items():
            more = used - before.get(tid, (name, 0))[1]
            stage = next((stage for stage, pattern in GROUPS if re.search(pattern, name)), "other")
            stages[stage] = stages.get(stage, 0) + more
        for stage, used in sorted(stages.items()):
            result[f"cpu_us_{stage}"] = round(used * 1e6 / options.records, 1)
        return result


def floor(options, folder):
    """The same records through Kafka, a plain consumer, Lucene and Delta: `peers/StreamFloor.java`."""
    passes = []
    for name, count in (("warm", options.records // 3), ("load", options.records)):
        into = os.path.join(folder, name)
        os.makedirs(into)
        for number, begin in enumerate(range(0, count, records.LINES_PER_FILE)):
            options.source.write(os.path.join(into, f"{number:03}.json.gz"), min(records.LINES_PER_FILE, count - begin), now())
        passes += [into, str(count)]
    return peer("StreamFloor", options, folder, [os.path.join(folder, "data"), *passes])


def peer(name, options, folder, arguments):
    """What a program of `peers` says last, in a JVM as the broker has it."""
    java_home = subprocess.run([brokers.Databroker().program(), "--print-java-home"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    programs = os.path.join(os.path.dirname(brokers.Databroker().program()), "cli", "target", "program")
    newest = max((os.path.join(programs, each) for each in os.listdir(programs)), key=os.path.getmtime)
    classes, path = os.path.join(folder, "classes"), f"{newest}/*:{newest}/streams/*"
    source = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers", name + ".java")
    subprocess.run([os.path.join(java_home, "bin", "javac"), "-nowarn", "-d", classes, "-cp", path, source], check=True)
    quiet = os.path.join(folder, "logback.xml")
    with open(quiet, "w", encoding="utf-8") as out:
        out.write('<configuration><root level="OFF"/></configuration>')
    said = subprocess.run(
        [os.path.join(java_home, "bin", "java"), "-XX:+UseSerialGC", "-Xms64m", f"-Xmx{options.heap}", "-XX:MaxDirectMemorySize=1g",
         "--enable-native-access=ALL-UNNAMED", "-Dlogback.configurationFile=" + quiet, "-cp", classes + os.pathsep + path, "com.databroker.streams." + name,
         *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True, timeout=PATIENCE).stdout
    return json.loads(said.splitlines()[-1])


def fresh(options, folder):
    """From the answer to a PUT until a search finds the last record of it."""
    with running(options) as broker:
        load(broker, options, folder, 50_000, "warm")
        each = max(1, options.rate // 5)
        puts, millis = [], []

        def ask():
            while puts or not over.is_set():
                if not puts:
                    time.sleep(0.002)
                    continue
                at, wanted = puts[0]
                query = urllib.parse.urlencode({"q": f"event_id:{wanted}", "limit": 1, "from": "1h"})
                wait(lambda: json.loads(broker.request("GET", f"/streams/github?{query}"))["records"], 60, 0.005)
                millis.append((time.monotonic() - at) * 1000)
                puts.pop(0)

        over = threading.Event()
        asker = threading.Thread(target=ask)
        asker.start()
        begin = time.monotonic()
        for n in range(options.seconds * 5):
            path = os.path.join(folder, f"f{n}.json.gz")
            options.source.write(path, each, now())
            pause = begin + n / 5 - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            broker.put(f"inbox/github/f{n}.json.gz", path)
            puts.append((time.monotonic(), 40_000_000_000 + options.source.given))
            os.remove(path)
        over.set()
        asker.join()
        if len(millis) < options.seconds * 5:
            raise RuntimeError(f"of {options.seconds * 5} files only {len(millis)} were found")
        return {"rate_per_s": each * 5, "p50_ms": statistics.median(millis), "p99_ms": quantile(millis, 0.99),
                "max_ms": max(millis), "files": len(millis)}


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(len(values) * q))]


def recorded(options, folder):
    """A folder of events to fill stores with."""
    if os.path.isdir(options.events):
        return options.events
    made = os.path.join(folder, "made")
    os.makedirs(made)
    options.source.write(os.path.join(made, "0.json.gz"), 500, now())
    return made


@contextlib.contextmanager
def holding(options, held):
    """A broker that has found what its stores were filled with."""
    broker = StreamsBroker(options, held)
    try:
        broker.start().wait_ready()
        broker.await_running()
        wait(lambda: broker.status()["hot"] > 0)
        yield broker
    finally:
        broker.stop()


def search(options, folder):
    """Questions to a hot store that has ten days of events, made by its own writer beforehand (`peers/StoresLoad.java`)."""
    held = options.index or os.path.join(folder, "held")
    hot = os.path.join(held, "streams", "hot")
    if not os.path.isdir(hot):
        os.makedirs(hot)
        peer("StoresLoad", options, folder, [hot, recorded(options, folder), str(options.held), str(HOURS)])
    with holding(options, held) as broker:
        asked = questions.ask(broker, options.source, options.questions, HOURS)
        status = broker.status()
        return {"records": status["hot"], "hot_gib": round(status["hotBytes"] / (1 << 30), 2), **asked}


def merged(options, folder):
    """Questions over thirty of forty days, of which the last ten are hot as well, by the same writer."""
    held = os.path.join(folder, "held")
    streams = os.path.join(held, "streams")
    hot = os.path.join(streams, "hot")
    os.makedirs(hot)
    made = peer("StoresLoad", options, folder, [hot, recorded(options, folder), str(options.past), str(questions.DAYS * 24), os.path.join(streams, "cold", "github")])
    with holding(options, held) as broker:
        return {"records": options.past, "records_hot": broker.status()["hot"], **questions.ask_past(broker, options.source, options.questions // 10, made)}


def start(options, folder):
    """From the command until the first record is found: what a newcomer waits for, and what it takes."""
    path = os.path.join(folder, "one.json.gz")
    options.source.write(path, 1, now())
    broker = StreamsBroker(options)
    begin = time.monotonic()
    try:
        broker.start().wait_ready()
        ready = time.monotonic() - begin
        broker.put("inbox/github/one.json.gz", path)
        wait(lambda: json.loads(broker.request("GET", "/streams/github?limit=1"))["records"], pause=0.05)
        found, cpu = time.monotonic() - begin, brokers.tree_cpu_seconds(broker.process.pid)
        time.sleep(60)
        return {"ready_s": ready, "found_s": found, "cpu_s_until_found": cpu,
                "rss_idle_mib": round(brokers.rss_kb(broker.pid()) / 1024),
                "cpu_s_per_idle_minute": brokers.tree_cpu_seconds(broker.process.pid) - cpu}
    finally:
        broker.stop()


def again(options, folder):
    """The same for somebody who has been here before: after a stop, and after a kill."""
    figures = {}
    for life, before in enumerate(("nothing", "a_stop", "a_kill")):
        path = os.path.join(folder, f"{life}.json.gz")
        options.source.write(path, 1, now())
        broker = StreamsBroker(options, os.path.join(folder, "data"))
        begin = time.monotonic()
        try:
            broker.start().wait_ready()
            broker.put(f"inbox/github/{life}.json.gz", path)
            wait(lambda: len(json.loads(broker.request("GET", "/streams/github?limit=9"))["records"]) > life, pause=0.05)
            figures[f"found_s_after_{before}"] = time.monotonic() - begin
            figures[f"cpu_s_after_{before}"] = brokers.tree_cpu_seconds(broker.process.pid)
            if before == "a_stop":
                os.killpg(broker.process.pid, signal.SIGKILL)
        finally:
            broker.stop()
    return figures


def room(options, folder):
    """What so many records take on the disk, part by part, when all of them are safe."""
    parts = {"inbox": "files/inbox", "kafka": "streams/kafka/logs", "hot": "streams/hot", "cold": "streams/cold"}

    def bytes_of(broker):
        return {name: sum(os.path.getsize(os.path.join(at, file)) for at, _, files in os.walk(os.path.join(broker.folder, "data", path))
                          for file in files if not file.endswith("index")) for name, path in parts.items()}

    with running(options) as broker:
        before = bytes_of(broker)
        load(broker, options, folder, options.records, "room")
        after = bytes_of(broker)
        return {f"bytes_a_record_{name}": round((after[name] - before[name]) / options.records, 1) for name in parts}


CELLS = {"pipeline": pipeline, "floor": floor, "room": room, "fresh": fresh, "search": search, "merged": merged, "start": start, "again": again}
