// The publisher: a batch of finished frames, of which only sequence number and time change.
//
// The window (--inflight): the publisher stays at most W messages ahead of the slowest live
// subscriber. Without it a broker that drops what it cannot deliver would look faster than one that
// delivers, and a broker that cuts off slow consumers would cut off ours, for the generator shares
// the machine with it. When the floor has not moved for a second with a full window, messages were
// lost at the end of somebody's sequence: the publisher goes on by a batch and counts that.
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define STUCK NANOS
#define NAP (NANOS / 100)

static void batch_make(struct publisher *p, const struct options *o) {
    size_t total = p->shape.total;
    int64_t n = (int64_t)((size_t)o->batch / total);
    if (o->inflight > 0 && n > o->inflight / 2) n = o->inflight / 2;
    p->batch_msgs = n < 1 ? 1 : (int)n;
    p->batch = need_memory(total * (size_t)p->batch_msgs);
    for (int i = 0; i < p->batch_msgs; i++) {
        uint8_t *at = p->batch + total * (size_t)i;
        memcpy(at, p->shape.head, p->shape.head_len);
        memset(at + p->shape.head_len, '.', (size_t)o->size);
        memcpy(at + total - p->shape.tail_len, p->shape.tail, p->shape.tail_len);
    }
}

void publisher_open(struct publisher *p, struct run *r) {
    const struct options *o = r->opt;
    p->conn.is_pub = true;
    p->conn.proto = proto_find(o->pub_proto);
    if (!p->conn.proto->pub_open) die("%s cannot publish", o->pub_proto);
    p->conn.proto->pub_shape(o, &p->shape);
    batch_make(p, o);
    conn_open(&p->conn, r, o->host, o->pub_port);
    p->conn.proto->pub_open(&p->conn);
    conn_nonblocking(&p->conn);
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = p};
    if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, p->conn.fd, &e)) die("epoll_ctl: %s", strerror(errno));
    feed_pending(&p->conn);
}

static void stamp(struct publisher *p, int at, uint64_t number, int64_t time) {
    uint8_t *payload = p->batch + p->shape.total * (size_t)at + p->shape.head_len;
    if (p->conn.run->text) {
        payload[0] = '#';
        put_hex(payload + 1, number);
        put_hex(payload + 17, (uint64_t)time);
        return;
    }
    uint64_t word[2] = {number, (uint64_t)time};
    memcpy(payload, word, sizeof word);
}

static uint64_t window_room(const struct publisher *p) {
    const struct options *o = p->conn.run->opt;
    if (o->inflight <= 0) return (uint64_t)p->batch_msgs;
    uint64_t floor = p->conn.run->floor, window = (uint64_t)o->inflight;
    if (floor < p->forgiven) floor = p->forgiven;
    uint64_t flying = floor < p->sent ? p->sent - floor : 0;
    uint64_t room = flying < window ? window - flying : 0;
    // Flat out, small crumbs of window would make small sends: wait until a batch fits.
    if (o->rate <= 0 && room < (uint64_t)p->batch_msgs && room < window / 4) return 0;
    return room;
}

static uint64_t rate_room(const struct publisher *p) {
    double rate = p->conn.run->opt->rate;
    if (rate <= 0) return UINT64_MAX;
    uint64_t due = p->rate_base + (uint64_t)((double)(p->conn.run->now - p->rate_start) * rate / NANOS);
    return due > p->sent ? due - p->sent : 0;
}

static int64_t due_at(const struct publisher *p, uint64_t number) {
    return p->rate_start + (int64_t)((double)(number - p->rate_base) * NANOS / p->conn.run->opt->rate);
}

static bool may_send(const struct publisher *p) {
    return !p->paused && p->conn.credit > 0;
}

static uint64_t allowance(const struct publisher *p) {
    if (!may_send(p)) return 0;
    uint64_t room = window_room(p), rate = rate_room(p), batch = (uint64_t)p->batch_msgs;
    if (room > rate) room = rate;
    return room < batch ? room : batch;
}

void publisher_start_rate(struct publisher *p) {
    p->rate_start = p->conn.run->now;
    p->rate_base = p->sent;
}

static void watch_window(struct publisher *p) {
    struct run *r = p->conn.run;
    if (!may_send(p) || window_room(p)) {
        p->waiting_since = 0;
        return;
    }
    if (!p->waiting_since || p->waiting_floor != r->floor) {
        p->waiting_since = r->now;
        p->waiting_floor = r->floor;
    } else if (r->now - p->waiting_since > STUCK) {
        p->forgiven = p->sent + (uint64_t)p->batch_msgs - (uint64_t)r->opt->inflight;
        p->window_timeouts++;
        p->waiting_since = 0;
    }
}

static bool flush(struct publisher *p) {
    while (p->off < p->len) {
        ssize_t n = send(p->conn.fd, p->batch + p->off, p->len - p->off, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {
            p->writable = false;
            return false;
        }
        if (n < 0) die("publisher: %s", strerror(errno));
        p->off += (size_t)n;
    }
    p->off = p->len = 0;
    if (!conn_flush_reply(&p->conn)) p->writable = false;
    return p->writable;
}

// Sends one batch at most, so that subscribers are read in between.
void publisher_step(struct publisher *p) {
    if (p->conn.closed) die("publisher: the broker closed the connection");
    if (!p->writable || !flush(p)) return;
    uint64_t n = allowance(p);
    if (!n) {
        watch_window(p);
        return;
    }
    int64_t time = p->conn.run->timed ? now_ns() : 0;
    if (time) {
        int64_t late = time - due_at(p, p->sent + 1);
        if (late > p->late_max) p->late_max = late;
    }
    for (uint64_t i = 0; i < n; i++) stamp(p, (int)i, ++p->sent, time);
    p->len = n * p->shape.total;
    flush(p);
}

// A message with number 0: tells whether the way to every subscriber is open.
void publisher_settle(struct publisher *p) {
    if (p->conn.closed) die("publisher: the broker closed the connection");
    if (!p->writable || !flush(p) || p->conn.credit <= 0) return;
    stamp(p, 0, 0, 0);
    p->len = p->shape.total;
    flush(p);
}

void publisher_event(struct publisher *p, uint32_t events) {
    if (events & EPOLLOUT) p->writable = true;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        while (!p->conn.closed && feed_read(&p->conn)) continue;
}

// How long the loop may sleep, as far as the publisher is concerned.
int64_t publisher_wait(const struct publisher *p) {
    if (!p->writable) return NAP;
    if (p->off < p->len || allowance(p)) return 0;
    if (p->conn.run->opt->rate <= 0 || !may_send(p)) return NAP;
    int64_t wait = due_at(p, p->sent + 1) + 1 - p->conn.run->now;
    if (wait <= 0) return NAP; // due, but the window is full
    return wait < NANOS / 10000 && p->conn.run->opt->rate > 10000 ? NANOS / 10000 : wait;
}
