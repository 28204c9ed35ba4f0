"""A ZeroMQ peer on libzmq through pyzmq: one socket, told what to do line by line.

The first argument is JSON: type, endpoint; optional plain ([user, token]), curve ({server, public, secret}),
sub (prefixes), probe (a topic that is sent every 20 ms until the first command), heartbeat (milliseconds).
Commands, one JSON object a line: {"sub": prefix}, {"unsub": prefix}, {"send": [base64, …]},
{"many": [prefix, count]} subscribes to prefix0, prefix1, …, {"mark": text} is said back.
Said: READY, MARK text, EVENT name (the socket's monitor), MSG base64 … for each message.
"""
import base64
import json
import os
import sys

import zmq
from zmq.utils.monitor import recv_monitor_message

options = json.loads(sys.argv[1])
context = zmq.Context()
socket = context.socket(getattr(zmq, options["type"]))
monitor = socket.get_monitor_socket()
socket.setsockopt(zmq.SNDHWM, 0)
socket.setsockopt(zmq.RCVHWM, 0)
socket.setsockopt(zmq.LINGER, 5000)
socket.setsockopt(zmq.RECONNECT_IVL, 50)
if "plain" in options:
    socket.plain_username, socket.plain_password = (part.encode() for part in options["plain"])
if "curve" in options:
    socket.curve_serverkey = options["curve"]["server"].encode()
    socket.curve_publickey = options["curve"]["public"].encode()
    socket.curve_secretkey = options["curve"]["secret"].encode()
if "heartbeat" in options:
    socket.setsockopt(zmq.HEARTBEAT_IVL, options["heartbeat"])
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 10 * options["heartbeat"])


def say(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def subscription(kind, prefix):
    if options["type"] == "XSUB":
        socket.send(bytes([kind]) + prefix.encode())
    else:
        socket.setsockopt(zmq.SUBSCRIBE if kind else zmq.UNSUBSCRIBE, prefix.encode())


def command(told):
    if "sub" in told:
        subscription(1, told["sub"])
    elif "unsub" in told:
        subscription(0, told["unsub"])
    elif "many" in told:
        for number in range(told["many"][1]):
            subscription(1, told["many"][0] + str(number))
    elif "send" in told:
        socket.send_multipart([base64.b64decode(frame) for frame in told["send"]])
    elif "mark" in told:
        say("MARK", told["mark"])


poller = zmq.Poller()
poller.register(0, zmq.POLLIN)
poller.register(socket, zmq.POLLIN)
poller.register(monitor, zmq.POLLIN)
socket.connect(options["endpoint"])
for prefix in options.get("sub", []):
    subscription(1, prefix)
say("READY")

probe = options.get("probe")
buffered = b""
while True:
    ready = dict(poller.poll(20 if probe else None))
    if probe and 0 not in ready:
        socket.send_multipart([probe.encode(), b""])
    if monitor in ready:
        say("EVENT", zmq.Event(recv_monitor_message(monitor)["event"]).name)
    if socket in ready:
        while True:
            try:
                frames = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.ZMQError:  # Nothing there, or a REQ that has its answer.
                break
            say("MSG", *(base64.b64encode(frame).decode() or "-" for frame in frames))
    if 0 in ready:
        probe = None
        part = os.read(0, 1 << 20)
        if not part:
            break
        buffered += part
        *lines, buffered = buffered.split(b"\n")
        for line in lines:
            command(json.loads(line))
socket.disable_monitor()
monitor.close()
socket.close()
context.term()
