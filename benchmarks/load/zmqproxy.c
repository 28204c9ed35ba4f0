// The peer: libzmq's own XSUB/XPUB proxy, PLAIN on request.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static const char *user, *password;

static void check(int failed, const char *what) {
    if (!failed) return;
    fprintf(stderr, "zmqproxy: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

// ZAP (RFC 27): version, request id, domain, address, identity, mechanism, user, password.
static void *authenticate(void *socket) {
    char part[8][256];
    for (;;) {
        int n = 0, more = 1;
        size_t size = sizeof more;
        memset(part, 0, sizeof part);
        for (; more; n++) {
            char *at = part[n < 8 ? n : 7];
            if (zmq_recv(socket, at, 255, 0) < 0) return NULL;
            zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
        }
        int ok = n == 8 && !strcmp(part[5], "PLAIN") && !strcmp(part[6], user) && !strcmp(part[7], password);
        const char *answer[] = {"1.0", part[1], ok ? "200" : "400", ok ? "OK" : "no", ok ? user : "", ""};
        for (int i = 0; i < 6; i++) zmq_send(socket, answer[i], strlen(answer[i]), i < 5 ? ZMQ_SNDMORE : 0);
    }
}

static void *door(void *context, int type, const char *port) {
    char endpoint[64];
    int hwm = 8192, one = 1; // more than the load generator's window, so that nothing is dropped
    void *socket = zmq_socket(context, type);
    zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
    if (user) zmq_setsockopt(socket, ZMQ_PLAIN_SERVER, &one, sizeof one);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%s", port);
    check(zmq_bind(socket, endpoint), endpoint);
    return socket;
}

int main(int argc, char **argv) {
    if (argc != 3 && argc != 5) {
        fputs("usage: zmqproxy publishers-port subscribers-port [user password]\n", stderr);
        return 2;
    }
    void *context = zmq_ctx_new();
    if (argc == 5) {
        pthread_t thread;
        user = argv[3];
        password = argv[4];
        void *zap = zmq_socket(context, ZMQ_REP);
        check(zmq_bind(zap, "inproc://zeromq.zap.01"), "zap");
        check(pthread_create(&thread, NULL, authenticate, zap), "thread");
    }
    void *in = door(context, ZMQ_XSUB, argv[1]), *out = door(context, ZMQ_XPUB, argv[2]);
    zmq_proxy(in, out, NULL);
    return 0;
}
