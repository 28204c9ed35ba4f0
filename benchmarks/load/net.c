// Sockets: connecting, the blocking reads of handshakes, and answers while traffic flows.
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define HANDSHAKE_SECONDS 10
#define MANY 2000 // subscribers that need more than one source address
#define SOURCES 8 // loopback source addresses 127.0.0.2 and up, against running out of ports

// Many subscribers come from several loopback addresses: 10,000 connections from one address to one
// port fit into the range of local ports, but with the closed ones of the run before (TIME_WAIT)
// they may not. Few come from 127.0.0.1, the only address that some brokers count as local.
static void bind_source(int fd, int index) {
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index % SOURCES));
    int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from)) die("bind: %s", strerror(errno));
}

void conn_open(struct conn *c, struct run *r, const char *host, int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) die("not an IPv4 address: %s", host);
    c->run = r;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket: %s", strerror(errno));
    if (!c->is_pub && r->opt->subs > MANY && (ntohl(to.sin_addr.s_addr) >> 24) == 127) bind_source(c->fd, c->index);
    struct timeval limit = {.tv_sec = HANDSHAKE_SECONDS};
    int on = 1;
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to))
        die("connect %s:%d (connection %d): %s", host, port, c->index, strerror(errno));
}

void conn_nonblocking(struct conn *c) {
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK)) die("fcntl: %s", strerror(errno));
}

void conn_close(struct conn *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    c->closed = true;
}

static void send_all(struct conn *c, const uint8_t *at, size_t len) {
    while (len) {
        ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);
        if (n <= 0) die("send in handshake (connection %d): %s", c->index, strerror(errno));
        at += n;
        len -= (size_t)n;
    }
}

// Sends while the socket still blocks (handshake).
void conn_send(struct conn *c, const void *bytes, size_t len) {
    if (!c->framed) {
        send_all(c, bytes, len);
        return;
    }
    uint8_t frame[2048];
    if (len + 14 > sizeof frame) die("handshake message too long");
    send_all(c, frame, ws_wrap(frame, 2, bytes, len));
}

// An answer while traffic flows. On the publisher's connection it must not fall into the middle
// of a message, so it waits in `reply` until the batch is out.
void conn_reply(struct conn *c, const void *bytes, size_t len) {
    blob_add(&c->reply, bytes, len);
    if (!c->is_pub) conn_flush_reply(c);
}

bool conn_flush_reply(struct conn *c) {
    while (c->reply.len && !c->closed) {
        ssize_t n = send(c->fd, c->reply.at, c->reply.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (n < 0) {
            conn_close(c);
            return true;
        }
        blob_drop(&c->reply, (size_t)n);
    }
    return true;
}

// Receives once into `inner`, through the WebSocket layer where there is one.
static void receive_more(struct conn *c) {
    uint8_t raw[8192];
    size_t kept = c->outer.len;
    if (kept > sizeof raw / 2) die("handshake frame too long");
    if (kept) memcpy(raw, c->outer.at, kept);
    ssize_t n = recv(c->fd, raw + kept, sizeof raw - kept, 0);
    if (n == 0) die("%s: peer closed in handshake (connection %d)", c->proto->name, c->index);
    if (n < 0) die("%s: no answer in handshake (connection %d): %s", c->proto->name, c->index, strerror(errno));
    size_t len = kept + (size_t)n;
    c->outer.len = 0;
    if (!c->framed) {
        blob_add(&c->inner, raw, len);
        return;
    }
    size_t payload = 0;
    size_t used = ws_unframe(c, raw, len, raw, &payload);
    blob_add(&c->inner, raw, payload);
    blob_add(&c->outer, raw + used, len - used);
}

void conn_need(struct conn *c, size_t len) {
    while (c->inner.len < len) receive_more(c);
}

// Waits for a line and returns its length with the line end.
size_t conn_need_line(struct conn *c) {
    for (;;) {
        uint8_t *end = c->inner.len ? memchr(c->inner.at, '\n', c->inner.len) : NULL;
        if (end) return (size_t)(end - c->inner.at) + 1;
        receive_more(c);
    }
}
