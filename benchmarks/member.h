/* What the members of the benchmarks have in common: what they say, and how large they are. */
#include <muster.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void say(const char *word, const char *who) {
    struct timespec time;
    char line[256];
    int length;

    clock_gettime(CLOCK_MONOTONIC, &time);
    length = snprintf(line, sizeof line, "%" PRId64 " %s %s\n",
                      (int64_t)time.tv_sec * 1000000000 + time.tv_nsec, word, who);
    if (write(1, line, (size_t)length) < 0) exit(1);
}

static void check(cluster_result result, const char *what) {
    if (result >= 0) return;
    fprintf(stderr, "%s: %s: %s\n", what, cluster_strerror(result), cluster_last_error());
    exit(1);
}

/* The words behind the size, each an option of the node; but not role=NAME, which none is. */
static cluster_options_t *options_of(int argc, char **argv) {
    cluster_options_t *options;

    check(cluster_options_new(&options), "options");
    for (int index = 2; index < argc; index++) {
        char *equals = strchr(argv[index], '=');
        if (equals == NULL) exit(1);
        if (strncmp(argv[index], "role=", 5) == 0) continue;
        *equals = 0;
        check(cluster_options_set(options, argv[index], equals + 1), argv[index]);
        *equals = '=';
    }
    return options;
}

static size_t size_of(int argc, char **argv) { return (size_t)(argc > 1 ? atol(argv[1]) : 0) << 20; }

static void grow(size_t size) {
    char *memory = malloc(size);
    if (memory == NULL) exit(1);
    for (size_t at = 0; at < size; at += 4096) memory[at] = 1;
    say("grown", "self");
}
