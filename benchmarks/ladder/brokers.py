"""The brokers of the ladder: how each is started on loopback, asked whether it is ready, and loaded."""

import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.path.join(HERE, "target")
START_SECONDS = 180  # the first start of databroker may build it
STOP_SECONDS = 15
JEROMQ = "org.zeromq:jeromq:0.6.0"
LAUNCHER = "DATABROKER_LAUNCHER"
TICK = os.sysconf("SC_CLK_TCK")


def free_ports(count):
    """Ports nobody listens on now. All are held at once, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def listening(port):
    with socket.socket() as s:
        s.settimeout(0.2)
        return s.connect_ex(("127.0.0.1", port)) == 0


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return lines[0] if lines else "unknown"


def _child():
    """Before exec: as many files as allowed, and the end when the runner ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _stat(pid):
    """Parent and CPU seconds (own and of children waited for) of a process."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
        fields = f.read().rpartition(")")[2].split()
    return int(fields[1]), sum(int(x) for x in fields[11:15]) / TICK


def tree_cpu_seconds(pid):
    """CPU of a process and all below it: a launcher script counts as part of the start."""
    parents, cpu = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(name)], cpu[int(name)] = _stat(name)
        except (OSError, IndexError, ValueError):
            continue
    total = 0.0
    for one in cpu:
        above = one
        while above and above != pid:
            above = parents.get(above, 0)
        total += cpu[one] if above == pid else 0.0
    return total


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return next((int(line.split()[1]) for line in f if line.startswith("VmRSS")), -1)


class Broker:
    """One broker process. Subclasses say the command, the ports and the arguments of the load generator."""

    name = "?"
    ports_needed = 1
    websocket = False  # has WebSocket subscribers: takes part in ws and idle

    def __init__(self):
        self.process = None
        self.ports = []
        self.folder = None

    def available(self):
        """None, or why this broker cannot take part."""
        return None if shutil.which(self.command_name()) else f"{self.command_name()} is not installed"

    def command_name(self):
        return self.name

    def version(self):
        return first_line(self.command_name(), "--version")

    def start(self):
        self.folder = tempfile.mkdtemp(prefix=f"ladder-{self.name}-")
        self.ports = free_ports(self.ports_needed)
        command = self.command()
        # Ours and not the broker's, which refuses to start with a variable of its prefix that it does not know.
        inherited = {name: value for name, value in os.environ.items() if name != LAUNCHER}
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            command, cwd=self.working_folder(), env={**inherited, **self.environment()}, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_child)
        return self

    def wait_ready(self, limit=START_SECONDS):
        end = time.monotonic() + limit
        while not self.ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: {self.last_words()}")
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name} is not ready after {limit} s: {self.last_words()}")
            time.sleep(0.002)
        return self

    def ready(self):
        return all(listening(port) for port in self.ports)

    def last_words(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as f:
            return f.read()[-500:].strip()

    def stop(self):
        """Ends the process group that start() made: asked first, then killed."""
        if not self.process:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                break
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self.log.close()
        self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def pid(self):
        return self.process.pid

    def working_folder(self):
        return self.folder

    def environment(self):
        return {}

    def command(self):
        raise NotImplementedError

    def load(self, ws):
        """Arguments for the load generator; ws: subscribers by WebSocket."""
        raise NotImplementedError

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path


class Nats(Broker):
    name = "nats-server"
    ports_needed = 2
    websocket = True

    def command(self):
        return ["nats-server", "-c", self.write("nats.conf", (
            f"listen: 127.0.0.1:{self.ports[0]}\n"
            f'websocket {{ listen: "127.0.0.1:{self.ports[1]}", no_tls: true }}\n'))]

    def load(self, ws):
        return ["--proto", "nats", "--pub-port", self.ports[0], "--sub-port", self.ports[1 if ws else 0]] + ["--ws"] * ws


class Mosquitto(Broker):
    name = "mosquitto"
    ports_needed = 2
    websocket = True

    def version(self):
        return first_line("mosquitto", "-h")

    def command(self):
        return ["mosquitto", "-c", self.write("mosquitto.conf", (
            f"listener {self.ports[0]} 127.0.0.1\nlistener {self.ports[1]} 127.0.0.1\nprotocol websockets\n"
            "allow_anonymous true\nset_tcp_nodelay true\nlog_type error\nlog_dest stderr\n"))]

    def load(self, ws):
        return ["--proto", "mqtt", "--pub-port", self.ports[0], "--sub-port", self.ports[1 if ws else 0]] + ["--ws"] * ws


class Redis(Broker):
    name = "redis-server"

    def command(self):
        return ["redis-server", "--port", str(self.ports[0]), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--maxclients", "15000"]

    def load(self, ws):
        return ["--proto", "redis", "--port", self.ports[0]]


class ZmqProxy(Broker):
    name = "libzmq-proxy"
    ports_needed = 2

    def available(self):
        return None if os.path.exists(self.program()) else "zmqproxy is not built (libzmq3-dev?)"

    def program(self):
        return os.path.join(TARGET, "zmqproxy")

    def version(self):
        return "libzmq " + first_line("pkg-config", "--modversion", "libzmq")

    def command(self):
        return [self.program(), *map(str, self.ports)]

    def load(self, ws):
        return ["--proto", "zmtp", "--pub-port", self.ports[0], "--sub-port", self.ports[1]]


class JeromqProxy(ZmqProxy):
    name = "jeromq-proxy"

    def available(self):
        """Fetches the jar and compiles the proxy when that was not done yet."""
        if not shutil.which("java"):
            return "java is not installed"
        if not os.path.exists(self.jar()):
            subprocess.run(["mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:copy", f"-Dartifact={JEROMQ}",
                            f"-DoutputDirectory={os.path.dirname(self.jar())}"], stdout=subprocess.DEVNULL, check=False)
        source = os.path.join(HERE, "peers", "JeromqProxy.java")
        subprocess.run(["javac", "-cp", self.jar(), "-d", self.classes(), source], stdout=subprocess.DEVNULL, check=False)
        return None if os.path.exists(os.path.join(self.classes(), "JeromqProxy.class")) else f"{JEROMQ} is not to be had"

    def jar(self):
        return os.path.join(TARGET, "lib", "jeromq-0.6.0.jar")

    def classes(self):
        return os.path.join(TARGET, "peers")

    def version(self):
        return f"{JEROMQ} on {first_line('java', '-version')}"

    def command(self):
        return ["java", "-cp", self.jar() + os.pathsep + self.classes(), "JeromqProxy", *map(str, self.ports)]


class Databroker(Broker):
    name = "databroker"
    ports_needed = 2
    websocket = True

    def __init__(self):
        super().__init__()
        self.context = None

    def available(self):
        return None if os.access(self.program(), os.X_OK) else "no launcher databroker"

    def program(self):
        return os.environ.get(LAUNCHER, os.path.join(os.path.dirname(HERE), "databroker"))

    def version(self):
        built = first_line("git", "-C", os.path.dirname(self.program()), "describe", "--always", "--dirty")
        java = os.path.join(first_line(self.program(), "--print-java-home"), "bin", "java")
        return f"{built} on {first_line(java, '-version')}"

    def working_folder(self):
        return os.path.dirname(self.program())

    def command(self):
        self.context = None
        return [self.program(), "serve"]

    def environment(self):
        return {"DATABROKER_DATA": os.path.join(self.folder, "data"), "DATABROKER_HTTP_PORT": str(self.ports[0]),
                "DATABROKER_ZMQ_PORT": str(self.ports[1]), "DATABROKER_STREAMS_ENABLED": "false",
                "DATABROKER_CACHE": "use"}

    def ready(self):
        try:
            with open(os.path.join(self.folder, "data", "context.json"), encoding="utf-8") as f:
                context = json.load(f)
            with urllib.request.urlopen(context["url"] + "/health/ready", timeout=5) as answer:
                ready = answer.status == 200
        except (OSError, ValueError, KeyError):  # not there, half written, not yet ready
            return False
        self.context = context
        return ready

    def pid(self):
        return self.context["pid"]

    def load(self, ws):
        zmq, http = (self.context[key].rpartition(":")[2].strip("/") for key in ("zmq", "url"))
        user = ["--pub-port", zmq, "--user", self.context["user"], "--password", self.context["token"]]
        if ws:
            return ["--pub", "zmtp", "--sub", "json", "--sub-port", http, "--token", self.context["token"], *user]
        return ["--proto", "zmtp", "--sub-port", zmq, *user]


ALL = (Nats, Redis, ZmqProxy, JeromqProxy, Mosquitto, Databroker)
REFERENCE = Nats.name
