"""Who serves the same files: databroker, nginx in several roles, OpenSSH. All on loopback, each measured by its CPU."""

import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

from ladder import brokers

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEPLOY = os.path.join(os.path.dirname(HERE), "deploy", "nginx")
CIPHER = "aes128-gcm@openssh.com"
SFTP_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server")

# What nginx is in each role. The broker's folder of files is behind all; what is put goes to a folder of its own, which
# the broker does not watch.
NGINX = """
worker_processes auto;
{user}
pid run/nginx.pid;
error_log logs/error.log crit;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
    types {{ }}
    default_type application/octet-stream;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    access_log off;
    keepalive_requests 1000000;
    client_max_body_size 0;
    map_hash_bucket_size 256;
    map $http_authorization $allowed {{ default 0; "Bearer {token}" 1; }}
    {body}
}}
"""
STATIC = """server {{ listen 127.0.0.1:{port} backlog=1024;
    location /files/ {{
        if ($allowed = 0) {{ return 403; }}
        alias {folder}/;
    }}
    location /put/ {{
        if ($allowed = 0) {{ return 403; }}
        dav_methods PUT DELETE;
        create_full_put_path on;
        alias {own}/;
    }}
}}"""
UPSTREAM = "upstream databroker {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000; }}"
# Another loopback address than that of clients, so that the broker can tell them apart.
PROXY = "127.0.0.2"
PASSING = UPSTREAM + """
server {{ listen 127.0.0.1:{port} backlog=1024;
    location / {{ include {deploy}/proxy.conf; proxy_bind {proxy}; proxy_pass http://databroker; }}
{internal}
}}"""
ASKING = UPSTREAM + """
server {{ listen 127.0.0.1:{port} backlog=1024;
    location /files/ {{ auth_request /_asked; alias {folder}/; }}
    location = /_asked {{ internal; include {deploy}/proxy.conf; proxy_pass_request_body off;
        proxy_set_header Content-Length ""; proxy_bind {proxy}; proxy_pass http://databroker; }}
}}"""
TRIVIAL = """server {{ listen 127.0.0.1:{port} backlog=1024;
    location = /_asked {{ if ($allowed = 0) {{ return 403; }} return 204; }}
    location ~ ^/files/(.*)$ {{
        if ($allowed = 0) {{ return 403; }}
        add_header X-Accel-Redirect /_files/$1;
        add_header ETag '"1"';
        return 200;
    }}
}}"""


def internal_location(folder):
    """The place of deploy/nginx from which nginx sends files, with the folder adapted: what is delivered is measured."""
    with open(os.path.join(DEPLOY, "http.conf"), encoding="utf-8") as f:
        found = re.search(r"^    location /_files/ \{.*?^    \}\n", f.read(), re.DOTALL | re.MULTILINE)
    if not found:
        raise RuntimeError("deploy/nginx/http.conf has no location /_files/")
    return re.sub(r"alias [^;]*;", f"alias {folder}/;", found[0])


class Nginx(brokers.Broker):
    """Debian's nginx with its usual number of workers."""

    def __init__(self, name, body, token, **values):
        super().__init__()
        self.name, self.body, self.token, self.values = name, body, token, values

    def command_name(self):
        return "nginx"

    def version(self):
        return brokers.first_line("nginx", "-v")

    def command(self):
        for folder in ("run", "logs", "tmp", "own"):
            os.makedirs(os.path.join(self.folder, folder))
        body = self.body.format(port=self.ports[0], deploy=DEPLOY, proxy=PROXY, own=self.own(), **self.values)
        # Workers of root would be nobody, who may not read the broker's folder.
        user = "user root;" if os.geteuid() == 0 else ""
        config = self.write("nginx.conf", NGINX.format(user=user, token=self.token, body=body))
        return ["nginx", "-p", self.folder, "-c", config, "-e", "stderr", "-g", "daemon off;"]

    def own(self):
        """The folder of what is put."""
        return os.path.join(self.folder, "own")

    def port(self):
        return self.ports[0]


class Behind(Nginx):
    """nginx and who decides behind it: their CPU counts together."""

    def __init__(self, name, body, token, decider, **values):
        super().__init__(name, body, token, **values)
        self.decider = decider

    def cpu_seconds(self):
        return brokers.tree_cpu_seconds(self.process.pid) + brokers.tree_cpu_seconds(self.decider.process.pid)


