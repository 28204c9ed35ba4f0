// What is measured besides messages: CPU and memory of the broker, latency; and the report.
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double clock_seconds(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t)) return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / NANOS;
}

static long status_kb(int pid, const char *key) {
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, key, strlen(key))) value = strtol(line + strlen(key) + 1, NULL, 10);
    if (f) fclose(f);
    return value;
}

// User and system time of all threads, dead ones included, in clock ticks of 10 ms.
static void stat_times(int pid, double *user, double *sys) {
    char path[64], text[1024];
    unsigned long u = 0, s = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) die("no process %d", pid);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    char *behind_name = strrchr(text, ')');
    if (behind_name) sscanf(behind_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s);
    *user = (double)u / (double)sysconf(_SC_CLK_TCK);
    *sys = (double)s / (double)sysconf(_SC_CLK_TCK);
}

void sample_take(struct run *r, struct sample *s) {
    int pid = r->opt->broker_pid;
    memset(s, 0, sizeof *s);
    if (pid > 0) {
        clockid_t clock;
        stat_times(pid, &s->user, &s->sys);
        s->rss_kb = status_kb(pid, "VmRSS");
        s->peak_kb = status_kb(pid, "VmHWM");
        // The same sum as in stat, in nanoseconds.
        s->cpu = clock_getcpuclockid(pid, &clock) ? s->user + s->sys : clock_seconds(clock);
    }
    s->own_cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    s->at = now_ns();
    s->published = r->pub.sent;
    s->delivered = r->delivered;
}

// Buckets: 128 per power of two, so a quantile is exact to 1 %.
void histogram_add(struct histogram *h, int64_t nanos) {
    uint64_t v = nanos > 0 ? (uint64_t)nanos : 0;
    int shift = v < 128 ? 0 : 57 - __builtin_clzll(v);
    h->bucket[v < 128 ? v : ((uint64_t)shift << 7) + (v >> (shift - 1) & 127)]++;
    h->count++;
    if (nanos > h->max) h->max = nanos;
}

double histogram_micros(const struct histogram *h, double quantile) {
    uint64_t rank = (uint64_t)(quantile * (double)h->count), seen = 0;
    for (uint64_t i = 0; i < sizeof h->bucket / sizeof *h->bucket; i++) {
        seen += h->bucket[i];
        if (seen <= rank) continue;
        if (i < 128) return (double)i / 1000;
        return (double)((128 + (i & 127)) << ((i >> 7) - 1)) / 1000;
    }
    return (double)h->max / 1000;
}

static void begin(const struct options *o) {
    printf("{\"label\":\"%s\",\"mode\":\"%s\",\"pub\":\"%s\",\"sub\":\"%s\",\"ws\":%s,\"subs\":%d,\"size\":%d,\"rate\":%.0f,"
           "\"inflight\":%lld,\"batch\":%d",
           o->label, o->mode, o->pub_proto, o->sub_proto, o->ws ? "true" : "false", o->subs, o->size, o->rate,
           (long long)o->inflight, o->batch);
}

static void broker(const struct options *o, const struct sample *from, const struct sample *to) {
    if (o->broker_pid <= 0) return;
    printf(",\"broker_cpu_s\":%.4f,\"broker_user_s\":%.2f,\"broker_sys_s\":%.2f,\"rss_begin_kb\":%ld,\"rss_kb\":%ld,\"rss_peak_kb\":%ld",
           to->cpu - from->cpu, to->user - from->user, to->sys - from->sys, from->rss_kb, to->rss_kb, to->peak_kb);
}

static void losses(const struct run *r) {
    uint64_t lost = 0, duplicated = 0, late = 0, errors = r->pub.conn.errors;
    int closed = 0, n = r->opt->subs;
    for (int i = 0; i < n; i++) {
        const struct conn *c = &r->subs[i];
        errors += c->errors;
        if (c->stalled) continue;
        duplicated += c->seq.duplicated;
        late += c->seq.late;
        lost += c->seq.lost;
        if (c->closed) closed++;
        else lost += r->pub.sent - r->last[i]; // what never came at the end
    }
    printf(",\"lost\":%llu,\"duplicated\":%llu,\"out_of_order\":%llu,\"disconnected\":%d,\"errors\":%llu,\"window_timeouts\":%llu",
           (unsigned long long)lost, (unsigned long long)duplicated, (unsigned long long)late, closed,
           (unsigned long long)errors, (unsigned long long)r->pub.window_timeouts);
}

void report_traffic(const struct run *r, const struct sample *from, const struct sample *to, uint64_t stalled_bytes,
                    bool stalled_closed) {
    const struct options *o = r->opt;
    double seconds = (double)(to->at - from->at) / NANOS;
    double published = (double)(to->published - from->published), delivered = (double)(to->delivered - from->delivered);
    begin(o);
    printf(",\"seconds\":%.4f,\"published\":%.0f,\"delivered\":%.0f,\"published_per_s\":%.0f,\"delivered_per_s\":%.0f",
           seconds, published, delivered, published / seconds, delivered / seconds);
    broker(o, from, to);
    if (o->broker_pid > 0 && delivered > 0) {
        printf(",\"cpu_us_per_delivery\":%.4f", (to->cpu - from->cpu) * 1e6 / delivered);
    }
    printf(",\"pause_max_ms\":%.1f", (double)r->pause_max / 1e6);
    double own = to->own_cpu - from->own_cpu;
    printf(",\"load_cpu_s\":%.4f,\"load_busy\":%.3f", own, own / seconds);
    if (delivered > 0) printf(",\"load_us_per_delivery\":%.4f", own * 1e6 / delivered);
    losses(r);
    if (r->timed) {
        const struct histogram *h = &r->latency;
        printf(",\"latencies\":%llu,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"publisher_late_max_us\":%.1f",
               (unsigned long long)h->count, histogram_micros(h, 0.5), histogram_micros(h, 0.9), histogram_micros(h, 0.99),
               histogram_micros(h, 0.999), (double)h->max / 1000, (double)r->pub.late_max / 1000);
    }
    if (!strcmp(o->mode, "stall")) {
        printf(",\"stalled_bytes\":%llu,\"stalled_closed\":%s", (unsigned long long)stalled_bytes, stalled_closed ? "true" : "false");
    }
    puts("}");
}

// s[0] before opening, s[1] all open, s[2] at the end of the holding time.
void report_idle(const struct run *r, const struct sample s[3], int opened, int open) {
    const struct options *o = r->opt;
    double hold = (double)(s[2].at - s[1].at) / NANOS, opening = (double)(s[1].at - s[0].at) / NANOS;
    begin(o);
    printf(",\"opened\":%d,\"open\":%d,\"opening_s\":%.3f,\"hold_s\":%.3f", opened, open, opening, hold);
    if (o->broker_pid > 0) {
        printf(",\"open_cpu_us_per_connection\":%.2f,\"hold_cpu_s\":%.4f,\"rss_begin_kb\":%ld,\"rss_open_kb\":%ld,\"rss_kb\":%ld,\"rss_bytes_per_connection\":%.0f",
               (s[1].cpu - s[0].cpu) * 1e6 / opened, s[2].cpu - s[1].cpu, s[0].rss_kb, s[1].rss_kb, s[2].rss_kb,
               (double)(s[2].rss_kb - s[0].rss_kb) * 1024 / opened);
    }
    puts("}");
}
