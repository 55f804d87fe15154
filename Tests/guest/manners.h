/* What the programs of this folder share: checks that say what was expected, and a node in one line. */
#ifndef MANNERS_H
#define MANNERS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <muster.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

/* Ends the program: what follows a broken expectation proves nothing. _exit, since other threads run. */
UNUSED static void broken(const char *file, int line, const char *format, ...) {
    va_list arguments;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (last error: %s)\n", cluster_last_error());
    _exit(1);
}

#define EXPECT(holds) \
    do { \
        if (!(holds)) broken(__FILE__, __LINE__, "not so: %s", #holds); \
    } while (0)

#define EXPECT_RESULT(call, wanted) \
    do { \
        int result_ = (int)(call); \
        if (result_ != (int)(wanted)) \
            broken(__FILE__, __LINE__, "%s answers %d, not %s (%d)", #call, result_, #wanted, (int)(wanted)); \
    } while (0)

#define EXPECT_NUMBER(value, wanted) \
    do { \
        long long value_ = (long long)(value), wanted_ = (long long)(wanted); \
        if (value_ != wanted_) \
            broken(__FILE__, __LINE__, "%s is %lld, not %lld", #value, value_, wanted_); \
    } while (0)

UNUSED static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

UNUSED static void pause_ms(long milliseconds) {
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* Waits until the condition holds; a minute is for machines that are very busy. */
#define EVENTUALLY(condition) \
    do { \
        int64_t end_ = now_ms() + 60000; \
        while (!(condition)) { \
            if (now_ms() > end_) broken(__FILE__, __LINE__, "not within a minute: %s", #condition); \
            pause_ms(1); \
        } \
    } while (0)

/* A name that no other test uses at the same time. */
UNUSED static const char *cluster_name(void) {
    static char name[64];
    struct timespec now;
    if (name[0] == '\0') {
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(name, sizeof name, "guest-%ld-%ld", (long)getpid(), now.tv_nsec);
    }
    return name;
}

/* Options by pairs of key and value up to NULL; without multicast, on a port of the system's choice. */
UNUSED static cluster_options_t *options_of(va_list pairs) {
    cluster_options_t *options = NULL;
    const char *key;
    EXPECT_RESULT(cluster_options_new(&options), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "cluster", cluster_name()), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "port", "0"), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "multicast", "false"), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "failover.grace", "50ms"), CLUSTER_OK);
    while ((key = va_arg(pairs, const char *)) != NULL) {
        const char *value = va_arg(pairs, const char *);
        EXPECT_RESULT(cluster_options_set(options, key, value), CLUSTER_OK);
    }
    return options;
}

UNUSED static cluster_t *join_with(const char *id, ...) {
    cluster_t *cluster = NULL;
    va_list pairs;
    cluster_options_t *options;
    va_start(pairs, id);
    options = options_of(pairs);
    va_end(pairs);
    EXPECT_RESULT(cluster_options_set(options, "node_id", id), CLUSTER_OK);
    EXPECT_RESULT(cluster_join(options, &cluster), CLUSTER_OK);
    cluster_options_free(options);
    return cluster;
}

#define JOIN(...) join_with(__VA_ARGS__, (char *)NULL)

UNUSED static int port_of(cluster_t *cluster) {
    cluster_members_t *list = NULL;
    int port = 0;
    EXPECT_RESULT(cluster_members(cluster, &list), CLUSTER_OK);
    for (size_t index = 0; index < cluster_members_count(list); index++) {
        const cluster_member_t *member = cluster_members_at(list, index);
        if (member->is_self) port = member->port;
    }
    cluster_members_free(list);
    EXPECT(port > 0);
    return port;
}

UNUSED static const char *address_of(cluster_t *cluster) {
    static _Thread_local char text[32];
    snprintf(text, sizeof text, "127.0.0.1:%d", port_of(cluster));
    return text;
}

/* Two nodes of this process that know each other. */
UNUSED static void meet(cluster_t *first, cluster_t *second) {
    EXPECT_RESULT(cluster_wait(first, 2, 60000), CLUSTER_OK);
    EXPECT_RESULT(cluster_wait(second, 2, 60000), CLUSTER_OK);
}

/* Takes all events that wait. */
UNUSED static void drain(cluster_t *cluster) {
    cluster_event_t *event = NULL;
    while (cluster_next_event(cluster, 0, &event) == CLUSTER_OK) cluster_event_free(event);
}

/* Removes a folder and the files in it. */
UNUSED static void remove_folder(const char *path) {
    DIR *directory = opendir(path);
    struct dirent *entry;
    EXPECT(directory != NULL);
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_type == DT_REG) EXPECT(unlinkat(dirfd(directory), entry->d_name, 0) == 0);
    closedir(directory);
    EXPECT(rmdir(path) == 0);
}

/* -- What the system says about this process -------------------------------------------------- */

UNUSED static int count_entries(const char *folder) {
    DIR *directory = opendir(folder);
    int count = 0;
    struct dirent *entry;
    EXPECT(directory != NULL);
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.') count++;
    closedir(directory);
    return count;
}

/* The one that counting itself takes is not counted. */
UNUSED static int descriptors(void) { return count_entries("/proc/self/fd") - 1; }
UNUSED static int threads(void) { return count_entries("/proc/self/task"); }

/* A line of a status file of /proc, without its name; "" where there is none. */
UNUSED static void status_line(const char *path, const char *name, char *value, size_t size) {
    char line[512];
    FILE *file = fopen(path, "re");
    value[0] = '\0';
    EXPECT(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        size_t length = strlen(name);
        if (strncmp(line, name, length) != 0 || line[length] != ':') continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(value, size, "%s", line + length + 1 + strspn(line + length + 1, " \t"));
    }
    fclose(file);
}

UNUSED static long memory_kb(const char *what) {
    char value[64];
    status_line("/proc/self/status", what, value, sizeof value);
    return atol(value);
}

struct thread {
    char name[32];
    char blocked[32];
    pid_t id;
};

/* All threads of this process. */
UNUSED static int list_threads(struct thread *list, int most) {
    DIR *directory = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;
    EXPECT(directory != NULL);
    while ((entry = readdir(directory)) != NULL && count < most) {
        char path[300];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        if (access(path, R_OK) != 0) continue; /* it has ended since */
        status_line(path, "Name", list[count].name, sizeof list[count].name);
        status_line(path, "SigBlk", list[count].blocked, sizeof list[count].blocked);
        list[count++].id = (pid_t)atol(entry->d_name);
    }
    closedir(directory);
    return count;
}

UNUSED static int has_thread(const char *name) {
    struct thread list[64];
    int count = list_threads(list, 64), found = 0;
    for (int index = 0; index < count; index++) found += strcmp(list[index].name, name) == 0;
    return found;
}

UNUSED static pthread_t run_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    EXPECT_NUMBER(pthread_create(&thread, NULL, body, argument), 0);
    return thread;
}

#endif
