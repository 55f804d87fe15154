/* What the C face promises whatever the node behind it does: handles, arguments, the guest's manners.
 * Usage: face. Prints nothing and returns 0 when all holds. */
#define _GNU_SOURCE
#include "muster.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failed;

#define EXPECT(condition)                                                                     \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            printf("line %d: %s (%s)\n", __LINE__, #condition, cluster_last_error());         \
            failed = 1;                                                                       \
        }                                                                                     \
    } while (0)

#define UNTOUCHED ((void *)(intptr_t)-5)

static cluster_t *node;
static failover_t *seat;
static cluster_task_t *task;
static cluster_members_t *list;
static cluster_options_t *options;

static int run(cluster_task_t *own, const cluster_run_t *one, void *user) {
    (void)own;
    (void)user;
    return one->struct_size == sizeof *one ? 0 : 1;
}

/* Every function that takes a handle, with `bad` in its place. */
static void answers_handle(void *bad, cluster_result wanted) {
    char *text = UNTOUCHED;
    uint64_t token = 5;
    uint32_t position = 5;
    cluster_event_t *event = UNTOUCHED;
    cluster_members_t *members = UNTOUCHED;
    failover_t *opened = UNTOUCHED;
    cluster_t *joined = UNTOUCHED;
    cluster_task_t *offered = UNTOUCHED;

    EXPECT(cluster_options_set(bad, "port", "0") == wanted);
    EXPECT(cluster_options_get(bad, "port", &text) == wanted);
    EXPECT(cluster_options_load_file(bad, "x.toml") == wanted);
    if (bad != NULL) EXPECT(cluster_join(bad, &joined) == wanted);
    EXPECT(cluster_wait(bad, 1, 0) == wanted);
    EXPECT(cluster_leave(bad, 0) == wanted);
    EXPECT(cluster_self_json(bad, &text) == wanted);
    EXPECT(cluster_members_json(bad, &text) == wanted);
    EXPECT(cluster_members(bad, &members) == wanted);
    EXPECT(cluster_members_count(bad) == 0);
    EXPECT(cluster_members_at(bad, 0) == NULL);
    EXPECT(cluster_set_tag(bad, "key", "value") == wanted);
    EXPECT(cluster_event_fd(bad) == -1);
    EXPECT(cluster_dispatch(bad, 0) == wanted);
    EXPECT(cluster_next_event(bad, 0, &event) == wanted);
    EXPECT(cluster_on_event(bad, NULL, NULL) == wanted);
    EXPECT(cluster_on_log(bad, CLUSTER_LOG_INFO, NULL, NULL) == wanted);
    EXPECT(cluster_broadcast(bad, "topic", "data", 4) == wanted);
    EXPECT(cluster_send(bad, "b", "topic", "data", 4, 1000) == wanted);
    EXPECT(cluster_on_message(bad, NULL, NULL) == wanted);
    EXPECT(failover_open(bad, NULL, &opened) == wanted);
    EXPECT(failover_on_promote(bad, NULL, NULL) == wanted);
    EXPECT(failover_on_demote(bad, NULL, NULL) == wanted);
    EXPECT(failover_is_primary(bad) == 0);
    EXPECT(failover_token(bad, &token) == wanted);
    EXPECT(failover_position(bad, &position) == wanted);
    EXPECT(failover_primary_json(bad, &text) == wanted);
    EXPECT(failover_step_down(bad, 0) == wanted);
    EXPECT(failover_promote(bad, "x", 0) == wanted);
    EXPECT(failover_set_ready(bad, 1) == wanted);
    EXPECT(failover_pause(bad) == wanted);
    EXPECT(failover_resume(bad) == wanted);
    EXPECT(failover_decline(bad) == wanted);
    EXPECT(failover_remaining_ms(bad) == 0);
    EXPECT(failover_on_warning(bad, NULL, NULL) == wanted);
    EXPECT(failover_guarantee_json(bad, &text) == wanted);
    EXPECT(cluster_task_offer(bad, "t", NULL, NULL, NULL, NULL, &offered) == wanted);
    EXPECT(cluster_daemon(bad, "t", NULL, NULL, NULL, NULL, &offered) == wanted);
    EXPECT(cluster_job_schedule(bad, "t", "every 1s", NULL, run, NULL, &offered) == wanted);
    EXPECT(cluster_task_is_mine(bad) == 0);
    EXPECT(cluster_task_token(bad, &token) == wanted);
    EXPECT(cluster_task_complete(bad) == wanted);
    EXPECT(cluster_task_fail(bad, "reason") == wanted);
    EXPECT(cluster_task_defer(bad) == wanted);
    EXPECT(cluster_task_finish(bad, NULL) == wanted);
    EXPECT(cluster_tasks_json(bad, 0, &text) == wanted);
    EXPECT(cluster_task_pause(bad, "t", 0) == wanted);
    EXPECT(cluster_task_resume(bad, "t", 0) == wanted);
    EXPECT(cluster_task_move(bad, "t", "face", 0) == wanted);
    EXPECT(cluster_task_run(bad, "t", 0) == wanted);
    EXPECT(cluster_task_forget(bad, "t", 0) == wanted);
    EXPECT(cluster_task_set_resolver(bad, NULL, NULL) == wanted);
    EXPECT(strlen(cluster_last_error()) > 0);
    cluster_wakeup(bad);

    EXPECT(text == UNTOUCHED && event == UNTOUCHED && members == UNTOUCHED);
    EXPECT(offered == UNTOUCHED && opened == UNTOUCHED && joined == UNTOUCHED && token == 5 && position == 5);
}

