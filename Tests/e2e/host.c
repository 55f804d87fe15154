/* A host for the end-to-end tests: joins, takes seats, tells everything that happens as one JSON line
 * each on standard output, and obeys commands on standard input.
 *
 *   host cluster=orders node_id=a port=0 role=primary role=backup host.sample=1
 *
 * key=value is an option of the library, role=NAME takes a seat, and these are the host's own:
 *   host.demote-ms=N  the demote callback works for so long
 *   host.promote-ms=N the promote callback works for so long
 *   host.decline=1    it declines the role
 *   host.warning=1    warnings are told
 *   host.sample=N     a thread asks failover_is_primary() of the first seat every millisecond and tells each
 *                     change of the answer or the token, and each time that it was not scheduled for long;
 *                     2: while the answer is yes, also every 10 ms that it still is
 *   host.log=N        lines of the log up to level N are told too
 *   host.messages=N   1: takes messages and tells them; 2: also sends each back, from inside the callback
 *   host.dispatch=1   a thread runs the callbacks, for dispatch=manual
 *   host.file=PATH    a file of options; what is given besides beats it
 *   host.late=N       it registers its callbacks so many milliseconds after it has joined
 *
 * Every line has "at", CLOCK_MONOTONIC in nanoseconds. */
#define _GNU_SOURCE
#include <muster.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SEATS = 16, LINE = 4096, ROLE = 65 };

struct seat {
    char role[ROLE];
    failover_t *handle;
};

static struct seat seats[SEATS];
static int seat_count;
static long demote_ms;
static long promote_ms;
static volatile int declines;
static int wants_warnings;
static int samples;
static volatile int is_held;
static cluster_t *cluster;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

int64_t now_ns(void);
void work_ms(long milliseconds);
void tell_work(const char *word, int64_t asked, uint64_t token);

int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void work_ms(long milliseconds) {
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* -- Lines ------------------------------------------------------------------------------------- */

struct line {
    char *text;
    size_t length;
    FILE *stream;
};

/* The stream keeps the addresses of text and length, so a line never moves. */
static struct line *begin(const char *what, const char *word) {
    struct line *line = calloc(1, sizeof *line);
    if (line != NULL) line->stream = open_memstream(&line->text, &line->length);
    if (line == NULL || line->stream == NULL) abort();
    fprintf(line->stream, "{\"at\":%" PRId64 ",\"%s\":\"%s\"", now_ns(), what, word);
    return line;
}

static void add_text(struct line *line, const char *key, const char *text) {
    fprintf(line->stream, ",\"%s\":\"", key);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') fprintf(line->stream, "\\%c", byte);
        else if (byte < 0x20) fprintf(line->stream, "\\u%04x", byte);
        else fputc(byte, line->stream);
    }
    fputc('"', line->stream);
}

static void add_number(struct line *line, const char *key, uint64_t number) {
    fprintf(line->stream, ",\"%s\":%" PRIu64, key, number);
}

static void add_result(struct line *line, cluster_result result) {
    fprintf(line->stream, ",\"result\":%d", (int)result);
    if (result < 0) add_text(line, "error", cluster_last_error());
}

static void add_json(struct line *line, const char *key, const char *json) {
    fprintf(line->stream, ",\"%s\":%s", key, json);
}

/* One write, so that lines of several threads never mix. */
static void end(struct line *line) {
    size_t written = 0;
    fputs("}\n", line->stream);
    fclose(line->stream);
    pthread_mutex_lock(&output);
    while (written < line->length) {
        ssize_t count = write(STDOUT_FILENO, line->text + written, line->length - written);
        if (count < 0 && errno != EINTR) _exit(3);
        if (count > 0) written += (size_t)count;
    }
    pthread_mutex_unlock(&output);
    free(line->text);
    free(line);
}

/* -- Callbacks --------------------------------------------------------------------------------- */

