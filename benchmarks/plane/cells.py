"""What is measured: each cell is one run of one contestant, and returns its figures."""

import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time

from ladder import brokers
from plane import clients, servers

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
SMALL_FILES = 1000
LARGE = 100_000_000
CONNECTIONS = 32
SCAN_SECONDS = 300
OLD = 3600  # seconds: a file that was changed so long ago is finished


class Bench:
    """The servers that run through all rounds, and the files they share."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.random = random.Random(1)
        settings = {"http.trusted-proxies": servers.PROXY, "http.accel-redirect": "/_files/", "files.size-max": "8GiB"}
        if options.accel_min is not None:
            settings["http.accel-redirect-min"] = options.accel_min
        self.broker = servers.FilesBroker(settings)
        self.contestants = {"databroker": self.broker}
        self.known = None
        self.sources = {}

    def start(self, wanted):
        """Starts who is wanted; the files are put into the broker's folder, which nginx then serves, too."""
        self.broker.start().wait_ready()
        token, files = self.broker.token(), self.broker.files_folder()
        with clients.Http(self.broker.port(), token) as http:
            for i in range(SMALL_FILES):
                http.put(f"/files/small/{i}", self.random.randbytes(1024))
            http.put("/files/large", self.random.randbytes(LARGE))
        trivial = servers.Nginx("decider", servers.TRIVIAL, token)
        internal = servers.internal_location(files)
        if wanted & {"nginx-asks", "nginx-told"}:
            self._add(trivial)
        broker_port = self.broker.port()
        for name, make in {
            "nginx": lambda: servers.Nginx("nginx", servers.STATIC, token, folder=files),
            "nginx+databroker": lambda: servers.Behind(
                "nginx+databroker", servers.PASSING, token, self.broker, upstream=broker_port, internal=internal),
            "nginx-asks": lambda: servers.Behind(
                "nginx-asks", servers.ASKING, token, trivial, upstream=trivial.port(), folder=files),
            "nginx-told": lambda: servers.Behind(
                "nginx-told", servers.PASSING, token, trivial, upstream=trivial.port(), internal=internal),
            "openssh": servers.Sshd,
        }.items():
            if name in wanted:
                self._add(make())
        self._check()

    def _add(self, server):
        self.contestants[server.name] = server
        server.start().wait_ready()

    def _check(self):
        """All say the same, and none says it to strangers; only then are they worth comparing."""
        reference = None
        for name, server in self.contestants.items():
            if name in ("decider", "openssh"):
                continue
            with clients.Http(server.port(), self.broker.token()) as http:
                body = http.get("/files/small/7", keep=True)
                reference = reference or body
                if body != reference or len(body) != 1024:
                    raise RuntimeError(f"{name} sends other bytes")
            with clients.Http(server.port(), "wrong") as http:
                try:
                    http.get("/files/small/7")
                except OSError as refused:
                    if " 401 " in str(refused) or " 403 " in str(refused):
                        continue
                raise RuntimeError(f"{name} sends files to whoever asks")

    def stop(self):
        for server in reversed(self.contestants.values()):
            server.stop()

    def body(self, size):
        if size not in self.sources:
            self.sources[size] = self.random.randbytes(size)
        return self.sources[size]

    def tree(self, count, per_folder):
        """A folder with many small files, made once."""
        root = os.path.join(self.folder, f"tree-{count}")
        if not os.path.isdir(root):
            for i in range(count):
                folder = os.path.join(root, f"d{i // per_folder:04d}")
                if i % per_folder == 0:
                    os.makedirs(folder)
                path = os.path.join(folder, f"f{i}")
                with open(path, "wb") as f:
                    f.write(b"%d " % i + self.random.randbytes(self.random.randint(100, 4000)))
                age(path)
        return root


def age(path):
    then = time.time() - OLD
    os.utime(path, (then, then))


