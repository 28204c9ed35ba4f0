// Options, and what to run.
#include "load.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const char usage[] =
    "usage: load --proto P --port N [options]        one JSON line on stdout\n"
    "  --mode M         throughput (default), rtt, stall, idle\n"
    "  --proto P        zmtp, nats, redis, mqtt, for both sides; or apart:\n"
    "  --pub P          also: http (POST /events/<topic>)\n"
    "  --sub P          also: json (the broker's WebSocket protocol)\n"
    "  --ws             subscribers use WebSocket (nats, mqtt; implied by json)\n"
    "  --host A         IPv4 address, default 127.0.0.1\n"
    "  --port N         or --pub-port N --sub-port N\n"
    "  --ws-path P      path of the upgrade, default by protocol\n"
    "  --topic T        default bench\n"
    "  --user U --password P    ZMTP PLAIN; without: NULL\n"
    "  --token T        Authorization: Bearer, for json and http\n"
    "  --subs N         subscribers or connections, default 1\n"
    "  --size N         payload bytes, default 128\n"
    "  --text           payloads of text, the same bytes as json is sent\n"
    "  --rate R         messages/s, 0 = flat out (default; rtt: 5000)\n"
    "  --inflight W     messages ahead of the slowest live subscriber, default 4096, 0 = no limit\n"
    "  --batch N        bytes written at once, default 65536\n"
    "  --warmup S       seconds before measuring, default 0.5\n"
    "  --seconds S      seconds measured, default 1.5\n"
    "  --messages N     ends measuring earlier, when the subscribers have N more each\n"
    "  --broker-pid N   whose CPU and memory are read\n"
    "  --label L        copied to the output\n";

static const struct option names[] = {
    {"mode", 1, 0, 'm'},     {"proto", 1, 0, 'P'},    {"pub", 1, 0, 'p'},      {"sub", 1, 0, 's'},
    {"ws", 0, 0, 'w'},       {"host", 1, 0, 'H'},     {"port", 1, 0, 'o'},     {"pub-port", 1, 0, '1'},
    {"sub-port", 1, 0, '2'}, {"ws-path", 1, 0, 'a'},  {"topic", 1, 0, 't'},    {"user", 1, 0, 'u'},
    {"password", 1, 0, 'x'}, {"token", 1, 0, 'k'},    {"subs", 1, 0, 'n'},     {"size", 1, 0, 'z'},
    {"rate", 1, 0, 'r'},     {"inflight", 1, 0, 'i'}, {"batch", 1, 0, 'b'},    {"warmup", 1, 0, 'W'},
    {"seconds", 1, 0, 'd'},  {"label", 1, 0, 'l'},    {"broker-pid", 1, 0, 'q'}, {"text", 0, 0, 'T'},
    {"messages", 1, 0, 'M'}, {0, 0, 0, 0}};

static int whole(const char *text, int low, int high) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < low || value > high) die("not a number from %d to %d: %s", low, high, text);
    return (int)value;
}

static double real(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || value < 0) die("not a number: %s", text);
    return value;
}

static void option(struct options *o, int key, const char *value) {
    switch (key) {
    case 'm': o->mode = value; break;
    case 'P': o->pub_proto = o->sub_proto = value; break;
    case 'p': o->pub_proto = value; break;
    case 's': o->sub_proto = value; break;
    case 'w': o->ws = true; break;
    case 'H': o->host = value; break;
    case 'o': o->pub_port = o->sub_port = whole(value, 1, 65535); break;
    case '1': o->pub_port = whole(value, 1, 65535); break;
    case '2': o->sub_port = whole(value, 1, 65535); break;
    case 'a': o->ws_path = value; break;
    case 't': o->topic = value; break;
    case 'u': o->user = value; break;
    case 'x': o->password = value; break;
    case 'k': o->token = value; break;
    case 'n': o->subs = whole(value, 1, 100000); break;
    case 'T': o->text = true; break;
    case 'M': o->messages = whole(value, 1, 1 << 30); break;
    case 'z': o->size = whole(value, MIN_BINARY, RX_BYTES / 4); break;
    case 'r': o->rate = real(value); break;
    case 'i': o->inflight = whole(value, 0, 1 << 30); break;
    case 'b': o->batch = whole(value, 1, 1 << 26); break;
    case 'W': o->warmup = real(value); break;
    case 'd': o->seconds = real(value); break;
    case 'l': o->label = value; break;
    case 'q': o->broker_pid = whole(value, 1, 1 << 30); break;
    default: fputs(usage, stderr); exit(2);
    }
}

static void check(struct options *o) {
    if (!o->sub_proto || !o->sub_port) {
        fputs(usage, stderr);
        exit(2);
    }
    if (!o->pub_proto) o->pub_proto = o->sub_proto;
    if (strlen(o->topic) > 200) die("topic of more than 200 bytes");
    if (o->user && !o->password) die("--user without --password");
    if (!strcmp(o->sub_proto, "json")) o->ws = o->text = true;
    if (o->text && o->size < MIN_TEXT) die("text needs --size %d or more", MIN_TEXT);
    if (o->ws && (!strcmp(o->sub_proto, "zmtp") || !strcmp(o->sub_proto, "redis"))) die("no --ws with %s", o->sub_proto);
    if (o->rate <= 0 && !strcmp(o->mode, "rtt")) o->rate = 5000;
    if (!strcmp(o->mode, "stall") && o->subs < 2) die("stall needs --subs 2 or more");
}

int main(int argc, char **argv) {
    struct options o = {.mode = "throughput", .label = "", .host = "127.0.0.1", .topic = "bench", .subs = 1,
                        .size = 128, .batch = 65536, .seconds = 1.5, .warmup = 0.5, .inflight = 4096};
    for (int key; (key = getopt_long(argc, argv, "", names, NULL)) >= 0;) option(&o, key, optarg);
    check(&o);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if ((rlim_t)o.subs + 16 > files.rlim_cur) die("%d connections, but only %llu open files allowed", o.subs, (unsigned long long)files.rlim_cur);
    prctl(PR_SET_TIMERSLACK, 1000UL); // wake on time: the default is 50 us late
    struct run *r = need_memory(sizeof *r);
    r->opt = &o;
    if (!strcmp(o.mode, "idle")) run_idle(r);
    else if (!strcmp(o.mode, "throughput") || !strcmp(o.mode, "rtt") || !strcmp(o.mode, "stall")) run_traffic(r);
    else die("no mode %s", o.mode);
    return 0;
}
