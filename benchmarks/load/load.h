// The load generator: one publisher and any number of subscribers in one epoll loop.
//
// Every protocol here sends a message as  head | payload | tail  where head and tail are the same
// bytes for every message of a run. So the publisher copies a finished frame many times into a
// batch and only writes the sequence number, and a subscriber recognises a delivery by comparing
// the head: a handful of nanoseconds per message. What does not match goes to the slow path
// (`control`) of the protocol.
#ifndef DATABROKER_LOAD_H
#define DATABROKER_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define NANOS 1000000000LL
#define RX_BYTES (256 * 1024) // one receive buffer for all subscribers: it stays in the cache
#define HEAD_MAX 1024         // longest constant head of a frame (HTTP has the longest)
#define SEQ_RANGES 32         // remembered holes per subscriber, see seq.c
#define MIN_BINARY 16         // payload: sequence (8 bytes) and time (8 bytes)
#define MIN_TEXT 33           // payload: sequence and time as 16 hex digits each, '#' before

struct options {
    const char *mode, *label;
    const char *pub_proto, *sub_proto;
    const char *host;
    int pub_port, sub_port;
    bool ws;   // subscribers speak their protocol inside WebSocket frames
    bool text; // payloads as `json` needs them, whatever the protocol
    const char *ws_path, *topic, *user, *password, *token;
    int subs, size, batch;
    double rate, seconds, warmup;
    int64_t inflight, messages;
    int broker_pid;
};

// A growing run of bytes.
struct blob {
    uint8_t *at;
    size_t len, cap;
};

// A message on the wire: head | payload | tail.
struct shape {
    uint8_t head[HEAD_MAX];
    uint8_t tail[4];
    size_t head_len, tail_len, total;
};

// What a subscriber knows of the sequence; counts start after the settling messages.
struct seq {
    uint64_t count, lost, duplicated, late;
    bool ready; // has seen a settling message
    int ranges;
    struct range {
        uint64_t from, to;
    } *range; // holes, made at the first anomaly
};

struct proto;
struct run;

struct conn {
    int fd, index;
    bool is_pub, ws, framed, closed, stalled; // framed: the upgrade is done
    const struct proto *proto;
    struct run *run;
    struct blob inner, outer; // bytes kept until the rest arrives: of the protocol, of WebSocket
    struct blob reply;        // answers (PONG) that wait for a message boundary
    uint64_t ws_remain;       // bytes of the current WebSocket frame still to come
    int zmtp_minor, credit;   // ZMTP: revision of the peer; credit > 0: the peer wants our topic
    uint64_t errors;          // negative answers
    struct seq seq;
};

struct proto {
    const char *name;
    bool text; // the payload must be text, since it comes back inside JSON
    void (*pub_shape)(const struct options *, struct shape *);
    void (*sub_shape)(const struct options *, struct shape *);
    void (*pub_open)(struct conn *);
    // Step 0, 1, ...: reads the answer to the step before, sends the next request; true when done.
    // Steps, since some brokers take 100 ms for one: many connections go through them together.
    bool (*sub_open)(struct conn *, int step);
    // Takes one element that is no ordinary delivery. Returns its bytes, 0 when incomplete.
    size_t (*control)(struct conn *, const uint8_t *, size_t);
};

struct publisher {
    struct conn conn;
    struct shape shape;
    uint8_t *batch;
    size_t len, off;
    int batch_msgs;
    bool writable, paused;
    uint64_t sent;     // sequence number of the last message made
    uint64_t forgiven; // floor assumed after a stall, see publisher.c
    uint64_t window_timeouts;
    int64_t rate_start, waiting_since;
    uint64_t rate_base, waiting_floor;
    int64_t late_max;
};

struct histogram {
    uint64_t bucket[64 * 128];
    uint64_t count;
    int64_t max;
};

// What is read from the broker and from ourselves at each end of the measuring window.
struct sample {
    int64_t at;
    uint64_t published, delivered;
    double cpu, user, sys, own_cpu;
    long rss_kb, peak_kb;
};

struct run {
    const struct options *opt;
    int epoll;
    struct publisher pub;
    struct shape shape; // as subscribers receive it
    bool text, timed;
    size_t json_at; // where the data stood in the last JSON frame: in the next one it mostly stands there too
    struct conn *subs;
    uint64_t *last; // last sequence number per subscriber, compact because the floor scans it
    uint64_t floor; // smallest of them over live subscribers
    int64_t now, received_at;
    uint64_t delivered, delivered_before;
    int64_t moved_at, pause_max; // longest time in the window without any delivery
    uint8_t *rx;
    struct histogram latency;
};

// util.c
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t now_ns(void);
void *need_memory(size_t bytes);
void blob_add(struct blob *b, const void *bytes, size_t len);
void blob_drop(struct blob *b, size_t len);
void put_be(uint8_t *out, uint64_t value, int bytes);
uint64_t get_be(const uint8_t *in, int bytes);
void put_hex(uint8_t *out, uint64_t value);
bool get_hex(const uint8_t *in, uint64_t *value);
size_t base64(const uint8_t *in, size_t len, char *out);

// net.c
void conn_open(struct conn *c, struct run *r, const char *host, int port);
void conn_nonblocking(struct conn *c);
void conn_send(struct conn *c, const void *bytes, size_t len);
void conn_reply(struct conn *c, const void *bytes, size_t len);
bool conn_flush_reply(struct conn *c);
void conn_need(struct conn *c, size_t len);
size_t conn_need_line(struct conn *c);
void conn_close(struct conn *c);

// ws.c
void ws_request(struct conn *c, const char *path, const char *subprotocol);
void ws_answer(struct conn *c);
size_t ws_unframe(struct conn *c, uint8_t *bytes, size_t len, uint8_t *out, size_t *out_len);
size_t ws_wrap(uint8_t *out, int opcode, const void *bytes, size_t len);

// proto_*.c
const struct proto *proto_find(const char *name);
extern const struct proto proto_zmtp, proto_nats, proto_redis, proto_mqtt, proto_http, proto_json;
void shape_set(struct shape *s, const void *head, size_t head_len, const char *tail, int size);
void json_frame(struct conn *c, const uint8_t *text, size_t len);

// seq.c, feed.c
void seq_anomaly(struct conn *c, uint64_t number);
void deliver(struct conn *c, const uint8_t *payload);
void deliver_number(struct conn *c, uint64_t number, int64_t sent_at);
bool feed_read(struct conn *c);
void feed_pending(struct conn *c);
void floor_update(struct run *r);

// publisher.c
void publisher_open(struct publisher *p, struct run *r);
void publisher_settle(struct publisher *p);
void publisher_step(struct publisher *p);
void publisher_event(struct publisher *p, uint32_t events);
int64_t publisher_wait(const struct publisher *p);
void publisher_start_rate(struct publisher *p);

// measure.c
void sample_take(struct run *r, struct sample *s);
void histogram_add(struct histogram *h, int64_t nanos);
double histogram_micros(const struct histogram *h, double quantile);
void report_traffic(const struct run *r, const struct sample *from, const struct sample *to, uint64_t stalled_bytes,
                    bool stalled_closed);
void report_idle(const struct run *r, const struct sample s[3], int opened, int open);

// modes.c
void run_traffic(struct run *r);
void run_idle(struct run *r);

#endif