class FilesBroker(brokers.Databroker):
    """databroker with settings of one cell. Its folder may outlast it, for a second start."""

    def __init__(self, settings=None, heap=None, data=None):
        super().__init__()
        self.settings, self.heap, self.data = settings or {}, heap, data

    def start(self):
        self.ports_needed = 3 if has_ssh() else 2
        return super().start()

    def data_folder(self):
        return self.data or os.path.join(self.folder, "data")

    def environment(self):
        known = super().environment()
        known["DATABROKER_DATA"] = self.data_folder()
        if has_ssh():
            known["DATABROKER_SSH_PORT"] = str(self.ports[2])
        if self.heap:
            known["DATABROKER_HEAP"] = self.heap
        for key, value in self.settings.items():
            known["DATABROKER_" + key.upper().replace(".", "_").replace("-", "_")] = value
        return known

    def ready(self):
        """As the ladder's, wherever the data folder is; what an earlier start left there names another port."""
        if self.data and not brokers.listening(self.ports[0]):
            return False
        if self.data:
            link = os.path.join(self.folder, "data")
            if not os.path.lexists(link):
                os.symlink(self.data, link)
        return super().ready() and self.context["url"].endswith(f":{self.ports[0]}")

    def files_folder(self):
        return self.settings.get("files.folder") or os.path.join(self.data_folder(), "files")

    def port(self):
        return self.ports[0]

    def token(self):
        return self.context["token"]

    def metric(self, name):
        """The sum of a metric over its labels; None where the broker does not have it."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port()}/metrics", timeout=10) as answer:
                lines = [line for line in answer.read().decode().splitlines() if re.match(re.escape(name) + r"[ {]", line)]
        except urllib.error.URLError:
            return None
        return sum(float(line.rpartition(" ")[2]) for line in lines) if lines else None

    def heap_used_kb(self, collect):
        """Heap in use; after a collection what is alive."""
        if collect:
            self.jcmd("GC.run")
        text = self.jcmd("GC.heap_info")
        spaces = re.findall(r"^\s*(?:DefNew|Tenured|garbage-first heap) .*?used (\d+)K", text, re.MULTILINE)
        if not spaces:
            raise RuntimeError(f"the heap is not told: {text[:200]}")
        return sum(map(int, spaces))

    def jcmd(self, *words):
        program = os.path.join(brokers.first_line(self.program(), "--print-java-home"), "bin", "jcmd")
        done = subprocess.run([program, str(self.pid()), *words], capture_output=True, text=True, timeout=120)
        return done.stdout


class Sshd(brokers.Broker):
    """OpenSSH's server with keys and a configuration of its own."""

    name = "openssh"

    def command_name(self):
        return shutil.which("sshd") or "/usr/sbin/sshd"

    def version(self):
        return brokers.first_line("ssh", "-V")

    def command(self):
        if os.geteuid() == 0:
            # Root's sshd wants it, and only Debian's init script makes it.
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(self.folder, key)], check=True)
        sftp = next((path for path in SFTP_SERVERS if os.path.exists(path)), "internal-sftp")
        config = self.write("sshd_config", (
            f"Port {self.ports[0]}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\nPidFile {self.folder}/pid\n"
            f"AuthorizedKeysFile {self.folder}/user.pub\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            f"PermitRootLogin prohibit-password\nSubsystem sftp {sftp}\n"))
        return [self.command_name(), "-D", "-e", "-f", config]

    def port(self):
        return self.ports[0]

    def key(self):
        return os.path.join(self.folder, "user")


def cpu_seconds(server):
    return server.cpu_seconds() if hasattr(server, "cpu_seconds") else brokers.tree_cpu_seconds(server.process.pid)


@functools.cache
def has_ssh():
    """Whether this databroker has an SSH door."""
    done = subprocess.run([FilesBroker().program(), "config", "default"], capture_output=True, text=True, check=False)
    return bool(re.search(r"^#? ?ssh:", done.stdout, re.MULTILINE))


@contextlib.contextmanager
def scratch(name):
    """A folder that is gone afterwards."""
    folder = tempfile.mkdtemp(prefix=f"files-{name}-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(*started):
    """Started servers, ready, and stopped in the end."""
    up = []
    try:
        for server in started:
            up.append(server)
            server.start().wait_ready()
        yield started
    finally:
        for server in reversed(up):
            server.stop()
