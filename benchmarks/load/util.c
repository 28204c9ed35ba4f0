// Small helpers: errors, time, byte buffers, numbers.
#include "load.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Noreturn void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NANOS + t.tv_nsec;
}

void *need_memory(size_t bytes) {
    void *p = calloc(1, bytes);
    if (!p) die("out of memory (%zu bytes)", bytes);
    return p;
}

void blob_add(struct blob *b, const void *bytes, size_t len) {
    if (b->len + len > b->cap) {
        b->cap = (b->len + len) * 2;
        b->at = realloc(b->at, b->cap);
        if (!b->at) die("out of memory (%zu bytes)", b->cap);
    }
    if (len) memcpy(b->at + b->len, bytes, len);
    b->len += len;
}

void blob_drop(struct blob *b, size_t len) {
    if (len < b->len) memmove(b->at, b->at + len, b->len - len);
    b->len -= len;
}

void put_be(uint8_t *out, uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; i--, value >>= 8) out[i] = (uint8_t)value;
}

uint64_t get_be(const uint8_t *in, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | in[i];
    return value;
}

void put_hex(uint8_t *out, uint64_t value) {
    for (int i = 15; i >= 0; i--, value >>= 4) out[i] = (uint8_t)"0123456789abcdef"[value & 15];
}

bool get_hex(const uint8_t *in, uint64_t *value) {
    uint64_t v = 0;
    for (int i = 0; i < 16; i++) {
        uint8_t c = in[i];
        if (c >= '0' && c <= '9') v = v << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f') v = v << 4 | (uint64_t)(c - 'a' + 10);
        else return false;
    }
    *value = v;
    return true;
}

size_t base64(const uint8_t *in, size_t len, char *out) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t v = (uint32_t)in[i] << 16;
        if (left > 1) v |= (uint32_t)in[i + 1] << 8;
        if (left > 2) v |= in[i + 2];
        out[n++] = digit[v >> 18 & 63];
        out[n++] = digit[v >> 12 & 63];
        out[n++] = left > 1 ? digit[v >> 6 & 63] : '=';
        out[n++] = left > 2 ? digit[v & 63] : '=';
    }
    out[n] = 0;
    return n;
}
