"""What the cells of the objects plane stand on: brokers, PostgreSQL, Redis, a gRPC server, and the Java that asks them."""

import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
JVM = ("-Xmx768m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")
OURS = ("databroker-core-", "databroker-access-", "databroker-objects-", "databroker-client-", "jackson", "jspecify", "slf4j-api", "h2-",
        "postgresql-", "logback")
PATIENCE = 120


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.05)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Peers:
    """Whatever is started ends with it."""

    def __init__(self, options, folder):
        self.options, self.folder, self.processes, self.logs = options, folder, [], []

    def __enter__(self):
        home = subprocess.run([os.path.join(ROOT, "databroker"), "--print-java-home"], capture_output=True, text=True, check=True)
        self.java = os.path.join(home.stdout.strip(), "bin", "java")
        self.path = self.class_path()
        return self

    def __exit__(self, *failure):
        for process, how in reversed(self.processes):
            process.send_signal(how)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        for log in self.logs:
            log.close()

    def start(self, name, command, how=signal.SIGTERM, **more):
        log = open(os.path.join(self.folder, name + ".log"), "wb")
        self.logs.append(log)
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, start_new_session=True, **more)
        self.processes.append((process, how))
        return process

    # The program that measures

    def class_path(self):
        peers = os.path.join(self.folder, "class-path")
        subprocess.run(["mvn", "-q", "-B", "-ntp", "-f", os.path.join(HERE, "pom.xml"), "dependency:build-classpath",
                        "-Dmdep.outputFile=" + peers], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(peers, encoding="utf-8") as file:
            path = f"{self.program()}:{file.read().strip()}"
        classes = os.path.join(self.folder, "classes")
        os.mkdir(classes)
        subprocess.run([self.java + "c", "-nowarn", "-d", classes, "-cp", path, *glob.glob(os.path.join(HERE, "*.java"))], check=True,
                       stderr=subprocess.DEVNULL if not self.options.verbose else None)
        return f"{classes}:{path}"

    def program(self):
        """The client and the objects room of the newest build, without the libraries of doors: peers bring their own."""
        if self.options.class_path:
            return self.options.class_path
        subprocess.run([os.path.join(ROOT, "databroker"), "--version"], check=True, stdout=subprocess.DEVNULL)
        programs = glob.glob(os.path.join(ROOT, "cli", "target", "program", "*", ""))
        newest = max(programs, key=os.path.getmtime)
        return ":".join(jar for jar in sorted(glob.glob(newest + "*.jar")) if os.path.basename(jar).startswith(OURS))

    def command(self, cell, **values):
        return [self.java, *JVM, "-cp", self.path, "ObjectCells", cell, *(f"{name}={value}" for name, value in values.items())]

    def run(self, cell, **values):
        """The lines that a cell prints."""
        values = {name.replace("_", "."): value for name, value in values.items()}
        done = subprocess.run(self.command(cell, **values), stdout=subprocess.PIPE, stderr=None if self.options.verbose else subprocess.PIPE,
                              text=True, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"{cell}: {(done.stderr or '')[-1500:]}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    # Those whom it asks

    def postgres(self):
        bins = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not bins:
            sys.exit("not installed: PostgreSQL (package postgresql)")
        folder = os.path.join(self.folder, "postgres")
        os.mkdir(folder)
        alike = {}
        if os.getuid() == 0:
            # It refuses to run as root; the package brings a user for it.
            alike = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
            os.chmod(self.folder, 0o711)
        data, port = os.path.join(folder, "data"), free_port()
        subprocess.run([bins[-1] + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True,
                       stdout=subprocess.DEVNULL, cwd=folder, **alike)
        self.start("postgres", [bins[-1] + "/postgres", "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c",
                                "unix_socket_directories=", "-c", "max_connections=200"], signal.SIGINT, **alike)
        wait("PostgreSQL listens", lambda: listens(port))
        time.sleep(1)
        return f"jdbc:postgresql://127.0.0.1:{port}/postgres?user=postgres"

    def redis(self):
        if not shutil.which("redis-server"):
            sys.exit("not installed: redis-server (package redis-server)")
        port = free_port()
        self.start("redis", ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        wait("Redis listens", lambda: listens(port))
        return port

    def grpc(self):
        port = free_port()
        self.start("grpc", self.command("grpc", port=port))
        wait("the gRPC server listens", lambda: listens(port))
        return port

    def broker(self, name, jdbc):
        """Address and token of a broker with one store."""
        data = os.path.join(self.folder, name)
        command = self.options.command.split() if self.options.command else [os.path.join(ROOT, "databroker"), "serve"]
        for key, value in {"data": data, "http.port": 0, "zmq.port": 0, "ssh.port": 0, "streams.enabled": "false",
                           "objects.stores.shop.jdbc": jdbc, "log.level": "warn"}.items():
            command += ["--" + key, str(value)]
        self.start(name, command, env={**os.environ, "DATABROKER_CACHE": "use"})
        context = os.path.join(data, "context.json")
        wait("the broker is there", lambda: os.path.exists(context))
        with open(context, encoding="utf-8") as file:
            said = json.load(file)
        return said["url"], said["token"]
