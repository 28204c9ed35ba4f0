// WebSocket (RFC 6455), client side: upgrade, frames, pings. And two protocols that need HTTP:
// `json` (subscriber: one event per text frame) and `http` (publisher: POST, pipelined).
//
//   frame  fin, opcode | mask bit, length 7 bits (126: + 2 bytes, 127: + 8 bytes) | mask | payload
#include "load.h"

#include <string.h>

enum { CLOSE = 8, PING = 9, PONG = 10 };

// Asks for the upgrade. The key is constant and the answer's hash is not checked: the 101 is enough to measure.
void ws_request(struct conn *c, const char *path, const char *subprotocol) {
    const struct options *o = c->run->opt;
    char out[2048];
    int n = snprintf(out, sizeof out,
                     "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bG9hZC1nZW5lcmF0b3ItMQ==\r\n",
                     path, o->host, o->sub_port);
    if (subprotocol) n += snprintf(out + n, sizeof out - (size_t)n, "Sec-WebSocket-Protocol: %s\r\n", subprotocol);
    if (o->token) n += snprintf(out + n, sizeof out - (size_t)n, "Authorization: Bearer %s\r\n", o->token);
    n += snprintf(out + n, sizeof out - (size_t)n, "\r\n");
    if ((size_t)n >= sizeof out) die("ws: request too long");
    conn_send(c, out, (size_t)n);
}

void ws_answer(struct conn *c) {
    size_t len = conn_need_line(c);
    if (len < 12 || memcmp(c->inner.at + 9, "101", 3)) die("ws: %.*s", (int)len, (const char *)c->inner.at);
    while (len > 2) {
        blob_drop(&c->inner, len);
        len = conn_need_line(c);
    }
    blob_drop(&c->inner, len);
    c->framed = true;
    // What came behind the head is frames already.
    blob_add(&c->outer, c->inner.at, c->inner.len);
    c->inner.len = 0;
    if (c->outer.len) {
        size_t payload = 0, used = ws_unframe(c, c->outer.at, c->outer.len, c->outer.at, &payload);
        blob_add(&c->inner, c->outer.at, payload);
        blob_drop(&c->outer, used);
    }
}

// A client's frame: masked, as the RFC demands.
size_t ws_wrap(uint8_t *out, int opcode, const void *bytes, size_t len) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    size_t n = 2;
    out[0] = (uint8_t)(0x80 | opcode);
    if (len < 126) {
        out[1] = (uint8_t)(0x80 | len);
    } else {
        out[1] = 0x80 | 126;
        put_be(out + 2, len, 2);
        n = 4;
    }
    memcpy(out + n, mask, 4);
    n += 4;
    for (size_t i = 0; i < len; i++) out[n + i] = ((const uint8_t *)bytes)[i] ^ mask[i & 3];
    return n + len;
}

static void control_frame(struct conn *c, int opcode, const uint8_t *payload, size_t len) {
    uint8_t out[160];
    if (opcode == PING) conn_reply(c, out, ws_wrap(out, PONG, payload, len));
    if (opcode == CLOSE) conn_close(c);
}

// Reads a frame head. Returns its bytes, 0 when incomplete.
static size_t head_parse(const uint8_t *at, size_t len, uint64_t *payload) {
    if (len < 2) return 0;
    if (at[1] & 0x80) die("ws: masked frame from the server");
    size_t more = at[1] == 126 ? 2 : at[1] == 127 ? 8 : 0;
    if (len < 2 + more) return 0;
    *payload = more ? get_be(at + 2, (int)more) : at[1];
    return 2 + more;
}

// Takes the frames out of `bytes` and puts their payloads, joined, into `out` (which may be `bytes`
// itself). Returns how many bytes were used; the rest belongs to an incomplete head, control frame
// or JSON frame. A stream inside frames is not held until its frame is complete: brokers send
// frames of megabytes.
size_t ws_unframe(struct conn *c, uint8_t *bytes, size_t len, uint8_t *out, size_t *out_len) {
    size_t pos = 0, made = 0;
    bool json = c->proto == &proto_json;
    while (pos < len && !c->closed) {
        if (!c->ws_remain) {
            uint64_t payload;
            size_t head = head_parse(bytes + pos, len - pos, &payload);
            if (!head) break;
            int opcode = bytes[pos] & 15;
            bool whole = len - pos - head >= payload;
            if (opcode >= 8 || json) {
                if (payload > RX_BYTES / 2) die("ws: frame of %llu bytes", (unsigned long long)payload);
                if (!whole) break;
                if (opcode >= 8) control_frame(c, opcode, bytes + pos + head, payload);
                else json_frame(c, bytes + pos + head, payload);
                pos += head + payload;
                continue;
            }
            pos += head;
            c->ws_remain = payload;
        }
        size_t part = len - pos < c->ws_remain ? len - pos : (size_t)c->ws_remain;
        memmove(out + made, bytes + pos, part);
        made += part;
        pos += part;
        c->ws_remain -= part;
    }
    *out_len = made;
    return pos;
}