static const char *kind_word(uint32_t kind) {
    switch (kind) {
    case CLUSTER_EVENT_MEMBER_JOINED: return "joined";
    case CLUSTER_EVENT_MEMBER_CHANGED: return "changed";
    case CLUSTER_EVENT_MEMBER_SUSPECT: return "suspect";
    case CLUSTER_EVENT_MEMBER_UNRESPONSIVE: return "unresponsive";
    case CLUSTER_EVENT_MEMBER_RECOVERED: return "recovered";
    case CLUSTER_EVENT_MEMBER_LEFT: return "left";
    case CLUSTER_EVENT_MEMBER_DEAD: return "dead";
    case CLUSTER_EVENT_PROMOTED: return "promoted";
    case CLUSTER_EVENT_DEMOTED: return "demoted";
    case CLUSTER_EVENT_PRIMARY_CHANGED: return "primary-changed";
    case CLUSTER_EVENT_POSITION_CHANGED: return "position-changed";
    case CLUSTER_EVENT_ROLE_PAUSED: return "role-paused";
    case CLUSTER_EVENT_DEMOTE_LATE: return "demote-late";
    case CLUSTER_EVENT_AUTHORITY: return "authority";
    case CLUSTER_EVENT_DUPLICATE: return "duplicate";
    case CLUSTER_EVENT_LEFT: return "self-left";
    case CLUSTER_EVENT_LOST: return "lost";
    case CLUSTER_EVENT_TASK: return "task";
    default: return "unknown";
    }
}

static void on_event(const cluster_event_t *event, void *user) {
    struct line *line = begin("event", kind_word(event->kind));
    (void)user;
    add_number(line, "number", event->number);
    add_text(line, "member", event->member);
    add_text(line, "role", event->role);
    add_number(line, "value", event->value);
    add_text(line, "detail", event->detail);
    end(line);
}

static void on_log(cluster_log_level level, const char *message, void *user) {
    struct line *line = begin("log", "line");
    (void)user;
    add_number(line, "level", (uint64_t)level);
    add_text(line, "message", message);
    end(line);
}

/* Its own byte for every place, so that a piece that is lost or moved shows. */
static void fill(unsigned char *data, size_t length) {
    for (size_t index = 0; index < length; index++) data[index] = (unsigned char)(index * 31 + (index >> 8));
}

static void on_message(cluster_t *node, const cluster_message_t *message, void *user) {
    struct line *line = begin("message", message->is_broadcast ? "broadcast" : "sent");
    char text[128] = "";
    if (message->length < sizeof text) memcpy(text, message->data, message->length);
    add_text(line, "sender", message->sender);
    add_text(line, "topic", message->topic);
    add_text(line, "text", text);
    add_number(line, "length", message->length);
    if (message->length >= sizeof text) {
        unsigned char *expected = malloc(message->length);
        if (expected == NULL) abort();
        fill(expected, message->length);
        add_number(line, "whole", memcmp(expected, message->data, message->length) == 0);
        free(expected);
    }
    if (message->struct_size != sizeof *message) abort();
    end(line);
    while (is_held) work_ms(1);
    if (*(int *)user == 2 && !message->is_broadcast && strcmp(message->topic, "echo") != 0) {
        cluster_result result =
            cluster_send(node, message->sender, "echo", message->data, message->length, 10000);
        line = begin("callback", "echoed");
        add_result(line, result);
        end(line);
    }
}

static void told(const char *what, const struct seat *seat, uint64_t token) {
    struct line *line = begin("callback", what);
    add_text(line, "role", seat->role);
    add_number(line, "token", token);
    end(line);
}

static void on_promote(failover_t *handle, uint64_t token, void *user) {
    told("promote", user, token);
    if (promote_ms > 0) work_ms(promote_ms);
    if (declines) {
        cluster_result result = failover_decline(handle);
        struct line *line = begin("callback", "declined");
        add_result(line, result);
        end(line);
    }
}

static void on_warning(failover_t *handle, int32_t remaining_ms, void *user) {
    (void)handle;
    struct line *line = begin("callback", "warning");
    add_text(line, "role", ((struct seat *)user)->role);
    add_number(line, "remaining", (uint64_t)remaining_ms);
    end(line);
}

static void on_demote(failover_t *handle, uint64_t token, void *user) {
    (void)handle;
    told("demote", user, token);
    if (demote_ms > 0) work_ms(demote_ms);
    told("demote-done", user, token);
}

/* -- Sampling ---------------------------------------------------------------------------------- */

struct answer {
    int64_t asked, answered;
    int primary;
    uint64_t token;
};