def measured(server, work):
    """Runs it; seconds and CPU seconds of the server meanwhile."""
    cpu, begin = servers.cpu_seconds(server), time.monotonic()
    result = work()
    return result, time.monotonic() - begin, servers.cpu_seconds(server) - cpu


def own_cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def get_small(bench, server):
    seconds = max(1, round(bench.options.seconds))
    clients.wrk(server.port(), bench.broker.token(), "/files/small/", SMALL_FILES, 1, CONNECTIONS)
    got, _, cpu = measured(server, lambda: clients.wrk(
        server.port(), bench.broker.token(), "/files/small/", SMALL_FILES, seconds, CONNECTIONS))
    if got["bad"]:
        return {"error": f"{got['bad']} of {got['requests']} answers were bad"}
    return {"per_s": got["requests"] / got["us"] * 1e6, "p50_us": got["p50_us"], "p99_us": got["p99_us"],
            "cpu_us": cpu / got["requests"] * 1e6}


def get_large(bench, server):
    times = max(2, round(bench.options.seconds * 5))
    with clients.Http(server.port(), bench.broker.token()) as http:
        http.get("/files/large")
        _, wall, cpu = measured(server, lambda: [http.get("/files/large") for _ in range(times)])
    return {"mb_per_s": LARGE * times / wall / 1e6, "cpu_ms": cpu / times * 1e3}


def put_place(bench, server):
    """The address below which this server stores, and the folder that it is."""
    if server.name == "nginx":
        return "/put/", server.own()
    return "/files/", bench.broker.files_folder()


def put_large(bench, server):
    """nginx forces nothing: here its client does, and that counts as its time and CPU."""
    times, body = max(2, round(bench.options.seconds)), bench.body(LARGE)
    address, folder = put_place(bench, server)
    path = os.path.join(folder, "up", "x")
    wall = cpu = forced = 0.0
    with clients.Http(server.port(), bench.broker.token()) as http:
        for _ in range(times):
            os.sync()
            _, taken, used = measured(server, lambda: http.put(address + "up/x", body))
            if server.name == "nginx":
                begin, before = time.monotonic(), own_cpu()
                clients.force(path)
                forced += time.monotonic() - begin
                used, taken = used + own_cpu() - before, taken + time.monotonic() - begin
            wall, cpu = wall + taken, cpu + used
            if os.path.getsize(path) != LARGE:
                return {"error": "the file is not what was sent"}
            http.delete(address + "up/x")
    return {"mb_per_s": LARGE * times / wall / 1e6, "cpu_ms": cpu / times * 1e3, "fsync_ms": forced / times * 1e3}


def put_small(connections):
    """What was put stays until the end: ext4 searches long for an inode when many were freed a moment ago."""
    def run(bench, server):
        count, body = round(bench.options.seconds * 200 * (1 if connections == 1 else 3)), bench.body(1024)
        address, folder = put_place(bench, server)
        name = f"tiny-{bench.random.getrandbits(32):08x}"
        os.makedirs(os.path.join(folder, name))
        os.sync()
        own = own_cpu()
        wall, _, cpu = measured(server, lambda: clients.put_many(
            server.port(), bench.broker.token(), f"{address}{name}/", body, count, connections,
            os.path.join(folder, name) if server.name == "nginx" else None))
        return {"per_s": count / wall, "cpu_us": cpu / count * 1e6, "client_cpu_us": (own_cpu() - own) / count * 1e6}
    return run


def rsync(again):
    def run(bench, server):
        source = bench.tree(bench.options.rsync_files, 100)
        ssh = clients.Ssh(server, bench.folder)
        root = os.path.join(bench.folder, "plain")
        os.makedirs(root, exist_ok=True)
        target = f"tree-{bench.random.getrandbits(32):08x}"
        os.sync()
        if again:
            ssh.rsync(source, target, root)
            os.sync()
        _, wall, cpu = measured(server, lambda: ssh.rsync(source, target, root))
        begin = time.monotonic()
        os.sync()
        figures = {"seconds": wall, "cpu_s": cpu, "sync_s": time.monotonic() - begin}
        if ssh.is_broker:
            with clients.Http(server.port(), server.token()) as http:
                http.delete(f"/files/{target}?recursive=true")
        else:
            shutil.rmtree(os.path.join(root, target))
        return figures
    return run


