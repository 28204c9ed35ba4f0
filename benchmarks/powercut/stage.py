"""The stage of a power cut: a broker as its users start it, on a file system on a disk that loses what was not flushed."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")


class Broker:
    """A broker on a folder, as its users start it."""

    def __init__(self, data, log, prefix=(), settings=None):
        context = os.path.join(data, "context.json")
        with contextlib.suppress(FileNotFoundError):
            os.remove(context)
        launcher = os.environ.get("DATABROKER_LAUNCHER", os.path.join(os.path.dirname(HERE), "databroker"))
        command = [*prefix, launcher, "serve", "--data", data, "--http.port", "0", "--zmq.port", "0", "--ssh.enabled", "false"]
        # What begins so is a setting of the broker, but for this one.
        environment = {name: value for name, value in os.environ.items() if name != "DATABROKER_LAUNCHER"}
        environment.update({"DATABROKER_STREAMS_ENABLED": "false", **(settings or {})})
        with open(log, "a", encoding="utf-8") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True, env=environment)
        end = time.monotonic() + 120
        while not os.path.exists(context):
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                with open(log, encoding="utf-8") as said:
                    raise RuntimeError("the broker did not start: " + said.read()[-2000:])
            time.sleep(0.05)
        with open(context, encoding="utf-8") as file:
            self.port = urllib.parse.urlsplit(json.load(file)["url"]).port
        with open(os.path.join(data, "admin.token"), encoding="utf-8") as file:
            self.token = file.read().strip()

    def ask(self, method, path, body=b"", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {"Authorization": "Bearer " + self.token,
                                                    **{n.replace("_", "-"): v for n, v in headers.items()}})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def kill(self):
        # The whole session, which is ours: strace would leave the broker alive.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()


def unmount(place):
    """Whoever was killed may hold it for a moment."""
    for _ in range(100):
        if subprocess.run(["umount", place], check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    print("still mounted: " + place, file=sys.stderr)


@contextlib.contextmanager
def volatile_disk(work, options):
    """A file system on a disk that loses what was not flushed; yields its mount point and who cuts."""
    fuse, mounted = os.path.join(work, "fuse"), os.path.join(work, "mounted")
    os.mkdir(fuse)
    os.mkdir(mounted)
    disk = subprocess.Popen([sys.executable, os.path.join(HERE, "powercut", "disk.py"), fuse, str(options.mib), str(options.seed)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        if disk.stdout.readline().strip() != "mounted":
            raise SystemExit("the disk cannot be mounted: this needs FUSE and its rights")
        try:
            run("mkfs.ext4", "-q", "-F", os.path.join(fuse, "disk"))
            run("mount", "-o", "loop", os.path.join(fuse, "disk"), mounted)

            def cut(image):
                disk.stdin.write(f"cut {image}\n")
                return disk.stdout.readline().strip()

            yield mounted, cut
        finally:
            unmount(mounted)
            unmount(fuse)
    finally:
        disk.stdin.close()
        disk.wait(30)


@contextlib.contextmanager
def found(work, image):
    """What the cut left, mounted as a machine does that starts again."""
    place = os.path.join(work, "found")
    os.makedirs(place, exist_ok=True)
    run("mount", "-o", "loop", image, place)
    try:
        yield place
    finally:
        unmount(place)
        os.remove(image)