static void tell_sample(const char *what, const char *name, const struct answer *answer, int64_t previous) {
    struct line *line = begin("sample", what);
    add_text(line, "name", name);
    add_number(line, "asked", (uint64_t)answer->asked);
    add_number(line, "answered", (uint64_t)answer->answered);
    add_number(line, "previous", (uint64_t)previous);
    add_number(line, "primary", (uint64_t)answer->primary);
    add_number(line, "token", answer->token);
    end(line);
}

static void *sample(void *argument) {
    failover_t *seat = argument;
    struct answer former = {now_ns(), 0, 0, 0};
    int64_t told = 0;
    for (;;) {
        struct answer answer = {now_ns(), 0, 0, 0};
        answer.primary = failover_is_primary(seat);
        /* Without an answer the token is 0: it is primary no more. */
        if (answer.primary && failover_token(seat, &answer.token) != CLUSTER_OK) answer.token = 0;
        answer.answered = now_ns();
        if (answer.asked - former.asked > 200000000) {
            struct line *line = begin("sample", "woke");
            add_number(line, "asked", (uint64_t)answer.asked);
            add_number(line, "slept", (uint64_t)(answer.asked - former.asked));
            add_number(line, "primary", (uint64_t)answer.primary);
            end(line);
        }
        if (answer.primary != former.primary) tell_sample("changed", "", &answer, former.asked);
        else if (answer.token != former.token) tell_sample("token", "", &answer, former.asked);
        else if (samples == 2 && answer.primary && answer.asked - told > 10000000) {
            tell_sample("held", "", &answer, former.asked);
            told = answer.asked;
        }
        former = answer;
        work_ms(1);
    }
    return NULL;
}

/* What a host does while it is primary: another file's, where there is one. */
void *work(void *seat) __attribute__((weak));

void tell_work(const char *word, int64_t asked, uint64_t token) {
    struct line *line = begin("work", word);
    add_number(line, "asked", (uint64_t)asked);
    add_number(line, "token", token);
    end(line);
}

/* -- Commands ---------------------------------------------------------------------------------- */

static struct seat *find_seat(const char *role) {
    for (int index = 0; index < seat_count; index++)
        if (strcmp(seats[index].role, role) == 0) return &seats[index];
    return NULL;
}

static cluster_result open_seat(const char *role) {
    struct seat *seat = find_seat(role);
    cluster_result result;
    if (seat == NULL) {
        if (seat_count == SEATS || strlen(role) >= ROLE) return CLUSTER_E_TOOBIG;
        seat = &seats[seat_count++];
        strcpy(seat->role, role);
    }
    result = failover_open(cluster, role, &seat->handle);
    if (result == CLUSTER_OK) result = failover_on_promote(seat->handle, on_promote, seat);
    if (result == CLUSTER_OK) result = failover_on_demote(seat->handle, on_demote, seat);
    if (result == CLUSTER_OK && wants_warnings) result = failover_on_warning(seat->handle, on_warning, seat);
    return result;
}

static void reply(const char *command, cluster_result result) {
    struct line *line = begin("reply", command);
    add_result(line, result);
    end(line);
}

static void reply_json(const char *command, cluster_result result, char *json) {
    struct line *line = begin("reply", command);
    add_result(line, result);
    if (result == CLUSTER_OK) {
        add_json(line, "json", json);
        cluster_free(json);
    }
    end(line);
}

static void list_members(void) {
    cluster_members_t *list = NULL;
    cluster_result result = cluster_members(cluster, &list);
    struct line *line = begin("reply", "list");
    add_result(line, result);
    if (result == CLUSTER_OK) {
        fputs(",\"members\":[", line->stream);
        for (size_t index = 0; index < cluster_members_count(list); index++) {
            const cluster_member_t *member = cluster_members_at(list, index);
            fprintf(line->stream, "%s{\"state\":%u", index > 0 ? "," : "", member->state);
            add_text(line, "id", member->id);
            add_number(line, "generation", member->generation);
            add_number(line, "port", member->port);
            add_json(line, "tags", member->tags_json);
            fputc('}', line->stream);
        }
        fputc(']', line->stream);
        cluster_members_free(list);
    }
    end(line);
}

/* "send MEMBER TIMEOUT TOPIC TEXT", "-" for no topic */
static void send_text(const char *member, char *rest) {
    const char *timeout = strsep(&rest, " ");
    const char *topic = rest == NULL ? "-" : strsep(&rest, " ");
    const char *text = rest == NULL ? "" : rest;
    reply("send", cluster_send(cluster, member, strcmp(topic, "-") == 0 ? NULL : topic, text, strlen(text),
                               (int32_t)atol(timeout)));
}

