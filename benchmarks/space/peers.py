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
JVM = ("-Xmx4g", "-Xmn1g", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")
OURS = ("databroker-core-", "databroker-access-", "databroker-objects-", "databroker-client-", "jackson", "jspecify", "slf4j-api", "h2-",
        "amqp-client-", "postgresql-")
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
            try:
                # What it has started itself.
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
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
        jars = sorted(glob.glob(newest + "*.jar")) + sorted(glob.glob(newest + "streams/*.jar"))
        return ":".join(jar for jar in jars if os.path.basename(jar).startswith(OURS))

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

    def rabbit(self):
        """RabbitMQ with a node name, ports and a port mapper of its own, and beside it the program that only answers."""
        servers = sorted(glob.glob("/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server"))
        if not servers:
            sys.exit("not installed: RabbitMQ (package rabbitmq-server)")
        folder = os.path.join(self.folder, "rabbit")
        os.mkdir(folder)
        port, distribution, mapping = free_port(), free_port(), free_port()
        with open(os.path.join(folder, "enabled_plugins"), "w", encoding="utf-8") as file:
            file.write("[].")
        # Started here, since RabbitMQ would start one that outlives it.
        self.start("epmd", ["epmd", "-port", str(mapping), "-address", "127.0.0.1"])
        names = {"CONFIG_FILE": "rabbitmq", "ADVANCED_CONFIG_FILE": "advanced", "CONF_ENV_FILE": "environment", "LOG_BASE": "log",
                 "MNESIA_BASE": "mnesia", "ENABLED_PLUGINS_FILE": "enabled_plugins", "BASE": ""}
        environment = {"RABBITMQ_" + name: os.path.join(folder, file) for name, file in names.items()}
        environment |= {"HOME": folder, "RABBITMQ_NODENAME": f"bench{port}@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                        "RABBITMQ_NODE_PORT": str(port), "RABBITMQ_DIST_PORT": str(distribution), "ERL_EPMD_PORT": str(mapping),
                        "ERL_EPMD_ADDRESS": "127.0.0.1",
                        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}"}
        self.start("rabbit", [servers[-1]], signal.SIGKILL, env={**os.environ, **environment})
        wait("RabbitMQ listens", lambda: listens(port))
        uri = f"amqp://guest:guest@127.0.0.1:{port}"
        self.start("bare", self.command("bare", rabbit=uri))
        wait("the bare server is ready", lambda: "ready" in open(os.path.join(self.folder, "bare.log"), encoding="utf-8").read())
        return uri

    def grpc(self):
        port = free_port()
        self.start("grpc", self.command("grpc", port=port))
        wait("the gRPC server listens", lambda: listens(port))
        return port

    def rows(self, jdbc):
        """A program that reads rows and hands them on."""
        port = free_port()
        self.start("rows", self.command("rows", jdbc=jdbc, port=port))
        wait("the program that hands rows on listens", lambda: listens(port))
        return port

    def broker(self, name, jdbc, **more):
        """Address and token of a broker with one store."""
        data = os.path.join(self.folder, name)
        command = self.options.command.split() if self.options.command else [os.path.join(ROOT, "databroker"), "serve"]
        for key, value in {"data": data, "http.port": 0, "zmq.port": 0, "ssh.port": 0, "streams.enabled": "false",
                           "objects.stores.shop.jdbc": jdbc, "log.level": "warn", **more}.items():
            command += ["--" + key, str(value)]
        self.start(name, command, env={**os.environ, "DATABROKER_CACHE": "use"})
        context = os.path.join(data, "context.json")
        wait("the broker is there", lambda: os.path.exists(context))
        with open(context, encoding="utf-8") as file:
            said = json.load(file)
        return said["url"], said["token"]
