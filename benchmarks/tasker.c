/* A member with tasks for the benchmarks, in the manner of host.c: says what happens, with the time, and obeys letters on
 * standard input.
 *
 *   tasker MEGABYTES KEY=VALUE...
 *
 *   j  joins                             o  offers the task "work"
 *   t  offers a thousand tasks           s  schedules a thousand jobs, an hour from now
 *   m  has "work" moved to any other node, and says when it asked
 *   g  touches MEGABYTES
 *
 * "began work": its start callback runs here; "thousand self": a thousand have begun here, or wait here for their time;
 * "coordinates self": this node shares the tasks out. */
#include "member.h"

enum { MANY = 1000 };

static cluster_t *cluster;
static int begun;

static void on_event(const cluster_event_t *event, void *user) {
    (void)user;
    switch (event->kind) {
    case CLUSTER_EVENT_MEMBER_JOINED: say("joined", event->member); break;
    case CLUSTER_EVENT_MEMBER_LEFT: say("left", event->member); break;
    case CLUSTER_EVENT_MEMBER_DEAD: say("dead", event->member); break;
    case CLUSTER_EVENT_PROMOTED:
        if (strcmp(event->role, "muster.tasks") == 0) say("coordinates", "self");
        break;
    case CLUSTER_EVENT_TASK:
        if (event->value == CLUSTER_TASK_STARTED && ++begun == MANY) say("thousand", "self");
        break;
    }
}

static int on_start(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)task;
    (void)token;
    (void)user;
    if (strcmp(name, "work") == 0) say("began", name);
    return 0;
}

static void on_stop(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)task;
    (void)name;
    (void)token;
    (void)user;
}

static int on_run(cluster_task_t *task, const cluster_run_t *run, void *user) {
    (void)task;
    (void)run;
    (void)user;
    return 0;
}

static void join(const cluster_options_t *options) {
    check(cluster_join(options, &cluster), "join");
    check(cluster_on_event(cluster, on_event, NULL), "on_event");
    say("up", "self");
}

static void offer(const char *name) {
    cluster_task_t *task;
    check(cluster_task_offer(cluster, name, NULL, on_start, on_stop, NULL, &task), "offer");
}

static void offer_many(int are_jobs) {
    for (int number = 0; number < MANY; number++) {
        char name[32];
        cluster_task_t *task;
        snprintf(name, sizeof name, "%s-%d", are_jobs ? "job" : "task", number);
        if (are_jobs) check(cluster_job_schedule(cluster, name, "in 1h", NULL, on_run, NULL, &task), "schedule");
        else offer(name);
    }
}

int main(int argc, char **argv) {
    size_t size = size_of(argc, argv);
    cluster_options_t *options = options_of(argc, argv);
    char letter;

    say("ready", "self");
    while (read(0, &letter, 1) > 0) {
        if (letter == 'j') join(options);
        if (letter == 'o') offer("work");
        if (letter == 't' || letter == 's') offer_many(letter == 's');
        if (letter == 'm') {
            say("asking", "self");
            check(cluster_task_move(cluster, "work", NULL, 20000), "move");
        }
        if (letter == 'g') grow(size);
    }
    return 0;
}