def sftp(up):
    def run(bench, server):
        size = bench.options.sftp_mib * MIB
        ssh = clients.Ssh(server, bench.folder)
        source, there = os.path.join(bench.folder, "sftp-source"), "sftp-file"
        if not os.path.exists(source):
            with open(source, "wb") as f:
                for _ in range(bench.options.sftp_mib):
                    f.write(bench.random.randbytes(MIB))
        remote = there if ssh.is_broker else os.path.join(bench.folder, there)
        if not up:
            ssh.sftp(f"put {source} {remote}\n")
        os.sync()
        words = f"put {source} {remote}\n" if up else f"get {remote} /dev/null\n"
        _, wall, cpu = measured(server, lambda: ssh.sftp(words))
        return {"mb_per_s": size / wall / 1e6, "cpu_ms": cpu * 1e8 / size * 1e3}
    return run


class KnownFiles:
    """Many files in many folders, and the data folder of a broker that knows them."""

    def __init__(self, bench):
        self.root = bench.tree(bench.options.watched, 100)
        self.data = os.path.join(bench.folder, "known-data")
        self.first_seconds = None

    def broker(self):
        return servers.FilesBroker({"files.folder": self.root}, data=self.data)

    def first_start(self, count):
        broker = self.broker()
        begin = time.monotonic()
        with servers.running(broker):
            wait_for(lambda: (broker.metric("databroker_file_changes_total") or 0) >= count)
        self.first_seconds = time.monotonic() - begin


