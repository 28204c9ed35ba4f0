// ZMTP 3.1 (RFC 37) by hand: greeting, NULL or PLAIN, PUB and SUB.
//
//   greeting  FF 00*8 7F | 03 01 | mechanism, 20 bytes | as-server | 00*31
//   frame     flags (1 more, 2 long, 4 command) | length, 1 or 8 bytes | body
//   command   body = name length | name | data
//   message   [topic, more][payload]
#include "load.h"

#include <string.h>

enum { MORE = 1, LONG = 2, COMMAND = 4 };

static size_t frame_head(uint8_t *out, int flags, size_t len) {
    if (len < 256) {
        out[0] = (uint8_t)flags;
        out[1] = (uint8_t)len;
        return 2;
    }
    out[0] = (uint8_t)(flags | LONG);
    put_be(out + 1, len, 8);
    return 9;
}

static void message_shape(const struct options *o, struct shape *s) {
    uint8_t head[HEAD_MAX];
    size_t topic = strlen(o->topic);
    size_t n = frame_head(head, MORE, topic);
    memcpy(head + n, o->topic, topic);
    n += topic;
    n += frame_head(head + n, 0, (size_t)o->size);
    shape_set(s, head, n, "", o->size);
}

// Reads a frame head. Returns the bytes of the whole frame, 0 when it is not complete.
static size_t frame_parse(const uint8_t *at, size_t len, int *flags, const uint8_t **body, size_t *body_len) {
    if (len < 2) return 0;
    *flags = at[0];
    size_t head = *flags & LONG ? 9 : 2;
    if (len < head) return 0;
    uint64_t n = *flags & LONG ? get_be(at + 1, 8) : at[1];
    if (n > RX_BYTES) die("zmtp: frame of %llu bytes", (unsigned long long)n);
    if (len < head + n) return 0;
    *body = at + head;
    *body_len = n;
    return head + n;
}

static size_t command_make(uint8_t *out, const char *name, const void *data, size_t len) {
    size_t name_len = strlen(name);
    size_t n = frame_head(out, COMMAND, 1 + name_len + len);
    out[n++] = (uint8_t)name_len;
    memcpy(out + n, name, name_len);
    if (len) memcpy(out + n + name_len, data, len);
    return n + name_len + len;
}

static bool is_command(const uint8_t *body, size_t len, const char *name) {
    size_t n = strlen(name);
    return len > n && body[0] == n && !memcmp(body + 1, name, n);
}

static void expect_command(struct conn *c, const char *name) {
    int flags;
    const uint8_t *body;
    size_t len, n;
    while (!(n = frame_parse(c->inner.at, c->inner.len, &flags, &body, &len))) conn_need(c, c->inner.len + 1);
    if (!(flags & COMMAND) || !is_command(body, len, name)) {
        int shown = flags & COMMAND && len > 1 ? (int)len - 1 : 0;
        die("zmtp: wanted %s, got %.*s", name, shown, (const char *)body + 1);
    }
    blob_drop(&c->inner, n);
}

static size_t property(uint8_t *out, const char *name, const char *value) {
    size_t a = strlen(name), b = strlen(value);
    out[0] = (uint8_t)a;
    memcpy(out + 1, name, a);
    put_be(out + 1 + a, b, 4);
    memcpy(out + 5 + a, value, b);
    return 5 + a + b;
}

static void send_command(struct conn *c, const char *name, const void *data, size_t len) {
    uint8_t out[1024];
    if (len > sizeof out - 32) die("zmtp: command too long");
    conn_send(c, out, command_make(out, name, data, len));
}