/* "send-many MEMBER COUNT BYTES": stops at the first failure; without bytes the text is the number. */
static void send_many(const char *member, char *rest) {
    long count = atol(strsep(&rest, " "));
    size_t length = rest == NULL ? 0 : (size_t)atol(rest);
    unsigned char *data = malloc(length + 32);
    cluster_result result = CLUSTER_OK;
    struct line *line;
    long sent = 0;
    if (data == NULL) abort();
    fill(data, length);
    for (; sent < count && result == CLUSTER_OK; sent++) {
        size_t size = length > 0 ? length : (size_t)sprintf((char *)data, "%ld", sent);
        result = cluster_send(cluster, member, "many", data, size, 30000);
    }
    free(data);
    line = begin("reply", "send-many");
    add_result(line, result);
    add_number(line, "sent", (uint64_t)(result == CLUSTER_OK ? sent : sent - 1));
    end(line);
}

static void *send_once(void *member) {
    struct line *line;
    cluster_result result = cluster_send(cluster, member, "threads", "x", 1, -1);
    line = begin("threaded", member);
    add_result(line, result);
    end(line);
    free(member);
    return NULL;
}

/* "send-threads MEMBER COUNT": as many threads that each wait for as long as it takes. */
static void send_threads(const char *member, long count) {
    for (long index = 0; index < count; index++) {
        pthread_t thread;
        char *copy = strdup(member);
        if (copy == NULL || pthread_create(&thread, NULL, send_once, copy) != 0) abort();
        pthread_detach(thread);
    }
    reply("send-threads", CLUSTER_OK);
}

/* "broadcast-many COUNT BYTES": goes on where it is told to try again. */
static void broadcast_many(long count, size_t length) {
    unsigned char data[1024];
    struct line *line;
    cluster_result result = CLUSTER_OK;
    uint64_t refused = 0;
    fill(data, sizeof data);
    for (long sent = 0; sent < count && result == CLUSTER_OK;) {
        result = cluster_broadcast(cluster, "many", data, length);
        if (result == CLUSTER_OK) sent++;
        if (result != CLUSTER_E_FULL) continue;
        result = CLUSTER_OK;
        refused++;
        work_ms(1);
    }
    line = begin("reply", "broadcast-many");
    add_result(line, result);
    add_number(line, "refused", refused);
    end(line);
}

static void *dispatch(void *unused) {
    while (cluster_dispatch(cluster, -1) >= 0) {
    }
    return unused;
}

/* A child without exec that lives until standard input ends, which the parent's death does not do. */
static void fork_child(void) {
    pid_t child = fork();
    struct line *line;
    if (child == 0) {
        for (;;) pause();
    }
    line = begin("reply", "fork");
    add_number(line, "pid", (uint64_t)child);
    end(line);
}

static void with_seat(const char *command, const char *argument, long number) {
    struct seat *seat = find_seat(argument);
    failover_t *handle = seat == NULL ? NULL : seat->handle;
    struct line *line;
    if (strcmp(command, "step-down") == 0) {
        reply(command, failover_step_down(handle, (int32_t)number));
    } else if (strcmp(command, "ready") == 0) {
        reply(command, failover_set_ready(handle, (int)number));
    } else if (strcmp(command, "decline") == 0) {
        reply(command, failover_decline(handle));
    } else if (strcmp(command, "remaining") == 0) {
        line = begin("reply", command);
        add_number(line, "remaining", (uint64_t)failover_remaining_ms(handle));
        end(line);
    } else if (strcmp(command, "guarantee") == 0) {
        char *json = NULL;
        cluster_result result = failover_guarantee_json(handle, &json);
        reply_json(command, result, json);
    } else if (strcmp(command, "pause") == 0) {
        reply(command, failover_pause(handle));
    } else if (strcmp(command, "resume") == 0) {
        reply(command, failover_resume(handle));
    } else if (strcmp(command, "close-seat") == 0) {
        failover_close(handle);
        reply(command, CLUSTER_OK);
    } else if (strcmp(command, "primary") == 0) {
        char *json = NULL;
        cluster_result result = failover_primary_json(handle, &json);
        reply_json(command, result, json);
    } else if (strcmp(command, "is-primary") == 0) {
        line = begin("reply", command);
        add_number(line, "primary", (uint64_t)failover_is_primary(handle));
        end(line);
    } else if (strcmp(command, "token") == 0) {
        uint64_t token = 0;
        cluster_result result = failover_token(handle, &token);
        line = begin("reply", command);
        add_result(line, result);
        add_number(line, "token", token);
        end(line);
    } else {
        uint32_t position = 0;
        cluster_result result = failover_position(handle, &position);
        line = begin("reply", "position");
        add_result(line, result);
        add_number(line, "position", position);
        end(line);
    }
}

