// The runs: traffic (throughput, rtt, stall) and idle connections.
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define EVENTS 512
#define CHUNK 200 // connections opened at the same time
#define SETTLE_LIMIT (15 * NANOS)
#define SETTLE_STEP (NANOS / 200)
#define DRAIN_QUIET (2 * NANOS)
#define STALL_QUIET (15 * NANOS) // nats-server may wait 10 s for the stalled one, and the others with it
#define DRAIN_LIMIT (30 * NANOS) // a full window to 100 subscribers takes mosquitto 5 s

static void loop_once(struct run *r, int64_t wait) {
    struct epoll_event events[EVENTS];
    struct timespec t = {wait / NANOS, wait % NANOS};
    int n = epoll_pwait2(r->epoll, events, EVENTS, &t, NULL);
    if (n < 0 && errno != EINTR) die("epoll: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr == &r->pub) publisher_event(&r->pub, events[i].events);
        else feed_read(events[i].data.ptr);
    }
    if (n > 0) floor_update(r);
    r->now = now_ns();
}

// Until `end`, or until `goal` deliveries have been counted.
static void traffic_until(struct run *r, int64_t end, uint64_t goal) {
    while (r->now < end && r->delivered < goal) {
        publisher_step(&r->pub);
        loop_once(r, publisher_wait(&r->pub));
        if (r->now - r->moved_at > r->pause_max) r->pause_max = r->now - r->moved_at;
        if (r->delivered == r->delivered_before) continue;
        r->delivered_before = r->delivered;
        r->moved_at = r->now;
    }
}

static void subs_chunk(struct run *r, int from, int to) {
    const struct proto *proto = proto_find(r->opt->sub_proto);
    for (int i = from; i < to; i++) {
        struct conn *c = &r->subs[i];
        c->index = i;
        c->proto = proto;
        c->ws = r->opt->ws;
        conn_open(c, r, r->opt->host, r->opt->sub_port);
    }
    bool open = false;
    for (int step = 0; !open; step++)
        for (int i = from; i < to; i++) open = proto->sub_open(&r->subs[i], step);
    for (int i = from; i < to; i++) {
        struct conn *c = &r->subs[i];
        conn_nonblocking(c);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, c->fd, &e)) die("epoll_ctl: %s", strerror(errno));
    }
}

// Opens all subscribers, some at a time, and answers pings of the earlier ones in between.
static void subs_open(struct run *r) {
    for (int i = 0; i < r->opt->subs; i += CHUNK) {
        subs_chunk(r, i, i + CHUNK < r->opt->subs ? i + CHUNK : r->opt->subs);
        loop_once(r, 0);
    }
    for (int i = 0; i < r->opt->subs; i++) feed_pending(&r->subs[i]);
}

static void prepare(struct run *r) {
    const struct proto *sub = proto_find(r->opt->sub_proto);
    if (!sub->sub_open) die("%s cannot subscribe", r->opt->sub_proto);
    r->text = sub->text || r->opt->text;
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    r->rx = need_memory(RX_BYTES * 4);
    r->subs = need_memory((size_t)r->opt->subs * sizeof *r->subs);
    r->last = need_memory((size_t)r->opt->subs * sizeof *r->last);
    r->now = now_ns();
    sub->sub_shape(r->opt, &r->shape);
}

// Sends until every subscriber has seen a message: only then is the count fair.
static void settle(struct run *r) {
    int64_t limit = r->now + SETTLE_LIMIT, next = r->now;
    for (int ready = 0; ready < r->opt->subs;) {
        if (r->now > limit) die("only %d of %d subscribers get messages", ready, r->opt->subs);
        if (r->now >= next) {
            publisher_settle(&r->pub);
            next = r->now + SETTLE_STEP;
        }
        loop_once(r, SETTLE_STEP);
        while (ready < r->opt->subs && r->subs[ready].seq.ready) ready++;
    }
    while (r->pub.off < r->pub.len) {
        publisher_settle(&r->pub);
        loop_once(r, SETTLE_STEP);
    }
}

static void stall_first(struct run *r) {
    struct conn *c = &r->subs[0];
    c->stalled = true;
    epoll_ctl(r->epoll, EPOLL_CTL_DEL, c->fd, NULL);
    r->last[0] = UINT64_MAX;
    floor_update(r);
}

// What the stalled subscriber would still read, and whether the broker has cut it off.
static uint64_t stalled_rest(struct run *r, bool *closed) {
    uint64_t bytes = 0;
    int64_t limit = now_ns() + NANOS;
    ssize_t n = 0;
    while (now_ns() < limit && (n = recv(r->subs[0].fd, r->rx, RX_BYTES, MSG_DONTWAIT)) > 0) bytes += (uint64_t)n;
    *closed = n == 0 || (n < 0 && errno != EAGAIN);
    return bytes;
}

// Lets arrive what is on the way: until all is there or nothing moves.
static void drain(struct run *r, int64_t quiet) {
    r->pub.paused = true;
    uint64_t seen = 0;
    int64_t moved = r->now, limit = r->now + DRAIN_LIMIT;
    while (r->now < limit && r->now - moved < quiet && (r->floor < r->pub.sent || r->pub.off < r->pub.len)) {
        publisher_step(&r->pub);
        loop_once(r, NANOS / 1000);
        if (r->delivered != seen) moved = r->now;
        seen = r->delivered;
    }
}

void run_traffic(struct run *r) {
    const struct options *o = r->opt;
    struct sample from, to;
    bool stall = !strcmp(o->mode, "stall"), closed = false;
    uint64_t rest = 0;
    prepare(r);
    publisher_open(&r->pub, r);
    subs_open(r);
    settle(r);
    if (stall) stall_first(r);
    r->timed = !strcmp(o->mode, "rtt");
    publisher_start_rate(&r->pub);
    traffic_until(r, r->now + (int64_t)(o->warmup * NANOS), UINT64_MAX);
    memset(&r->latency, 0, sizeof r->latency);
    r->pub.late_max = r->pause_max = 0;
    r->moved_at = r->now;
    sample_take(r, &from);
    uint64_t goal = o->messages ? r->delivered + (uint64_t)o->messages * (uint64_t)(o->subs - stall) : UINT64_MAX;
    traffic_until(r, r->now + (int64_t)(o->seconds * NANOS), goal);
    sample_take(r, &to);
    drain(r, stall ? STALL_QUIET : DRAIN_QUIET);
    if (stall) rest = stalled_rest(r, &closed);
    report_traffic(r, &from, &to, rest, closed);
}

static int count_open(const struct run *r) {
    int open = 0;
    for (int i = 0; i < r->opt->subs; i++) open += !r->subs[i].closed;
    return open;
}

void run_idle(struct run *r) {
    const struct options *o = r->opt;
    struct sample s[3];
    prepare(r);
    sample_take(r, &s[0]);
    subs_open(r);
    sample_take(r, &s[1]);
    int64_t end = r->now + (int64_t)(o->seconds * NANOS);
    while (r->now < end) loop_once(r, NANOS / 10);
    sample_take(r, &s[2]);
    report_idle(r, s, o->subs, count_open(r));
}
