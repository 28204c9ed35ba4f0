"""A disk with a volatile cache: one large file, by FUSE, for a loop device. What was written and not flushed is lost at a
cut, each block of it or not, in no order. Speaks the kernel's protocol itself: `python3 disk.py MOUNTPOINT MIB SEED`, then
a line `cut FILE` on standard input for each cut, which is answered with what was kept and lost."""

import ctypes
import errno
import os
import random
import select
import struct
import sys

BLOCK = 4096
WRITE_MAX = 128 << 10
IDLE_SECONDS = 0.3
HEADER = struct.Struct("<IIQQIIII")
LOOKUP, FORGET, GETATTR, SETATTR, OPEN, READ, WRITE, STATFS = 1, 2, 3, 4, 14, 15, 16, 17
RELEASE, FSYNC, FLUSH, INIT, OPENDIR, RELEASEDIR, ACCESS, INTERRUPT, BATCH_FORGET = 18, 20, 25, 26, 27, 29, 34, 36, 42
ROOT, FILE = 1, 2


class Disk:
    def __init__(self, size, seed):
        self.now = bytearray(size)
        self.safe = bytearray(size)
        self.volatile = []
        self.random = random.Random(seed)
        self.flushes = 0
        self.due = None
        self.writes_left = 0

    def write(self, offset, data):
        self.now[offset:offset + len(data)] = data
        self.volatile.append((offset, bytes(data)))
        self.writes_left -= 1
        if self.due and self.writes_left <= 0:
            self.cut()

    def cut_soon(self, path):
        """Within the writes that come next, where there are any: between flushes there would be nothing to lose."""
        self.due = path
        self.writes_left = self.random.randrange(40)

    def flush(self):
        for offset, data in self.volatile:
            self.safe[offset:offset + len(data)] = data
        self.volatile.clear()
        self.flushes += 1

    def cut(self):
        """What a power cut leaves, which the running system does not notice."""
        path, self.due = self.due, None
        left = bytearray(self.safe)
        chance = self.random.choice((0, 0.2, 0.5, 0.8, 1))
        kept = lost = 0
        for offset, data in self.volatile:
            for start in range(0, len(data), BLOCK):
                if self.random.random() < chance:
                    part = data[start:start + BLOCK]
                    left[offset + start:offset + start + len(part)] = part
                    kept += 1
                else:
                    lost += 1
        with open(path, "wb") as out:
            out.write(left)
        print(f"{self.flushes} flushes, of what was not flushed {kept} blocks kept, {lost} lost", flush=True)

    def attributes(self, node):
        size, mode = (len(self.now), 0o100600) if node == FILE else (0, 0o40700)
        return struct.pack("<6Q10I", node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, BLOCK, 0)

    def answer(self, opcode, node, body):
        if opcode == INIT:
            big_writes = 1 << 5
            return struct.pack("<IIIIHHIIHHI7I", 7, 31, 1 << 17, big_writes, 16, 12, WRITE_MAX, 1, 0, 0, 0, *[0] * 7)
        if opcode == LOOKUP:
            if body.rstrip(b"\0") != b"disk":
                return -errno.ENOENT
            return struct.pack("<4Q2I", FILE, 0, 3600, 3600, 0, 0) + self.attributes(FILE)
        if opcode in (GETATTR, SETATTR):
            return struct.pack("<QII", 3600, 0, 0) + self.attributes(node)
        if opcode in (OPEN, OPENDIR):
            return struct.pack("<QII", 1, 0, 0)
        if opcode == READ:
            _, offset, length = struct.unpack_from("<QQI", body)
            return bytes(self.now[offset:offset + length])
        if opcode == WRITE:
            _, offset, length = struct.unpack_from("<QQI", body)
            self.write(offset, body[40:40 + length])
            return struct.pack("<II", length, 0)
        if opcode == FSYNC:
            self.flush()
            return b""
        if opcode == STATFS:
            return struct.pack("<5Q4I6I", 1 << 20, 1 << 19, 1 << 19, 10, 5, BLOCK, 255, BLOCK, 0, *[0] * 6)
        if opcode in (RELEASE, RELEASEDIR, FLUSH, ACCESS):
            return b""
        return -errno.ENOSYS


def serve(mountpoint, mib, seed):
    disk = Disk(mib << 20, seed)
    fuse = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"powercut", mountpoint.encode(), b"fuse", 0, options) != 0:
        raise OSError(ctypes.get_errno(), "mount of a FUSE file system", mountpoint)
    print("mounted", flush=True)
    while True:
        ready, _, _ = select.select([fuse, sys.stdin], [], [], IDLE_SECONDS if disk.due else None)
        if not ready:
            disk.cut()
        elif fuse in ready:
            try:
                request = os.read(fuse, WRITE_MAX + BLOCK)
            except OSError as gone:
                if gone.errno == errno.ENODEV:
                    return
                continue
            _, opcode, unique, node, *_ = HEADER.unpack_from(request)
            if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
                continue
            answer = disk.answer(opcode, node, request[HEADER.size:])
            error, body = (answer, b"") if isinstance(answer, int) else (0, answer)
            os.write(fuse, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
        elif sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            disk.cut_soon(line.split(" ", 1)[1].strip())


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