/* "promote ROLE MEMBER TIMEOUT" */
static void promote(const char *role, char *rest) {
    struct seat *seat = find_seat(role);
    const char *member = strsep(&rest, " ");
    reply("promote", failover_promote(seat == NULL ? NULL : seat->handle, member, rest == NULL ? -1 : (int32_t)atol(rest)));
}

#include "host_tasks.h"

/* Returns 0 when the host is to end. */
static int obey(char *text) {
    char *rest = text;
    char *command = strsep(&rest, " ");
    char *first = rest == NULL ? "" : strsep(&rest, " ");
    char *second = rest == NULL ? "" : rest;
    char *json = NULL;

    if (strcmp(command, "quit") == 0) return 0;
    if (strcmp(command, "members") == 0) {
        cluster_result result = cluster_members_json(cluster, &json);
        reply_json(command, result, json);
    } else if (strcmp(command, "self") == 0) {
        cluster_result result = cluster_self_json(cluster, &json);
        reply_json(command, result, json);
    } else if (strcmp(command, "stats") == 0) {
        cluster_result result = cluster_stats_json(cluster, &json);
        reply_json(command, result, json);
    } else if (strcmp(command, "list") == 0) {
        list_members();
    } else if (strcmp(command, "wait") == 0) {
        reply(command, cluster_wait(cluster, (uint32_t)atol(first), (int32_t)atol(second)));
    } else if (strcmp(command, "tag") == 0) {
        reply(command, cluster_set_tag(cluster, first, second));
    } else if (strcmp(command, "untag") == 0) {
        reply(command, cluster_set_tag(cluster, first, NULL));
    } else if (strcmp(command, "broadcast") == 0) {
        reply(command, cluster_broadcast(cluster, strcmp(first, "-") == 0 ? NULL : first, second, strlen(second)));
    } else if (strcmp(command, "broadcast-many") == 0) {
        broadcast_many(atol(first), (size_t)atol(second));
    } else if (strcmp(command, "send") == 0) {
        send_text(first, second);
    } else if (strcmp(command, "send-many") == 0) {
        send_many(first, second);
    } else if (strcmp(command, "send-threads") == 0) {
        send_threads(first, atol(second));
    } else if (strcmp(command, "declines") == 0) {
        declines = atoi(first);
        reply(command, CLUSTER_OK);
    } else if (strcmp(command, "hold") == 0) {
        is_held = atoi(first);
        reply(command, CLUSTER_OK);
    } else if (strcmp(command, "listen") == 0) {
        static int plain = 1;
        reply(command, cluster_on_message(cluster, atoi(first) ? on_message : NULL, &plain));
    } else if (strcmp(command, "open") == 0) {
        reply(command, open_seat(first));
    } else if (strcmp(command, "keys") == 0) {
        cluster_result result = cluster_keys_json(cluster, (int32_t)atol(first), &json);
        reply_json(command, result, json);
    } else if (strcmp(command, "key-add") == 0) {
        reply(command, cluster_key_add(cluster, first, (int32_t)atol(second)));
    } else if (strcmp(command, "key-use") == 0) {
        reply(command, cluster_key_use(cluster, first, (int32_t)atol(second)));
    } else if (strcmp(command, "key-remove") == 0) {
        reply(command, cluster_key_remove(cluster, first, (int32_t)atol(second)));
    } else if (strcmp(command, "leave") == 0) {
        reply(command, cluster_leave(cluster, (int32_t)atol(first)));
    } else if (strcmp(command, "close") == 0) {
        cluster_close(cluster);
        reply(command, CLUSTER_OK);
    } else if (strcmp(command, "fork") == 0) {
        fork_child();
    } else if (strcmp(command, "promote") == 0) {
        promote(first, second);
    } else if (strcmp(command, "step-down") == 0 || strcmp(command, "close-seat") == 0 ||
               strcmp(command, "decline") == 0 || strcmp(command, "remaining") == 0 ||
               strcmp(command, "guarantee") == 0 || strcmp(command, "ready") == 0 || strcmp(command, "pause") == 0 || strcmp(command, "resume") == 0 ||
               strcmp(command, "primary") == 0 || strcmp(command, "is-primary") == 0 ||
               strcmp(command, "token") == 0 || strcmp(command, "position") == 0) {
        with_seat(command, first, atol(second));
    } else if (!obey_about_tasks(command, first, second)) {
        reply("unknown", CLUSTER_E_INVALID);
    }
    return 1;
}

