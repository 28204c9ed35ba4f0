// From received bytes to deliveries, and the order of their sequence numbers.
#include "load.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

// Anything but the next number: a settling message (0), a hole, a duplicate or a late message.
// Holes are remembered, so a message that fills one is late and not lost; what fills none is a
// duplicate. Beyond SEQ_RANGES holes the oldest is given up (its messages stay lost).
void seq_anomaly(struct conn *c, uint64_t number) {
    struct seq *s = &c->seq;
    uint64_t *last = &c->run->last[c->index];
    if (number == 0) {
        s->ready = true;
        return;
    }
    if (!s->range) s->range = need_memory(SEQ_RANGES * sizeof *s->range);
    if (number > *last) {
        if (s->ranges == SEQ_RANGES) memmove(s->range, s->range + 1, (size_t)--s->ranges * sizeof *s->range);
        s->range[s->ranges++] = (struct range){*last + 1, number - 1};
        s->lost += number - *last - 1;
        s->count++;
        c->run->delivered++;
        *last = number;
        return;
    }
    for (int i = 0; i < s->ranges; i++) {
        struct range *hole = &s->range[i];
        if (number < hole->from || number > hole->to) continue;
        s->late++;
        s->lost--;
        s->count++;
        c->run->delivered++;
        // Keep the larger part of the hole: late messages come in order or nearly so.
        if (number - hole->from > hole->to - number) hole->to = number - 1;
        else hole->from = number + 1;
        return;
    }
    s->duplicated++;
}

static inline void take(struct conn *c, uint64_t number, int64_t sent_at) {
    struct run *r = c->run;
    if (r->timed && number) histogram_add(&r->latency, r->received_at - sent_at);
    uint64_t *last = &r->last[c->index];
    if (number == *last + 1) {
        *last = number;
        c->seq.count++;
        r->delivered++;
        return;
    }
    seq_anomaly(c, number);
}

static inline void take_payload(struct conn *c, const uint8_t *payload) {
    uint64_t word[2] = {0, 0};
    if (c->run->text) { // the time, which costs as much to read, only where it is asked for
        if (!get_hex(payload + 1, word) || (c->run->timed && !get_hex(payload + 17, word + 1))) {
            c->errors++;
            return;
        }
    } else {
        memcpy(word, payload, sizeof word);
    }
    take(c, word[0], (int64_t)word[1]);
}

void deliver(struct conn *c, const uint8_t *payload) {
    take_payload(c, payload);
}

void deliver_number(struct conn *c, uint64_t number, int64_t sent_at) {
    take(c, number, sent_at);
}

// Takes whole elements from `bytes`; keeps the incomplete last one.
static void feed_bytes(struct conn *c, const uint8_t *bytes, size_t len) {
    const struct shape *s = &c->run->shape;
    size_t pos = 0;
    while (pos < len && !c->closed) {
        if (!c->is_pub) {
            while (len - pos >= s->total && !memcmp(bytes + pos, s->head, s->head_len)) {
                take_payload(c, bytes + pos + s->head_len);
                pos += s->total;
            }
            if (pos == len) break;
        }
        size_t n = c->proto->control(c, bytes + pos, len - pos);
        if (!n) break;
        pos += n;
    }
    c->inner.len = 0;
    if (len - pos > RX_BYTES) die("%s: element of more than %d bytes", c->proto->name, RX_BYTES);
    blob_add(&c->inner, bytes + pos, len - pos);
}

// What the handshake read too much of.
void feed_pending(struct conn *c) {
    size_t len = c->inner.len;
    if (!len) return;
    memcpy(c->run->rx, c->inner.at, len);
    feed_bytes(c, c->run->rx, len);
}

static void lost_connection(struct conn *c) {
    conn_close(c);
    if (!c->is_pub) c->run->last[c->index] = UINT64_MAX; // no longer holds the floor down
}

// Receives once. The buffer is  kept part of the protocol | kept part of WebSocket | new bytes.
// Returns false when there is nothing more.
bool feed_read(struct conn *c) {
    struct run *r = c->run;
    uint8_t *rx = r->rx;
    size_t inner = c->inner.len, outer = c->outer.len;
    ssize_t n = recv(c->fd, rx + inner + outer, RX_BYTES, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n <= 0) {
        lost_connection(c);
        return false;
    }
    if (r->timed) r->received_at = now_ns();
    if (inner) memcpy(rx, c->inner.at, inner);
    if (outer) memcpy(rx + inner, c->outer.at, outer);
    size_t len = outer + (size_t)n;
    if (c->framed) {
        size_t payload = 0, used = ws_unframe(c, rx + inner, len, rx + inner, &payload);
        c->outer.len = 0;
        blob_add(&c->outer, rx + inner + used, len - used);
        len = payload;
    }
    if (inner + len) feed_bytes(c, rx, inner + len);
    if (c->closed) lost_connection(c);
    return true;
}

void floor_update(struct run *r) {
    uint64_t floor = UINT64_MAX;
    for (int i = 0; i < r->opt->subs; i++)
        if (r->last[i] < floor) floor = r->last[i];
    r->floor = floor;
}
