// MQTT 3.1.1 at QoS 0, over TCP or inside WebSocket frames; and the table of protocols.
//
//   packet   type and flags | remaining length, 7 bits a byte | body
//   PUBLISH  30 | length | topic length, 2 bytes | topic | payload
#include "load.h"

#include <string.h>
#include <unistd.h>

void shape_set(struct shape *s, const void *head, size_t head_len, const char *tail, int size) {
    if (head_len > HEAD_MAX) die("head of a frame too long");
    memcpy(s->head, head, head_len);
    s->head_len = head_len;
    s->tail_len = strlen(tail);
    memcpy(s->tail, tail, s->tail_len);
    s->total = head_len + (size_t)size + s->tail_len;
}

static size_t put_varint(uint8_t *out, size_t value) {
    size_t n = 0;
    do {
        out[n] = (uint8_t)(value & 127);
        value >>= 7;
        if (value) out[n] |= 128;
        n++;
    } while (value);
    return n;
}

static size_t put_string(uint8_t *out, const char *text) {
    size_t len = strlen(text);
    put_be(out, len, 2);
    memcpy(out + 2, text, len);
    return 2 + len;
}

static void publish_shape(const struct options *o, struct shape *s) {
    uint8_t head[HEAD_MAX] = {0x30};
    size_t n = 1 + put_varint(head + 1, 2 + strlen(o->topic) + (size_t)o->size);
    n += put_string(head + n, o->topic);
    shape_set(s, head, n, "", o->size);
}

static void packet(struct conn *c, uint8_t type, const uint8_t *body, size_t len) {
    uint8_t out[512];
    if (len > sizeof out - 8) die("mqtt: packet too long");
    out[0] = type;
    size_t n = 1 + put_varint(out + 1, len);
    memcpy(out + n, body, len);
    conn_send(c, out, n + len);
}

static void expect(struct conn *c, uint8_t type, size_t len, size_t code_at) {
    conn_need(c, len);
    if (c->inner.at[0] != type || c->inner.at[code_at] != 0) die("mqtt: refused (type %02x)", c->inner.at[0]);
    blob_drop(&c->inner, len);
}

static void greet(struct conn *c) {
    uint8_t body[256] = {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0}; // level 4, clean session, no keep-alive
    char id[32];
    snprintf(id, sizeof id, "load-%d-%d", (int)getpid(), c->is_pub ? -1 : c->index);
    packet(c, 0x10, body, 10 + put_string(body + 10, id));
}

static void pub_open(struct conn *c) {
    greet(c);
    expect(c, 0x20, 4, 3);
    c->credit = 1;
}

static bool sub_open(struct conn *c, int step) {
    uint8_t body[300] = {0, 1}; // packet id 1; the QoS after the topic is 0
    if (!c->ws) step++;         // without WebSocket there is no upgrade to ask for
    switch (step) {
    case 0: ws_request(c, c->run->opt->ws_path ? c->run->opt->ws_path : "/mqtt", "mqtt"); return false;
    case 1:
        if (c->ws) ws_answer(c);
        greet(c);
        return false;
    case 2:
        expect(c, 0x20, 4, 3);
        packet(c, 0x82, body, 2 + put_string(body + 2, c->run->opt->topic) + 1);
        return false;
    default: expect(c, 0x90, 5, 4); return true;
    }
}

static size_t control(struct conn *c, const uint8_t *at, size_t len) {
    size_t value = 0, n = 1;
    for (int shift = 0;; shift += 7) {
        if (n >= len || shift > 21) return 0;
        value |= (size_t)(at[n] & 127) << shift;
        if (!(at[n++] & 128)) break;
    }
    if (len < n + value) return 0;
    if (at[0] >> 4 == 3 && !c->is_pub) die("mqtt: unexpected publication");
    return n + value;
}

const struct proto proto_mqtt = {"mqtt", false, publish_shape, publish_shape, pub_open, sub_open, control};

const struct proto *proto_find(const char *name) {
    static const struct proto *const all[] = {&proto_zmtp, &proto_nats, &proto_redis, &proto_mqtt, &proto_http, &proto_json};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i]->name, name)) return all[i];
    die("no protocol %s", name);
}