static void require(const char *what, cluster_result result) {
    struct line *line;
    if (result >= 0) return;
    line = begin("failed", what);
    add_result(line, result);
    end(line);
    exit(1);
}

/* A node may be refused before its host has registered anything, since another has its id: no failure of the host,
 * which goes on and says so to whoever asks. */
static int is_registered(const char *what, cluster_result result) {
    if (result != CLUSTER_E_DUPLICATE) require(what, result);
    return result == CLUSTER_OK;
}

/* What a node that takes no callbacks any more still has to tell. */
static void pull_events(void) {
    cluster_event_t *event = NULL;
    while (cluster_next_event(cluster, 0, &event) == CLUSTER_OK) {
        on_event(event, NULL);
        cluster_event_free(event);
    }
}

int main(int argc, char **argv) {
    static char text[LINE];
    cluster_options_t *options = NULL;
    cluster_result result;
    long log_level = 0, late_ms = 0;
    int wants_dispatch = 0;
    static int wants_messages = 0;
    char *json = NULL;

    require("options", cluster_options_new(&options));
    for (int index = 1; index < argc; index++) {
        char *value = argv[index];
        char *key = strsep(&value, "=");
        if (value == NULL) require(key, CLUSTER_E_INVALID);
        if (strcmp(key, "role") == 0) continue;
        argv[index][strlen(key)] = '\0';
        if (strcmp(key, "host.demote-ms") == 0) demote_ms = atol(value);
        else if (strcmp(key, "host.promote-ms") == 0) promote_ms = atol(value);
        else if (strcmp(key, "host.decline") == 0) declines = atoi(value);
        else if (strcmp(key, "host.warning") == 0) wants_warnings = atoi(value);
        else if (strcmp(key, "host.sample") == 0) samples = atoi(value);
        else if (strcmp(key, "host.log") == 0) log_level = atol(value);
        else if (strcmp(key, "host.messages") == 0) wants_messages = atoi(value);
        else if (strcmp(key, "host.dispatch") == 0) wants_dispatch = atoi(value);
        else if (strcmp(key, "host.late") == 0) late_ms = atol(value);
        else if (strcmp(key, "host.file") == 0) require(key, cluster_options_load_file(options, value));
        else require(key, cluster_options_set(options, key, value));
    }
    result = cluster_join(options, &cluster);
    cluster_options_free(options);
    require("join", result);
    work_ms(late_ms);
    if (!is_registered("on_event", cluster_on_event(cluster, on_event, NULL))) pull_events();
    if (log_level > 0) is_registered("on_log", cluster_on_log(cluster, (cluster_log_level)log_level, on_log, NULL));
    if (wants_messages > 0) is_registered("on_message", cluster_on_message(cluster, on_message, &wants_messages));
    if (wants_dispatch) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, dispatch, NULL) != 0) abort();
        pthread_detach(thread);
    }
    for (int index = 1; index < argc; index++)
        if (strcmp(argv[index], "role") == 0) reply("seat", open_seat(argv[index] + 5));
    result = cluster_self_json(cluster, &json);
    reply_json("joined", result, json);
    if (samples > 0 && seat_count > 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, sample, seats[0].handle) != 0) abort();
        pthread_detach(thread);
    }
    if (work != NULL && seat_count > 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, seats[0].handle) != 0) abort();
        pthread_detach(thread);
    }
    while (fgets(text, sizeof text, stdin) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        if (!obey(text)) break;
    }
    cluster_close(cluster);
    reply("ended", CLUSTER_OK);
    return 0;
}