static void ends_handle(void *bad) {
    cluster_options_free(bad);
    cluster_members_free(bad);
    failover_close(bad);
    cluster_task_close(bad);
    cluster_close(bad);
}

static void set(const char *key, const char *value) {
    EXPECT(cluster_options_set(options, key, value) == CLUSTER_OK);
}

static void make_options(void) {
    EXPECT(cluster_options_new(&options) == CLUSTER_OK);
    set("cluster", "face");
    set("node_id", "face");
    set("bind", "127.0.0.1");
    set("port", "0");
    set("multicast", "false");
    set("dispatch", "manual");
}

static void make_all(void) {
    EXPECT(cluster_join(options, &node) == CLUSTER_OK);
    EXPECT(failover_open(node, NULL, &seat) == CLUSTER_OK);
    EXPECT(cluster_task_offer(node, "t", NULL, NULL, NULL, NULL, &task) == CLUSTER_OK);
    EXPECT(cluster_members(node, &list) == CLUSTER_OK);
}

static void test_library(void) {
    int code;
    EXPECT(cluster_version() == CLUSTER_VERSION);
    EXPECT(strcmp(cluster_version_text(), "0.1.0") == 0);
    EXPECT(strcmp(cluster_last_error(), "") == 0);
    for (code = -1000; code < 1000; code++) EXPECT(cluster_strerror((cluster_result)code)[0] != '\0');
    cluster_free(NULL);
    cluster_event_free(NULL);
}

static void test_handles(void) {
    int local = 0;
    void *stale_options, *stale_list;

    answers_handle(NULL, CLUSTER_E_HANDLE);
    answers_handle(&local, CLUSTER_E_HANDLE);
    answers_handle((void *)-1, CLUSTER_E_HANDLE);
    answers_handle((void *)1, CLUSTER_E_HANDLE);
    ends_handle(NULL);
    ends_handle(&local);
    ends_handle((void *)-1);

    EXPECT(cluster_wait((cluster_t *)seat, 1, 0) == CLUSTER_E_HANDLE);
    EXPECT(cluster_wait((cluster_t *)options, 1, 0) == CLUSTER_E_HANDLE);
    EXPECT(failover_is_primary((failover_t *)node) == 0);
    EXPECT(cluster_members_count((cluster_members_t *)node) == 0);
    EXPECT(cluster_task_is_mine((cluster_task_t *)seat) == 0);
    EXPECT(failover_is_primary((failover_t *)task) == 0);
    cluster_task_close((cluster_task_t *)node);
    failover_close((failover_t *)task);
    cluster_close((cluster_t *)seat);
    failover_close((failover_t *)node);
    cluster_members_free((cluster_members_t *)seat);
    EXPECT(cluster_wait(node, 1, 0) == CLUSTER_OK);

    EXPECT(cluster_options_new(&options) == CLUSTER_OK);
    stale_options = options;
    cluster_options_free(options);
    make_options();
    EXPECT(options != stale_options);
    answers_handle(stale_options, CLUSTER_E_HANDLE);
    ends_handle(stale_options);

    EXPECT(cluster_members_count(list) >= 1 && cluster_members_at(list, 0) != NULL);
    EXPECT(cluster_members_at(list, cluster_members_count(list)) == NULL);
    EXPECT(cluster_members_at(list, (size_t)-1) == NULL);
    EXPECT(cluster_members_at(list, 0)->struct_size == sizeof(cluster_member_t));
    stale_list = list;
    cluster_members_free(list);
    answers_handle(stale_list, CLUSTER_E_HANDLE);
    EXPECT(cluster_members(node, &list) == CLUSTER_OK);
}

