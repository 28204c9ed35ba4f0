"""Who writes while the power is cut, what each was answered, and what subscribers heard: kept where no cut reaches it."""

import base64
import hashlib
import http.client
import json
import random
import threading

GONE = ""


class Ledger:
    """Operations of each path in their order, each begun and answered at a moment of one common count."""

    def __init__(self):
        self.lock = threading.Lock()
        self.moment = 0
        self.paths = {}
        self.by_content = {}
        self.heard = []
        self.uploads = {}
        self.answered = 0
        self.errors = []

    def tick(self):
        self.moment += 1
        return self.moment

    def now(self):
        with self.lock:
            return self.tick()

    def begin(self, path, content):
        with self.lock:
            operation = {"content": content, "begun": self.tick(), "answered": None}
            self.paths.setdefault(path, []).append(operation)
            if content != GONE:
                self.by_content[path, content] = operation
            return operation

    def answer(self, operation):
        with self.lock:
            self.answered += 1
            operation["answered"] = operation["answered"] or self.tick()

    def hear(self, change):
        with self.lock:
            self.heard.append((self.tick(), change))
            operation = self.by_content.get((change["path"], change["sha256"]))
            if operation and change["event"] != "FILE DELETED" and not operation["answered"]:
                # Who hears of a file relies on it as much as who is answered.
                operation["answered"] = self.tick()

    def piece(self, upload, begun, answered=None):
        with self.lock:
            known = self.uploads.setdefault(upload, {"begun": [], "answered": []})
            known["begun" if answered is None else "answered"].append((self.tick(), begun if answered is None else answered))

    def possible(self, path, before, after):
        """The contents of which one must be found, where the power was cut between two moments; and what was certain."""
        operations = self.paths.get(path, [])
        safe = [i for i, o in enumerate(operations) if o["answered"] and o["answered"] <= before]
        first = safe[-1] if safe else -1
        certain = operations[first]["content"] if safe else GONE
        later = [o["content"] for o in operations[first + 1:] if o["begun"] <= after]
        return {certain, *later}, certain


class Writer(threading.Thread):
    """Stores, replaces and deletes files of its own folder, some by resumable uploads, as fast as it is answered."""

    def __init__(self, name, port, token, ledger, seed):
        super().__init__(daemon=True)
        self.folder, self.ledger, self.random = name, ledger, random.Random(seed)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Authorization": "Bearer " + token}
        self.ended = threading.Event()

    def ask(self, method, path, body=b"", **headers):
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, {**self.headers, **more})
        answer = self.connection.getresponse()
        answer.read()
        return answer

    def run(self):
        there = set()
        count = 0
        while not self.ended.is_set():
            count += 1
            path = f"{self.folder}/{self.random.randrange(3)}/{self.random.randrange(4)}"
            content = f"{self.folder} {count} ".encode() * self.random.choice((1, 10, 500, 6000))
            try:
                if path in there and self.random.random() < 0.25:
                    operation = self.ledger.begin(path, GONE)
                    status = self.ask("DELETE", "/files/" + path).status
                    there.discard(path)
                else:
                    operation = self.ledger.begin(path, hashlib.sha256(content).hexdigest())
                    store = self.resumable if self.random.random() < 0.15 else self.put
                    status = store(path, content)
                    there.add(path)
                if status not in (201, 204):
                    raise RuntimeError(f"{path} was answered with {status}")
                self.ledger.answer(operation)
            except (OSError, RuntimeError, http.client.HTTPException) as wrong:
                self.ledger.errors.append(repr(wrong))
                return

    def put(self, path, content):
        return self.ask("PUT", "/files/" + path, content).status

    def resumable(self, path, content):
        name = base64.b64encode(path.rsplit("/", 1)[1].encode()).decode()
        begun = self.ask("POST", "/files/" + path.rsplit("/", 1)[0] + "/", Tus_Resumable="1.0.0", Upload_Length=str(len(content)),
                         Upload_Metadata="filename " + name)
        upload = begun.getheader("Location")
        self.ledger.piece(upload, 0)
        self.ledger.piece(upload, None, 0)
        half = len(content) // 2
        status = 0
        for start, end in ((0, half), (half, len(content))):
            self.ledger.piece(upload, end)
            status = self.ask("PATCH", upload, content[start:end], Tus_Resumable="1.0.0", Upload_Offset=str(start),
                              Content_Type="application/offset+octet-stream").status
            self.ledger.piece(upload, None, end)
        return status


def listen(port, token, heard, until=None):
    """Tells `heard` every announcement, from the beginning of the broker's life on; ends after the one of path `until`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/events?topic=files/**", headers={"Authorization": "Bearer " + token, "Last-Event-ID": "1a-7"})
    answer = connection.getresponse()
    try:
        for line in iter(answer.readline, b""):
            if line.startswith(b"data: ") and b'"FILE ' in line:
                change = json.loads(line[6:])["data"]
                if change["path"] == until:
                    return
                heard(change)
    finally:
        connection.close()
