// NATS and Redis (RESP2): text protocols with binary payloads.
#include "load.h"

#include <stdlib.h>
#include <string.h>

static void shape_text(struct shape *s, const char *head, int len, int size) {
    if (len < 0 || len >= HEAD_MAX) die("topic too long");
    shape_set(s, head, (size_t)len, "\r\n", size);
}

// One line at the front, complete: its length, else 0.
static size_t line(const uint8_t *at, size_t len) {
    const uint8_t *end = len ? memchr(at, '\n', len) : NULL;
    return end ? (size_t)(end - at) + 1 : 0;
}

static bool starts(const uint8_t *at, size_t len, const char *with) {
    size_t n = strlen(with);
    return len >= n && !memcmp(at, with, n);
}

// --- NATS: PUB topic size CRLF payload CRLF; MSG topic sid size CRLF payload CRLF ---------------

static void nats_pub_shape(const struct options *o, struct shape *s) {
    char head[HEAD_MAX];
    shape_text(s, head, snprintf(head, sizeof head, "PUB %s %d\r\n", o->topic, o->size), o->size);
}

static void nats_sub_shape(const struct options *o, struct shape *s) {
    char head[HEAD_MAX];
    shape_text(s, head, snprintf(head, sizeof head, "MSG %s 1 %d\r\n", o->topic, o->size), o->size);
}

static void nats_greet(struct conn *c) {
    char out[512];
    int n = snprintf(out, sizeof out, "CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"load\"}\r\n");
    if (!c->is_pub) n += snprintf(out + n, sizeof out - (size_t)n, "SUB %s 1\r\n", c->run->opt->topic);
    n += snprintf(out + n, sizeof out - (size_t)n, "PING\r\n");
    conn_send(c, out, (size_t)n);
}

// INFO comes first and is skipped; the PONG says that everything sent before it is in force.
static void nats_await_pong(struct conn *c) {
    for (bool pong = false; !pong;) {
        size_t len = conn_need_line(c);
        pong = starts(c->inner.at, len, "PONG");
        if (starts(c->inner.at, len, "PING")) conn_send(c, "PONG\r\n", 6);
        if (starts(c->inner.at, len, "-ERR")) die("nats: %.*s", (int)len, (const char *)c->inner.at);
        blob_drop(&c->inner, len);
    }
}

static void nats_pub_open(struct conn *c) {
    nats_greet(c);
    nats_await_pong(c);
    c->credit = 1;
}

static bool nats_sub_open(struct conn *c, int step) {
    if (step == 0 && c->ws) {
        ws_request(c, c->run->opt->ws_path ? c->run->opt->ws_path : "/", NULL);
        return false;
    }
    if (step == 2) {
        nats_await_pong(c);
        return true;
    }
    if (step == 1) ws_answer(c);
    nats_greet(c);
    if (step == 0) nats_await_pong(c);
    return step == 0;
}

static size_t nats_control(struct conn *c, const uint8_t *at, size_t len) {
    size_t n = line(at, len);
    if (!n) return 0;
    if (starts(at, n, "PING")) {
        uint8_t frame[32];
        if (c->ws) conn_reply(c, frame, ws_wrap(frame, 2, "PONG\r\n", 6));
        else conn_reply(c, "PONG\r\n", 6);
    } else if (starts(at, n, "-ERR")) {
        c->errors++;
    } else if (starts(at, n, "MSG")) {
        // The head was compared already: either the rest is missing or it is another message.
        if (n == c->run->shape.head_len && !memcmp(at, c->run->shape.head, n)) return 0;
        die("nats: unexpected %.*s", (int)n, (const char *)at);
    }
    return n;
}

const struct proto proto_nats = {"nats",        false,         nats_pub_shape, nats_sub_shape,
                                 nats_pub_open, nats_sub_open, nats_control};

// --- Redis: arrays of bulk strings ---------------------------------------------------------------

static void redis_pub_shape(const struct options *o, struct shape *s) {
    char head[HEAD_MAX];
    int n = snprintf(head, sizeof head, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%d\r\n", strlen(o->topic), o->topic, o->size);
    shape_text(s, head, n, o->size);
}

static void redis_sub_shape(const struct options *o, struct shape *s) {
    char head[HEAD_MAX];
    int n = snprintf(head, sizeof head, "*3\r\n$7\r\nmessage\r\n$%zu\r\n%s\r\n$%d\r\n", strlen(o->topic), o->topic, o->size);
    shape_text(s, head, n, o->size);
}

static void redis_pub_open(struct conn *c) {
    c->credit = 1;
}

static bool redis_sub_open(struct conn *c, int step) {
    (void)step;
    char out[512];
    const char *topic = c->run->opt->topic;
    int n = snprintf(out, sizeof out, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(topic), topic);
    conn_send(c, out, (size_t)n);
    for (int i = 0; i < 6; i++) { // *3, $9, subscribe, $n, topic, :1
        size_t len = conn_need_line(c);
        if (c->inner.at[0] == '-') die("redis: %.*s", (int)len, (const char *)c->inner.at);
        blob_drop(&c->inner, len);
    }
    return true;
}

static size_t redis_control(struct conn *c, const uint8_t *at, size_t len) {
    if (!c->is_pub) { // subscribers get nothing but deliveries, so this is the start of one
        const struct shape *s = &c->run->shape;
        if (len >= s->head_len && memcmp(at, s->head, s->head_len)) die("redis: unexpected %.40s", (const char *)at);
        return 0;
    }
    size_t n = line(at, len); // the publisher gets ":receivers" per message
    if (n && at[0] == '-') c->errors++;
    return n;
}

const struct proto proto_redis = {"redis",        false,          redis_pub_shape, redis_sub_shape,
                                  redis_pub_open, redis_sub_open, redis_control};