static void test_arguments(void) {
    static char large[100000];
    memset(large, 'a', sizeof large - 1);

    EXPECT(cluster_options_new(NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_options_set(options, NULL, "1") == CLUSTER_E_INVALID);
    EXPECT(strstr(cluster_last_error(), "key") != NULL);
    EXPECT(cluster_options_set(options, "port", NULL) == CLUSTER_E_INVALID);
    EXPECT(strstr(cluster_last_error(), "value") != NULL);
    EXPECT(cluster_options_set(options, large, "1") == CLUSTER_E_INVALID);
    EXPECT(cluster_options_set(options, "name", large) == CLUSTER_E_INVALID);
    EXPECT(cluster_options_set(options, "name", "\xff") == CLUSTER_E_INVALID);
    EXPECT(cluster_options_set(options, "bogus", "1") == CLUSTER_E_INVALID);
    EXPECT(cluster_options_load_file(options, "/nowhere/at/all.toml") == CLUSTER_E_INVALID);
    EXPECT(cluster_options_get(options, "cluster", NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_join(options, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_wait(node, 1, -2) == CLUSTER_E_INVALID);
    EXPECT(strstr(cluster_last_error(), "timeout_ms") != NULL);
    EXPECT(cluster_self_json(node, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_members_json(node, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_members(node, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_next_event(node, 0, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_next_event(node, -2, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_dispatch(node, -2) == CLUSTER_E_INVALID);
    EXPECT(cluster_set_tag(node, NULL, "v") == CLUSTER_E_INVALID);
    EXPECT(cluster_set_tag(node, "", "v") == CLUSTER_E_INVALID);
    EXPECT(cluster_set_tag(node, "k", "\xc0\x80") == CLUSTER_E_INVALID);
    EXPECT(cluster_on_log(node, (cluster_log_level)77, NULL, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_broadcast(node, NULL, NULL, 1) == CLUSTER_E_INVALID);
    EXPECT(strstr(cluster_last_error(), "data is NULL") != NULL);
    EXPECT(cluster_broadcast(node, "\xc0\x80", "x", 1) == CLUSTER_E_INVALID);
    EXPECT(cluster_broadcast(node, NULL, "x", SIZE_MAX) == CLUSTER_E_TOOBIG);
    EXPECT(cluster_broadcast(node, NULL, NULL, 0) == CLUSTER_OK);
    EXPECT(cluster_send(node, NULL, NULL, "x", 1, 1000) == CLUSTER_E_INVALID);
    EXPECT(cluster_send(node, "b", NULL, NULL, 1, 1000) == CLUSTER_E_INVALID);
    EXPECT(cluster_send(node, "b", NULL, "x", 1, 0) == CLUSTER_E_INVALID);
    EXPECT(cluster_send(node, "b", NULL, "x", 1, -2) == CLUSTER_E_INVALID);
    EXPECT(cluster_send(node, "b", NULL, "x", SIZE_MAX, 1000) == CLUSTER_E_TOOBIG);
    EXPECT(cluster_send(node, "b", NULL, "x", 1, -1) == CLUSTER_E_NO_MEMBER);
    EXPECT(failover_open(node, "", &seat) == CLUSTER_E_INVALID);
    EXPECT(failover_open(node, "r", NULL) == CLUSTER_E_INVALID);
    EXPECT(failover_token(seat, NULL) == CLUSTER_E_INVALID);
    EXPECT(failover_position(seat, NULL) == CLUSTER_E_INVALID);
    EXPECT(failover_primary_json(seat, NULL) == CLUSTER_E_INVALID);
    EXPECT(failover_step_down(seat, -2) == CLUSTER_E_INVALID);
    EXPECT(failover_promote(seat, "x", -2) == CLUSTER_E_INVALID);
    EXPECT(failover_promote(seat, NULL, 0) == CLUSTER_E_INVALID);
    EXPECT(failover_promote(seat, "\xff", 0) == CLUSTER_E_INVALID);
    EXPECT(failover_promote(seat, "", 0) == CLUSTER_E_NO_MEMBER);
    EXPECT(failover_guarantee_json(seat, NULL) == CLUSTER_E_INVALID);
}

static void test_arguments_of_tasks(void) {
    static char large[100000];
    cluster_task_t *other = UNTOUCHED;
    memset(large, 'a', sizeof large - 1);

    EXPECT(cluster_task_offer(node, NULL, NULL, NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(strstr(cluster_last_error(), "name is NULL") != NULL);
    EXPECT(cluster_task_offer(node, "", NULL, NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_offer(node, large, NULL, NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_offer(node, "\xff", NULL, NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_offer(node, "a\nb", NULL, NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_offer(node, "o", large, NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_offer(node, "o", "weight=x", NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(strstr(cluster_last_error(), "weight") != NULL);
    EXPECT(cluster_task_offer(node, "o", NULL, NULL, NULL, NULL, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_daemon(node, "o", "attempts=2", NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_job_schedule(node, "o", NULL, NULL, run, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_job_schedule(node, "o", "", NULL, run, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_job_schedule(node, "o", large, NULL, run, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_job_schedule(node, "o", "\xc0\x80", NULL, run, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(cluster_job_schedule(node, "o", "every 1s", NULL, NULL, NULL, &other) == CLUSTER_E_INVALID);
    EXPECT(other == UNTOUCHED);
    EXPECT(cluster_task_token(task, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_fail(task, "\xff") == CLUSTER_E_INVALID);
    EXPECT(cluster_task_fail(task, large) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_defer(task) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_finish(task, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_tasks_json(node, 0, NULL) == CLUSTER_E_INVALID);
    EXPECT(cluster_tasks_json(node, -2, (char **)&other) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_pause(node, NULL, 0) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_resume(node, "", 0) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_run(node, large, 0) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_forget(node, "t", -2) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_move(node, "t", "\xff", 0) == CLUSTER_E_INVALID);
    EXPECT(cluster_task_move(node, "t", large, 0) == CLUSTER_E_INVALID);
    EXPECT(other == UNTOUCHED);
}

/* Callbacks of tasks run in cluster_dispatch() with dispatch=manual. */
static void test_tasks_end_to_end(void) {
    cluster_task_t *job = NULL;
    char *json = NULL;
    int index;
    EXPECT(cluster_job_schedule(node, "job", "in 1ms", NULL, run, NULL, &job) == CLUSTER_OK);
    for (index = 0; index < 2000; index++) {
        (void)cluster_dispatch(node, 10);
        EXPECT(cluster_tasks_json(node, 20000, &json) == CLUSTER_OK);
        if (json != NULL && strstr(json, "completed") != NULL && cluster_task_is_mine(task)) break;
        cluster_free(json);
        json = NULL;
    }
    EXPECT(json != NULL);
    cluster_free(json);
    cluster_task_close(job);
    EXPECT(cluster_task_complete(job) == CLUSTER_E_HANDLE);
}

static void test_text(void) {
    char *text = NULL;
    cluster_event_t *event = NULL;
    cluster_result result;
    size_t index;
    int found = 0;

    EXPECT(cluster_options_get(options, "cluster", &text) == CLUSTER_OK && strcmp(text, "face") == 0);
    cluster_free(text);
    EXPECT(cluster_self_json(node, &text) == CLUSTER_OK && text[0] == '{');
    cluster_free(text);
    EXPECT(cluster_members_json(node, &text) == CLUSTER_OK && text[0] == '[');
    cluster_free(text);
    EXPECT(failover_primary_json(seat, &text) == CLUSTER_OK);
    cluster_free(text);

    EXPECT(cluster_set_tag(node, "quote\"", "sla/sh\n") == CLUSTER_OK);
    cluster_members_free(list);
    EXPECT(cluster_members(node, &list) == CLUSTER_OK);
    for (index = 0; index < cluster_members_count(list); index++) {
        const cluster_member_t *member = cluster_members_at(list, index);
        if (!member->is_self) continue;
        found = strcmp(member->tags_json, "{\"quote\\\"\":\"sla/sh\\n\"}") == 0;
    }
    EXPECT(found);
    EXPECT(cluster_set_tag(node, "quote\"", NULL) == CLUSTER_OK);

    while ((result = cluster_next_event(node, 0, &event)) == CLUSTER_OK) {
        EXPECT(event->struct_size == sizeof(cluster_event_t) && event->number > 0);
        EXPECT(event->member && event->role && event->detail);
        cluster_event_free(event);
    }
    EXPECT(result == CLUSTER_EMPTY);
}

static void on_alarm(int number) {
    (void)number;
    cluster_wakeup(node);
}

static void test_wakeup(void) {
    struct sigaction action;
    cluster_event_t *event;
    cluster_result result;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    /* The seat may be promoted meanwhile. */
    while ((result = cluster_next_event(node, 20000, &event)) == CLUSTER_OK) cluster_event_free(event);
    EXPECT(result == CLUSTER_EMPTY);
    signal(SIGALRM, SIG_DFL);
}

/* -- Manners ---------------------------------------------------------------------------------- */

static int count_descriptors(int *without_cloexec, const char *known) {
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;
    while ((entry = readdir(folder)) != NULL) {
        int descriptor = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || descriptor == dirfd(folder)) continue;
        count++;
        if (descriptor < 1024 && known[descriptor]) continue;
        if (!(fcntl(descriptor, F_GETFD) & FD_CLOEXEC)) ++*without_cloexec;
    }
    closedir(folder);
    return count;
}

/* The signal mask of every thread but this one, as the kernel shows it. */
static void test_threads_block_signals(void) {
    DIR *folder = opendir("/proc/self/task");
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char path[300], line[200];
        FILE *file;
        unsigned long long blocked = 0;
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid()) continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        file = fopen(path, "r");
        while (file && fgets(line, sizeof line, file)) sscanf(line, "SigBlk: %llx", &blocked);
        if (file) fclose(file);
        EXPECT(blocked & (1ULL << (SIGPIPE - 1)));
        EXPECT(blocked & (1ULL << (SIGTERM - 1)));
    }
    closedir(folder);
}

static int in_child(void (*body)(void)) {
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        alarm(20); /* a child that hangs fails */
        body();
        _exit(failed);
    }
    waitpid(child, &status, 0);
    return status;
}

static int descriptors_before;
static char known[1024];

static void child_before_join(void) {
    cluster_t *own = NULL;
    EXPECT(cluster_join(options, &own) == CLUSTER_OK);
    cluster_close(own);
}

static void child_after_join(void) {
    int open_ones = 0;
    cluster_options_t *fresh = UNTOUCHED;
    EXPECT(count_descriptors(&open_ones, known) == descriptors_before);
    answers_handle(node, CLUSTER_E_FORKED);
    answers_handle(seat, CLUSTER_E_FORKED);
    answers_handle(task, CLUSTER_E_FORKED);
    EXPECT(cluster_options_new(&fresh) == CLUSTER_E_FORKED && fresh == UNTOUCHED);
    EXPECT(cluster_version() == CLUSTER_VERSION);
    failover_close(seat);
    cluster_task_close(task);
    cluster_members_free(list);
    cluster_close(node);
    cluster_options_free(options);
}

static void test_fork_before_join(void) { EXPECT(in_child(child_before_join) == 0); }

static void test_fork_after_join(void) {
    EXPECT(in_child(child_after_join) == 0);
    EXPECT(cluster_wait(node, 1, 0) == CLUSTER_OK);
}

/* -- Threads ---------------------------------------------------------------------------------- */

/* Each thread is at work when the node is closed, and for some time afterwards. */
enum { ROUNDS = 1000 };
static sem_t at_work;
static int is_closed;

static int goes_on(int round) {
    static __thread int closed_since;
    if (round == ROUNDS) sem_post(&at_work);
    if (__atomic_load_n(&is_closed, __ATOMIC_ACQUIRE)) closed_since++;
    return closed_since < ROUNDS;
}

static void *hammer(void *argument) {
    int round;
    (void)argument;
    for (round = 0; goes_on(round); round++) {
        cluster_members_t *shared = list;
        (void)cluster_members_count(shared);
        (void)failover_is_primary(seat);
        (void)cluster_task_is_mine(task);
        cluster_wakeup(node);
    }
    return NULL;
}

static void *free_and_make(void *argument) {
    int round;
    (void)argument;
    for (round = 0; goes_on(round); round++) {
        cluster_members_t *own = NULL;
        cluster_result result = cluster_members(node, &own);
        EXPECT(result == CLUSTER_OK || result == CLUSTER_E_CLOSED || result == CLUSTER_E_HANDLE);
        cluster_members_free(own);
        cluster_members_free(own);
    }
    return NULL;
}

static void test_close_under_use(void) {
    pthread_t threads[4];
    int index;
    void *stale = node;
    struct timespec deadline;

    sem_init(&at_work, 0, 0);
    for (index = 0; index < 4; index++) {
        pthread_create(&threads[index], NULL, index % 2 ? hammer : free_and_make, NULL);
    }
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 30;
    for (index = 0; index < 4; index++) EXPECT(sem_timedwait(&at_work, &deadline) == 0);
    cluster_close(node);
    __atomic_store_n(&is_closed, 1, __ATOMIC_RELEASE);
    for (index = 0; index < 4; index++) pthread_join(threads[index], NULL);
    answers_handle(stale, CLUSTER_E_HANDLE);
    cluster_close(stale);
}

/* The seat outlives its node. */
static void test_children_of_closed(void) {
    uint64_t token = 5;
    void *stale = seat;

    EXPECT(failover_is_primary(seat) == 0);
    EXPECT(failover_token(seat, &token) == CLUSTER_E_CLOSED && token == 5);
    EXPECT(failover_step_down(seat, 0) == CLUSTER_E_CLOSED);
    EXPECT(failover_promote(seat, "x", 0) == CLUSTER_E_CLOSED);
    EXPECT(failover_set_ready(seat, 1) == CLUSTER_E_CLOSED);
    EXPECT(failover_pause(seat) == CLUSTER_E_CLOSED && failover_resume(seat) == CLUSTER_E_CLOSED);
    EXPECT(failover_decline(seat) == CLUSTER_E_CLOSED && failover_remaining_ms(seat) == 0);
    EXPECT(failover_on_warning(seat, NULL, NULL) == CLUSTER_E_CLOSED);
    EXPECT(cluster_task_is_mine(task) == 0);
    EXPECT(cluster_task_token(task, &token) == CLUSTER_E_CLOSED && token == 5);
    EXPECT(cluster_task_complete(task) == CLUSTER_E_CLOSED);
    EXPECT(cluster_task_fail(task, NULL) == CLUSTER_E_CLOSED);
    cluster_task_close(task);
    EXPECT(cluster_task_complete(task) == CLUSTER_E_HANDLE);
    failover_close(seat);
    EXPECT(failover_token(stale, &token) == CLUSTER_E_HANDLE);
    EXPECT(cluster_members_count(list) >= 1);
    cluster_members_free(list);
    cluster_options_free(options);
}

int main(void) {
    struct sigaction pipe_before, pipe_after;
    sigset_t mask_before, mask_after;
    int index, without_cloexec = 0;

    for (index = 0; index < 1024; index++) known[index] = fcntl(index, F_GETFD) >= 0;
    descriptors_before = count_descriptors(&without_cloexec, known);
    sigaction(SIGPIPE, NULL, &pipe_before);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_before);

    test_library();
    make_options();
    test_fork_before_join();
    make_all();

    without_cloexec = 0;
    EXPECT(count_descriptors(&without_cloexec, known) > descriptors_before);
    EXPECT(without_cloexec == 0);
    sigaction(SIGPIPE, NULL, &pipe_after);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    EXPECT(pipe_before.sa_handler == pipe_after.sa_handler);
    EXPECT(memcmp(&mask_before, &mask_after, 8) == 0);
    test_threads_block_signals();

    test_handles();
    test_arguments();
    test_arguments_of_tasks();
    test_tasks_end_to_end();
    test_text();
    test_wakeup();
    test_fork_after_join();
    test_close_under_use();
    test_children_of_closed();
    return failed;
}
