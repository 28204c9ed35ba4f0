"""Questions and answers as name servers see them: as dnstap frames, as a capture. From a seed, so that every run has the same."""

import gzip
import random
import struct

FIRST_SECOND = 1_795_000_000
TYPES = ((1, 60), (28, 25), (65, 8), (15, 3), (16, 2), (12, 2))


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def name(chance, domains):
    labels = chance.choice(domains)
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def domains(chance, count=20_000):
    letters = b"abcdefghijklmnopqrstuvwxyz0123456789-"
    word = lambda least, most: bytes(chance.choice(letters[:26]) for _ in range(chance.randint(least, most)))  # noqa: E731
    tops = (b"com", b"net", b"org", b"de", b"io", b"arpa", b"co")
    return [([word(2, 12)] if chance.random() < 0.7 else []) + [word(4, 14), chance.choice(tops)] for _ in range(count)]


def query(chance, number, known):
    kind = chance.choices([t for t, _ in TYPES], [w for _, w in TYPES])[0]
    head = struct.pack(">HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 1)
    question = name(chance, known) + struct.pack(">HH", kind, 1)
    edns = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0)
    return head, question, edns, kind


def response(chance, number, question, edns, kind):
    missing = chance.random() < 0.2
    count = 0 if missing else chance.randint(1, 4) if kind in (1, 28) else 0
    head = struct.pack(">HHHHHH", number & 0xFFFF, 0x8180 | (3 if missing else 0), 1, count, 0, 1)
    size = 4 if kind == 1 else 16
    records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 300, size) + chance.randbytes(size) for _ in range(count))
    return head + question + records + edns


def client(chance):
    return bytes((10, chance.randint(0, 3), chance.randint(0, 255), chance.randint(1, 254)))


def dnstap(count, seed=7):
    """Frames, each with its length before it: CLIENT_QUERY and CLIENT_RESPONSE in turn."""
    chance = random.Random(seed)
    known = domains(chance)
    frames = []
    for number in range(count):
        nanos = 1_000_000_000 * number // 60_000
        time = (FIRST_SECOND + nanos // 1_000_000_000, nanos % 1_000_000_000)
        if number % 2 == 0:
            head, question, edns, kind = query(chance, number // 2, known)
            address, port, asked = client(chance), chance.randint(1024, 65535), time
            body = (field(1, 5) + field(2, 1) + field(3, 1) + field(4, address) + field(5, bytes((192, 0, 2, 53))) + field(6, port)
                    + field(7, 53) + field(8, time[0]) + fixed(9, time[1]) + field(10, head + question + edns))
        else:
            body = (field(1, 6) + field(2, 1) + field(3, 1) + field(4, address) + field(5, bytes((192, 0, 2, 53))) + field(6, port)
                    + field(7, 53) + field(8, asked[0]) + fixed(9, asked[1]) + field(12, time[0]) + fixed(13, time[1])
                    + field(14, response(chance, number // 2, question, edns, kind)))
        frame = field(1, b"resolver-1") + field(2, b"unbound 1.17.1") + field(14, body) + field(15, 1)
        frames.append(struct.pack(">I", len(frame)) + frame)
    return frames


def fixed(number, value):
    return varint(number << 3 | 5) + struct.pack("<I", value)


def pcap(path, count, seed=7):
    """A capture of Ethernet, IPv4, UDP: questions and answers in turn; how many packets."""
    chance = random.Random(seed)
    known = domains(chance)
    server = bytes((192, 0, 2, 53))
    with open(path, "wb", buffering=1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(count):
            if number % 2 == 0:
                head, question, edns, kind = query(chance, number // 2, known)
                address, port = client(chance), chance.randint(1024, 65535)
                payload, ends, ports = head + question + edns, address + server, (port, 53)
            else:
                payload, ends, ports = response(chance, number // 2, question, edns, kind), server + address, (53, port)
            udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0) + ends + udp
            frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip
            micros = 1_000_000 * number // 60_000
            out.write(struct.pack("<IIII", FIRST_SECOND + micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
    return count


def looped(path, recorded, count):
    """A recorded capture (pcapng) behind itself until it has about so many packets; how many they are."""
    with gzip.open(recorded) as file:
        content = file.read()
    packets, at = 0, 0
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<II", content, at)
        packets += kind == 6
        at += size
    rounds = max(1, count // packets)
    with open(path, "wb", buffering=1 << 20) as out:
        for _ in range(rounds):
            out.write(content)
    return rounds * packets


def recorded_frames(folder):
    """What name servers sent, as they were recorded: frames with their lengths, without what begins and ends a stream."""
    frames = []
    for name in ("bind-9.18", "knot-3.2", "unbound-1.17"):
        with gzip.open(f"{folder}/dnstap/recorded-{name}.dnstap.gz") as file:
            content = file.read()
        at = 0
        while at + 4 <= len(content):
            size = struct.unpack_from(">I", content, at)[0]
            if size == 0:
                at += 8 + struct.unpack_from(">I", content, at + 4)[0]
            else:
                frames.append(content[at:at + 4 + size])
                at += 4 + size
    return frames
