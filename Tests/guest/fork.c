/* fork() without exec: in the child every call answers CLUSTER_E_FORKED, ending things works, nothing hangs, and
 * no descriptor of the library is held there; the parent goes on as before. */
#include "manners.h"

static cluster_t *a, *b;
static failover_t *seat;
static cluster_options_t *options;
static cluster_members_t *list;
static cluster_event_t *event;
static int is_library[1024];

static void ignore_event(const cluster_event_t *event, void *user) { (void)event, (void)user; }
static void ignore_role(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user; }
static void ignore_log(cluster_log_level level, const char *text, void *user) { (void)level, (void)text, (void)user; }

static void everything_in_the_child(void) {
    cluster_t *node = NULL;
    failover_t *other = NULL;
    cluster_options_t *more = NULL;
    cluster_members_t *members = NULL;
    cluster_event_t *next = NULL;
    char *text = NULL;
    uint64_t token;
    uint32_t position;

    EXPECT_RESULT(cluster_options_new(&more), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_options_set(options, "port", "1"), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_options_get(options, "port", &text), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_options_load_file(options, "/dev/null"), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_join(options, &node), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_wait(a, 1, -1), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_leave(a, -1), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_self_json(a, &text), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_set_tag(a, "x", "y"), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_members(a, &members), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_members_json(a, &text), CLUSTER_E_FORKED);
    EXPECT_NUMBER(cluster_members_count(list), 0);
    EXPECT(cluster_members_at(list, 0) == NULL);
    EXPECT_NUMBER(cluster_event_fd(a), -1);
    EXPECT_RESULT(cluster_dispatch(b, -1), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_next_event(a, -1, &next), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_on_event(a, ignore_event, NULL), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_on_event(a, NULL, NULL), CLUSTER_E_FORKED);
    EXPECT_RESULT(cluster_on_log(a, CLUSTER_LOG_INFO, ignore_log, NULL), CLUSTER_E_FORKED);
    EXPECT_RESULT(failover_open(a, "other", &other), CLUSTER_E_FORKED);
    EXPECT_RESULT(failover_on_promote(seat, ignore_role, NULL), CLUSTER_E_FORKED);
    EXPECT_RESULT(failover_on_demote(seat, ignore_role, NULL), CLUSTER_E_FORKED);
    EXPECT_NUMBER(failover_is_primary(seat), 0);
    EXPECT_RESULT(failover_token(seat, &token), CLUSTER_E_FORKED);
    EXPECT_RESULT(failover_position(seat, &position), CLUSTER_E_FORKED);
    EXPECT_RESULT(failover_primary_json(seat, &text), CLUSTER_E_FORKED);
    EXPECT_RESULT(failover_step_down(seat, -1), CLUSTER_E_FORKED);
    EXPECT(strlen(cluster_last_error()) > 0);
    EXPECT(cluster_strerror(CLUSTER_E_FORKED)[0] != '\0' && cluster_version() != 0);
    cluster_wakeup(a);

    cluster_event_free(event);
    cluster_members_free(list);
    cluster_options_free(options);
    failover_close(seat);
    cluster_close(a);
    cluster_close(b);
    cluster_close(a);
}

/* Of what was the library's, nothing is open here. */
static void expect_no_library_descriptor(void) {
    for (int number = 0; number < 1024; number++)
        if (is_library[number] && fcntl(number, F_GETFD) != -1)
            broken(__FILE__, __LINE__, "descriptor %d of the library is open in the child", number);
}

static void expect_well(pid_t child) {
    int status, ended = 0;
    EXPECT(child > 0);
    EVENTUALLY((ended = waitpid(child, &status, WNOHANG)) != 0);
    EXPECT_NUMBER(ended, child);
    EXPECT(WIFEXITED(status));
    EXPECT_NUMBER(WEXITSTATUS(status), 0);
}

/* A thread of the parent that is inside the library, under its locks, whenever the fork comes. */
static volatile int is_over;
static void *keep_busy(void *user) {
    char *text = NULL;
    (void)user;
    while (!is_over) {
        if (cluster_members_json(a, &text) == CLUSTER_OK) cluster_free(text);
        if (cluster_set_tag(b, "n", "1") == CLUSTER_OK) EXPECT_RESULT(cluster_wait(a, 2, 0), CLUSTER_OK);
    }
    return NULL;
}

int main(void) {
    int before[1024], own;
    pthread_t busy;
    for (int number = 0; number < 1024; number++) before[number] = fcntl(number, F_GETFD) != -1;
    a = JOIN("a", "multicast", "true", "multicast_interface", "lo", "multicast_port", "7991");
    b = JOIN("b", "seeds", address_of(a), "dispatch", "manual");
    meet(a, b);
    EXPECT_RESULT(failover_open(a, NULL, &seat), CLUSTER_OK);
    EXPECT_RESULT(failover_on_demote(seat, ignore_role, NULL), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat));
    EXPECT_RESULT(cluster_options_new(&options), CLUSTER_OK);
    EXPECT_RESULT(cluster_members(a, &list), CLUSTER_OK);
    EXPECT_RESULT(cluster_next_event(b, 5000, &event), CLUSTER_OK);
    for (int number = 0; number < 1024; number++) is_library[number] = !before[number] && fcntl(number, F_GETFD) != -1;
    own = open("/dev/null", O_RDONLY | O_CLOEXEC);

    for (int round = 0; round < 3; round++) {
        pid_t child = fork();
        if (child == 0) {
            pid_t grandchild;
            expect_no_library_descriptor();
            everything_in_the_child();
            EXPECT(fcntl(own, F_GETFD) != -1); /* what is the host's is left alone */
            grandchild = fork();
            if (grandchild == 0) {
                EXPECT_RESULT(cluster_wait(a, 1, 0), CLUSTER_E_FORKED);
                _exit(0);
            }
            expect_well(grandchild);
            exit(0); /* not _exit: what runs at the end must not hang either */
        }
        expect_well(child);
        EXPECT_RESULT(cluster_wait(a, 2, 0), CLUSTER_OK);
        EXPECT(failover_is_primary(seat));
    }

    busy = run_thread(keep_busy, NULL);
    for (int round = 0; round < 200; round++) {
        pid_t child = fork();
        if (child == 0) {
            expect_no_library_descriptor();
            everything_in_the_child();
            _exit(0);
        }
        expect_well(child);
    }
    is_over = 1;
    pthread_join(busy, NULL);
    meet(a, b);
    cluster_event_free(event);
    cluster_members_free(list);
    cluster_options_free(options);
    EXPECT_RESULT(cluster_leave(a, 5000), CLUSTER_OK);
    failover_close(seat);
    cluster_close(a);
    cluster_close(b);
    return 0;
}