// --- json: the broker's own WebSocket protocol ---------------------------------------------------

static void no_shape(const struct options *o, struct shape *s) {
    (void)o;
    memset(s, 0, sizeof *s);
}

static bool json_open(struct conn *c, int step) {
    const struct options *o = c->run->opt;
    char path[512];
    if (step == 1) {
        ws_answer(c);
        return true;
    }
    snprintf(path, sizeof path, "/events?topic=%s", o->topic);
    ws_request(c, o->ws_path ? o->ws_path : path, "databroker.v1.json");
    return false;
}

static int base64_digit(uint8_t c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// The first `n` bytes (a multiple of 3) behind base64 digits.
static bool base64_start(const uint8_t *in, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i += 3, in += 4) {
        uint32_t v = 0;
        for (int k = 0; k < 4; k++) {
            int digit = base64_digit(in[k]);
            if (digit < 0) return false;
            v = v << 6 | (uint32_t)digit;
        }
        put_be(out + i, v, 3);
    }
    return true;
}

// Reads the number, and the time only where it is asked for: that costs as much again.
static bool json_numbers(const struct run *r, const uint8_t *in, uint64_t *number, uint64_t *at) {
    return get_hex(in, number) && (!r->timed || get_hex(in + 16, at));
}

// The payload is "#" + 16 hex digits sequence + 16 hex digits time, and comes back as a JSON string or in
// base64. Only frames that carry "data" are events; greetings and confirmations are not counted.
void json_frame(struct conn *c, const uint8_t *text, size_t len) {
    uint64_t number, at = 0;
    uint8_t plain[MIN_TEXT];
    struct run *r = c->run;
    const uint8_t *guess = text + r->json_at;
    if (r->json_at && r->json_at + 9 + 32 < len && !memcmp(guess, "\"data\":\"#", 9) && json_numbers(r, guess + 9, &number, &at)) {
        deliver_number(c, number, (int64_t)at);
        return;
    }
    const uint8_t *data = memmem(text, len, "\"data", 5);
    if (!data) return;
    const uint8_t *end = text + len;
    const uint8_t *mark = memmem(data, (size_t)(end - data), ":\"#", 3);
    if (mark && end - mark >= 3 + 32 && json_numbers(r, mark + 3, &number, &at)) {
        r->json_at = (size_t)(data - text);
        deliver_number(c, number, (int64_t)at);
        return;
    }
    mark = memmem(data, (size_t)(end - data), "_base64\":\"", 10);
    if (mark && end - mark >= 10 + 44 && base64_start(mark + 10, plain, MIN_TEXT) && plain[0] == '#' &&
        json_numbers(r, plain + 1, &number, &at)) {
        deliver_number(c, number, (int64_t)at);
        return;
    }
    c->errors++; // an event that is not ours
}

static size_t no_control(struct conn *c, const uint8_t *at, size_t len) {
    (void)c;
    (void)at;
    return len;
}

const struct proto proto_json = {"json", true, no_shape, no_shape, NULL, json_open, no_control};

// --- http: POST /events/<topic>, one request after the other without waiting ---------------------

static void http_shape(const struct options *o, struct shape *s) {
    char head[HEAD_MAX];
    int n = snprintf(head, sizeof head, "POST /events/%s HTTP/1.1\r\nHost: %s:%d\r\n%s%s%sContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n",
                     o->topic, o->host, o->pub_port, o->token ? "Authorization: Bearer " : "", o->token ? o->token : "",
                     o->token ? "\r\n" : "", o->size);
    if (n >= HEAD_MAX) die("http: head too long");
    shape_set(s, head, (size_t)n, "", o->size);
}

static void http_open(struct conn *c) {
    c->credit = 1;
}

// Answers: the status counts, the rest is skipped line by line. Bodies pass as lines too, which is
// harmless since no body of ours begins like a status line.
static size_t http_control(struct conn *c, const uint8_t *at, size_t len) {
    const uint8_t *end = memchr(at, '\n', len);
    if (!end) return 0;
    if (end - at > 9 && !memcmp(at, "HTTP/1.", 7) && at[9] != '2') c->errors++;
    return (size_t)(end - at) + 1;
}

const struct proto proto_http = {"http", false, http_shape, no_shape, http_open, NULL, http_control};
