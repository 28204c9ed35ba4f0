/* A ZeroMQ peer on libzmq from C: zmq_peer PUB|SUB endpoint user token topic
 *
 * SUB subscribes to the topic and says MSG hex hex for each message. PUB sends the topic every 20 ms until its first
 * command; a command is a line of frames in hexadecimal, "-" for an empty one. READY is said after the connect. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

static void fail(const char *what) {
    printf("FAILED %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static void say_message(void *socket) {
    int more = 1;
    fputs("MSG", stdout);
    while (more) {
        zmq_msg_t frame;
        size_t size = sizeof more;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, 0) < 0) fail("receive");
        const unsigned char *bytes = zmq_msg_data(&frame);
        putchar(' ');
        if (zmq_msg_size(&frame) == 0) putchar('-');
        for (size_t i = 0; i < zmq_msg_size(&frame); i++) {
            putchar("0123456789abcdef"[bytes[i] >> 4]);
            putchar("0123456789abcdef"[bytes[i] & 15]);
        }
        zmq_msg_close(&frame);
        zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
    }
    putchar('\n');
    fflush(stdout);
}

static int nibble(char digit) {
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

static void send_line(void *socket, char *line) {
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word;) {
        char *next = strtok_r(NULL, " ", &rest);
        size_t length = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
        unsigned char *bytes = malloc(length + 1);
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (unsigned char)(nibble(word[2 * i]) << 4 | nibble(word[2 * i + 1]));
        }
        if (zmq_send(socket, bytes, length, next ? ZMQ_SNDMORE : 0) < 0) fail("send");
        free(bytes);
        word = next;
    }
}

int main(int count, char **words) {
    if (count != 6) {
        fputs("usage: zmq_peer PUB|SUB endpoint user token topic\n", stderr);
        return 2;
    }
    int publishes = strcmp(words[1], "PUB") == 0;
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, publishes ? ZMQ_PUB : ZMQ_SUB);
    int unlimited = 0;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt(socket, ZMQ_PLAIN_USERNAME, words[3], strlen(words[3]));
    zmq_setsockopt(socket, ZMQ_PLAIN_PASSWORD, words[4], strlen(words[4]));
    if (zmq_connect(socket, words[2]) < 0) fail("connect");
    if (!publishes) zmq_setsockopt(socket, ZMQ_SUBSCRIBE, words[5], strlen(words[5]));
    puts("READY");
    fflush(stdout);

    char *line = NULL;
    size_t room = 0;
    int probing = publishes;
    for (;;) {
        zmq_pollitem_t items[] = {{NULL, 0, ZMQ_POLLIN, 0}, {socket, 0, publishes ? 0 : ZMQ_POLLIN, 0}};
        if (zmq_poll(items, 2, probing ? 20 : -1) < 0) fail("poll");
        if (items[0].revents) {
            /* Commands come one at a time and whole, so the buffer of stdio never hides one from the poll. */
            ssize_t length = getline(&line, &room, stdin);
            if (length <= 0) break;
            line[strcspn(line, "\n")] = 0;
            probing = 0;
            send_line(socket, line);
        } else if (probing) {
            zmq_send(socket, words[5], strlen(words[5]), ZMQ_SNDMORE);
            zmq_send(socket, "", 0, 0);
        }
        if (items[1].revents) say_message(socket);
    }
    free(line);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
