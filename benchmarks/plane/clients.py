"""Clients that cost little: raw sockets for large bodies and for events, the programs people use for SSH."""

import base64
import concurrent.futures
import json
import os
import socket
import struct
import subprocess
import threading
import time

from ladder import brokers
from plane import servers

HERE = os.path.dirname(os.path.abspath(__file__))
PIECE = 1 << 20
SECONDS_MOST = 900


class Http:
    """One connection, HTTP/1.1, answers with a Content-Length or none."""

    def __init__(self, port, token):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MOST)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.token = token
        self.buffer = bytearray(PIECE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _ask(self, method, path, *headers):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self.token}", *headers, "", ""]
        return "\r\n".join(lines).encode()

    def _head(self):
        """Status, length and what came of the body already."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.socket.recv(65536)
            if not part:
                raise OSError("the connection ended within the head")
            data += part
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        return int(lines[0].split()[1]), int(fields.get("content-length", 0)), rest

    def get(self, path, keep=False):
        """Reads a file and throws it away, or returns it."""
        self.socket.sendall(self._ask("GET", path))
        status, length, rest = self._head()
        if status != 200:
            raise OSError(f"GET {path}: {status} {rest[:200]!r}")
        kept, at = bytearray(rest), len(rest)
        while at < length:
            count = self.socket.recv_into(self.buffer)
            if not count:
                raise OSError(f"GET {path}: ended after {at} of {length}")
            at += count
            if keep:
                kept += self.buffer[:count]
        return bytes(kept) if keep else length

    def put(self, path, body, times=1):
        """Stores `body`, so many times over."""
        head = self._ask("PUT", path, f"Content-Length: {len(body) * times}")
        if len(body) * times < 65536:
            self.socket.sendall(head + body * times)
        else:
            self.socket.sendall(head)
            for _ in range(times):
                self.socket.sendall(body)
        status, length, rest = self._head()
        while len(rest) < length:
            rest += self.socket.recv(65536)
        if status not in (201, 204):
            raise OSError(f"PUT {path}: {status} {rest[:200]!r}")

    def delete(self, path):
        self.socket.sendall(self._ask("DELETE", path))
        status, length, rest = self._head()
        while len(rest) < length:
            rest += self.socket.recv(65536)
        return status


def wrk(port, token, prefix, files, seconds, connections):
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", os.path.join(HERE, "get.lua"),
         f"http://127.0.0.1:{port}", "--", prefix, str(files), token],
        capture_output=True, text=True, timeout=SECONDS_MOST)
    line = next((x for x in done.stdout.splitlines() if x.startswith("{")), None)
    if line is None:
        raise OSError(f"wrk: {done.stdout[-300:]} {done.stderr[-300:]}")
    return json.loads(line)


def force(path):
    """fsync of a file and of its folder, as a program does that must know its bytes are safe."""
    for name, flags in ((path, os.O_RDONLY), (os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)):
        handle = os.open(name, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_many(port, token, prefix, body, count, connections, folder=None):
    """So many small files over so many connections; with a folder each is forced there by this process."""
    numbers, lock = iter(range(count)), threading.Lock()

    def work(_):
        with Http(port, token) as http:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                http.put(f"{prefix}{number}", body)
                if folder:
                    force(os.path.join(folder, str(number)))

    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        list(pool.map(work, range(connections)))
    return time.monotonic() - begin


class Events:
    """A WebSocket subscriber of `files/**`; keeps when each path was first told."""

    def __init__(self, broker):
        self.arrived = {}
        self.socket = socket.create_connection(("127.0.0.1", broker.port()), timeout=30)
        self.data = bytearray()
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{broker.port()}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: databroker.v1.json\r\n"
            f"Authorization: Bearer {broker.token()}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.data:
            self.data += self.socket.recv(65536)
        head, _, rest = bytes(self.data).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise OSError(f"no WebSocket: {head[:100]!r}")
        self.data = bytearray(rest)
        self._send({"op": "subscribe", "id": 1, "topic": "files/**"})
        while self._message().get("op") != "ack":
            pass
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _send(self, message):
        payload = json.dumps(message).encode()
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.socket.sendall(bytes((0x81, 0x80 | len(payload))) + mask + masked)

    def _take(self, count):
        while len(self.data) < count:
            part = self.socket.recv(65536)
            if not part:
                raise OSError("the broker ended the connection")
            self.data += part
        taken = bytes(self.data[:count])
        del self.data[:count]
        return taken

    def _message(self):
        while True:
            first, length = self._take(2)
            if length == 126:
                (length,) = struct.unpack(">H", self._take(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._take(8))
            payload = self._take(length)
            if first & 0xF == 1:
                return json.loads(payload)
            if first & 0xF == 9:
                self.socket.sendall(bytes((0x8A, 0x80)) + b"\0\0\0\0")

    def _listen(self):
        self.socket.settimeout(None)
        try:
            while True:
                message = self._message()
                if message.get("op") == "event":
                    self.arrived.setdefault(message["data"]["path"], time.monotonic_ns())
        except OSError:
            return

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.socket.close()


class Ssh:
    """ssh as rsync and sftp are to use it: one cipher, no compression, nothing of the user's own settings."""

    def __init__(self, server, folder):
        self.server = server
        self.is_broker = isinstance(server, servers.FilesBroker)
        self.port = server.ports[2] if self.is_broker else server.port()
        self.user = server.context["user"] if self.is_broker else brokers.first_line("id", "-un")
        self.options = ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known",
                        "-o", "LogLevel=ERROR", "-o", "BatchMode=no", "-o", "Compression=no", "-c", servers.CIPHER]
        self.environment = dict(os.environ)
        if self.is_broker:
            asker = os.path.join(folder, "ask")
            with open(asker, "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\nprintf '%s\\n' \"$ASKED\"\n")
            os.chmod(asker, 0o700)
            self.environment |= {"SSH_ASKPASS": asker, "SSH_ASKPASS_REQUIRE": "force", "ASKED": server.token()}
            self.options += ["-o", "PreferredAuthentications=password"]
        else:
            self.options += ["-i", server.key(), "-o", "IdentitiesOnly=yes"]

    def _run(self, command, words=None):
        begin = time.monotonic()
        done = subprocess.run(command, input=words, capture_output=True, text=True, env=self.environment,
                              timeout=SECONDS_MOST)
        if done.returncode:
            raise OSError(f"{command[0]}: exit {done.returncode}: {done.stderr.strip()[-300:]}")
        return time.monotonic() - begin

    def rsync(self, source, target, root):
        """Seconds for a folder; the broker has a module `files`, OpenSSH the folder `root`."""
        to = f"{self.user}@127.0.0.1::files/{target}/" if self.is_broker else f"{self.user}@127.0.0.1:{root}/{target}/"
        return self._run(["rsync", "-a", "-e", " ".join(["ssh", "-p", str(self.port), *self.options]), source + "/", to])

    def sftp(self, words):
        return self._run(["sftp", "-q", *self.options, "-P", str(self.port), "-b", "-", f"{self.user}@127.0.0.1"], words)