static void greet(struct conn *c, const char *mechanism) {
    uint8_t greeting[64] = {0xff, [9] = 0x7f, [10] = 3, [11] = 1};
    memcpy(greeting + 12, mechanism, strlen(mechanism));
    conn_send(c, greeting, sizeof greeting);
    conn_need(c, 64);
    const uint8_t *peer = c->inner.at;
    if (peer[0] != 0xff || peer[9] != 0x7f || peer[10] < 3) die("zmtp: peer speaks no ZMTP 3");
    if (strncmp((const char *)peer + 12, mechanism, 20)) die("zmtp: peer wants %.20s", peer + 12);
    c->zmtp_minor = peer[10] > 3 ? 1 : peer[11];
    blob_drop(&c->inner, 64);
}

static void handshake(struct conn *c, const char *socket_type) {
    const struct options *o = c->run->opt;
    uint8_t meta[128], hello[512];
    size_t n = property(meta, "Socket-Type", socket_type);
    n += property(meta + n, "Identity", "");
    greet(c, o->user ? "PLAIN" : "NULL");
    if (!o->user) {
        send_command(c, "READY", meta, n);
        expect_command(c, "READY");
        return;
    }
    size_t user = strlen(o->user), password = strlen(o->password);
    if (user > 200 || password > 255) die("zmtp: user or password too long");
    hello[0] = (uint8_t)user;
    memcpy(hello + 1, o->user, user);
    hello[1 + user] = (uint8_t)password;
    memcpy(hello + 2 + user, o->password, password);
    send_command(c, "HELLO", hello, 2 + user + password);
    expect_command(c, "WELCOME");
    send_command(c, "INITIATE", meta, n);
    expect_command(c, "READY");
}

static void pub_open(struct conn *c) {
    handshake(c, "PUB");
    c->credit = 0; // a PUB sends what its peer subscribed to, and nothing before
}

static bool sub_open(struct conn *c, int step) {
    (void)step; // one step does: no peer is slow in it
    handshake(c, "SUB");
    const char *topic = c->run->opt->topic;
    size_t len = strlen(topic);
    if (c->zmtp_minor >= 1) {
        send_command(c, "SUBSCRIBE", topic, len);
        return true;
    }
    uint8_t out[300]; // ZMTP 3.0: a message that begins with 1
    size_t n = frame_head(out, 0, len + 1);
    out[n++] = 1;
    memcpy(out + n, topic, len);
    conn_send(c, out, n + len);
    return true;
}

static void subscription(struct conn *c, int change, const uint8_t *prefix, size_t len) {
    const char *topic = c->run->opt->topic;
    if (len <= strlen(topic) && !memcmp(topic, prefix, len)) c->credit += change;
}

static void on_command(struct conn *c, const uint8_t *body, size_t len) {
    uint8_t out[64];
    if (is_command(body, len, "PING") && len >= 7 && len <= 23) {
        conn_reply(c, out, command_make(out, "PONG", body + 7, len - 7));
    } else if (is_command(body, len, "SUBSCRIBE")) {
        subscription(c, 1, body + 10, len - 10);
    } else if (is_command(body, len, "CANCEL")) {
        subscription(c, -1, body + 7, len - 7);
    } else if (is_command(body, len, "ERROR")) {
        die("zmtp: peer says %.*s", (int)len - 1, (const char *)body + 1);
    }
}

static size_t control(struct conn *c, const uint8_t *at, size_t len) {
    int flags, flags2;
    const uint8_t *body, *payload;
    size_t body_len, payload_len, n = frame_parse(at, len, &flags, &body, &body_len), m;
    if (!n) return 0;
    if (flags & COMMAND) {
        on_command(c, body, body_len);
        return n;
    }
    if (c->is_pub) {
        if (body_len && body[0] <= 1) subscription(c, body[0] ? 1 : -1, body + 1, body_len - 1);
        return n;
    }
    if (!(flags & MORE)) return n;
    m = frame_parse(at + n, len - n, &flags2, &payload, &payload_len);
    if (!m) return 0;
    // The same message in another spelling, such as a long frame where a short one would do.
    if (payload_len == (size_t)c->run->opt->size) deliver(c, payload);
    return n + m;
}

const struct proto proto_zmtp = {"zmtp", false, message_shape, message_shape, pub_open, sub_open, control};