def wait_for(condition, limit=SCAN_SECONDS):
    """Asks twenty times a second: asking more often would be work of the broker that is measured."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited {limit} s in vain")
        time.sleep(0.05)


def resting(broker, seconds):
    """Memory once it is quiet: resident, then, after a collection, what is alive."""
    time.sleep(seconds)
    return brokers.rss_kb(broker.pid()), broker.heap_used_kb(collect=True)


def watch(bench, _):
    options = bench.options
    if bench.known is None:
        bench.known = KnownFiles(bench)
        bench.known.first_start(options.watched)
    empty = servers.FilesBroker()
    with servers.running(empty):
        empty_rss, empty_heap = resting(empty, options.rest)
    # Changed while nobody watched, same size or not: when it is told, everything was looked at.
    changed = os.path.join(bench.known.root, "d0000", "f0")
    with open(changed, "w", encoding="utf-8") as f:
        f.write(f"changed at {time.monotonic_ns()}")
    age(changed)
    broker = bench.known.broker()
    begin = time.monotonic()
    with servers.running(broker):
        ready, cpu = time.monotonic() - begin, servers.cpu_seconds(broker)
        wait_for(lambda: (broker.metric("databroker_file_changes_total") or 0) >= 1)
        scanned, scan_cpu = time.monotonic() - begin, servers.cpu_seconds(broker)
        rss, heap = resting(broker, options.rest)
        events = clients.Events(broker)
        foreign_writes(bench, events, options.writes // 5)
        before = servers.cpu_seconds(broker)
        millis, lost = foreign_writes(bench, events, options.writes)
        used = servers.cpu_seconds(broker) - before
        events.close()
    ranks = statistics.quantiles(millis, n=1000, method="inclusive") if len(millis) > 1 else [0] * 999
    return {"ready_s": ready, "scanned_s": scanned, "ready_cpu_s": cpu, "scanned_cpu_s": scan_cpu,
            "first_scan_s": bench.known.first_seconds, "rss_more_mib": (rss - empty_rss) / 1024, "rss_mib": rss / 1024,
            "heap_more_mib": (heap - empty_heap) / 1024, "p50_ms": ranks[499], "p99_ms": ranks[989],
            "max_ms": max(millis, default=0), "lost": lost, "cpu_ms": used * 1e3 / max(1, len(millis))}


def foreign_writes(bench, events, count):
    """Milliseconds from close() to the arrival of the event, and how many events never came."""
    word = f"w{bench.random.getrandbits(32):08x}"
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "writer.py"), bench.known.root, str(count), "100", word],
        stdout=subprocess.PIPE, text=True, check=True)
    closed = dict(line.split() for line in done.stdout.splitlines())
    end = time.monotonic() + 10
    while time.monotonic() < end and not all(path in events.arrived for path in closed):
        time.sleep(0.05)
    millis = [(events.arrived[path] - int(at)) / 1e6 for path, at in closed.items() if path in events.arrived]
    for path in closed:
        os.remove(os.path.join(bench.known.root, path))
    return millis, len(closed) - len(millis)


class HeapWatch:
    """Looks at the heap while something runs: used every half second, alive once in the middle."""

    def __init__(self, broker, middle):
        self.broker, self.middle = broker, middle
        self.used, self.alive, self.rss = 0, 0, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self.begin = time.monotonic()
        self.thread.start()
        return self

    def _look(self):
        while not self.over.wait(0.5):
            self.used = max(self.used, (self.broker.metric("databroker_heap_used_bytes") or 0) / MIB)
            self.rss = max(self.rss, brokers.rss_kb(self.broker.pid()) / 1024)
            if not self.alive and time.monotonic() - self.begin > self.middle:
                self.alive = self.broker.heap_used_kb(collect=True) / 1024

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(120)


def big(bench, _):
    """A file much larger than the heap, up and down, on a fresh broker."""
    piece = bench.body(64 * MIB)
    times = bench.options.big_gib * 1024 // 64
    broker = servers.FilesBroker({"files.size-max": "8GiB"}, heap=f"{bench.options.heap_mib}m")
    figures = {"gib": bench.options.big_gib, "heap_limit_mib": bench.options.heap_mib}
    with servers.running(broker):
        before = broker.heap_used_kb(collect=True) / 1024
        rss = brokers.rss_kb(broker.pid()) / 1024
        with clients.Http(broker.port(), broker.token()) as http:
            for way, work in (("up", lambda: http.put("/files/big", piece, times)), ("down", lambda: http.get("/files/big"))):
                with HeapWatch(broker, middle=0.5) as heap:
                    _, wall, cpu = measured(broker, work)
                after = broker.heap_used_kb(collect=True) / 1024
                figures |= {f"{way}_mb_per_s": len(piece) * times / wall / 1e6, f"{way}_cpu_s": cpu,
                            f"{way}_heap_more_mib": max(heap.alive, after) - before, f"{way}_heap_peak_mib": heap.used,
                            f"{way}_rss_more_mib": heap.rss - rss}
        if os.path.getsize(os.path.join(broker.files_folder(), "big")) != len(piece) * times:
            return {"error": "the file is not what was sent"}
    return figures


FRONTS = ("nginx+databroker", "nginx-asks", "nginx-told")
# Name -> (who takes part, run). The first is whom the others are compared with.
CELLS = {
    "get-1k": (("nginx", "databroker", *FRONTS), get_small),
    "get-100m": (("nginx", "databroker", "nginx+databroker"), get_large),
    "put-100m": (("nginx", "databroker"), put_large),
    "put-1k-1": (("nginx", "databroker"), put_small(1)),
    "put-1k-16": (("nginx", "databroker"), put_small(16)),
    "rsync-first": (("openssh", "databroker"), rsync(again=False)),
    "rsync-again": (("openssh", "databroker"), rsync(again=True)),
    "sftp-put": (("openssh", "databroker"), sftp(up=True)),
    "sftp-get": (("openssh", "databroker"), sftp(up=False)),
    "watch": (("databroker",), watch),
    "big": (("databroker",), big),
}
SSH = ("rsync-first", "rsync-again", "sftp-put", "sftp-get")
