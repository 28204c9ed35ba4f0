"""A ZeroMQ peer on libzmq through pyzmq: one socket, told what to do line by line.

The first argument is JSON: type, endpoint; optional plain ([user, token]), curve ({server, public, secret}),
sub (prefixes), probe (a topic that is sent every 20 ms until the first command), heartbeat (milliseconds), renew (a new
socket after each end, since libzmq gives up on a peer that broke the protocol).
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
poller = zmq.Poller()


def opened():
    """A connected socket and its monitor."""
    made = context.socket(getattr(zmq, options["type"]))
    watch = made.get_monitor_socket()
    made.setsockopt(zmq.SNDHWM, 0)
    made.setsockopt(zmq.RCVHWM, 0)
    made.setsockopt(zmq.LINGER, 0 if options.get("renew") else 5000)
    made.setsockopt(zmq.RECONNECT_IVL, 50)
    if "plain" in options:
        made.plain_username, made.plain_password = (part.encode() for part in options["plain"])
    if "curve" in options:
        made.curve_serverkey = options["curve"]["server"].encode()
        made.curve_publickey = options["curve"]["public"].encode()
        made.curve_secretkey = options["curve"]["secret"].encode()
    if "heartbeat" in options:
        made.setsockopt(zmq.HEARTBEAT_IVL, options["heartbeat"])
        made.setsockopt(zmq.HEARTBEAT_TIMEOUT, 10 * options["heartbeat"])
    made.connect(options["endpoint"])
    poller.register(made, zmq.POLLIN)
    poller.register(watch, zmq.POLLIN)
    return made, watch


def closed():
    poller.unregister(socket)
    poller.unregister(monitor)
    socket.disable_monitor()
    monitor.close()
    socket.close()


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


poller.register(0, zmq.POLLIN)
socket, monitor = opened()
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
        event = zmq.Event(recv_monitor_message(monitor)["event"]).name
        say("EVENT", event)
        if options.get("renew") and ("FAILED" in event or event == "DISCONNECTED"):
            closed()
            socket, monitor = opened()
            continue
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
closed()
context.term()
