"""A collector of traces on gRPC, by Google's own library: passes what it gets on to the address that is its argument.

It is not ready for the first call, as servers are that just started. Said: READY port, CALL outcome.
"""
import sys
import urllib.request
from concurrent import futures

import grpc

calls = 0


def say(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def export(spans, context):
    global calls
    calls += 1
    if calls == 1:
        say("CALL unavailable")
        context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
    headers = {"Content-Type": "application/x-protobuf"}
    headers.update((key, value) for key, value in context.invocation_metadata() if key == "authorization")
    urllib.request.urlopen(urllib.request.Request(sys.argv[1], spans, headers)).read()
    say("CALL taken")
    return b""


class Traces(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
            return grpc.unary_unary_rpc_method_handler(export)


server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Traces()])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
say("READY", str(port))
sys.stdin.read()
