/* A node is closed while other threads are inside its calls: they are woken, answer CLUSTER_E_CLOSED (or
 * CLUSTER_E_HANDLE, when they come after it), and nothing hangs or crashes. The number of rounds is the first
 * argument. */
#include "manners.h"
#include <stdatomic.h>

#define KEY "0000000000000000000000000000000000000000000000000000000000000001"
#define OTHER_KEY "0000000000000000000000000000000000000000000000000000000000000002"

static cluster_t *node;
static failover_t *seat;
static atomic_int inside;

static void expect_ended(const char *call, int result) {
    if (result != CLUSTER_E_CLOSED && result != CLUSTER_E_HANDLE)
        broken(__FILE__, __LINE__, "%s answers %d after close", call, result);
}

static void *wait_for_many(void *user) {
    (void)user;
    atomic_fetch_add(&inside, 1);
    expect_ended("cluster_wait", cluster_wait(node, 1000, -1));
    return NULL;
}

static void *take_events(void *user) {
    cluster_event_t *event = NULL;
    int result;
    (void)user;
    atomic_fetch_add(&inside, 1);
    while ((result = cluster_next_event(node, -1, &event)) >= 0) /* CLUSTER_EMPTY is a wake-up */
        if (result == CLUSTER_OK) cluster_event_free(event);
    expect_ended("cluster_next_event", result);
    return NULL;
}

static void *dispatch(void *user) {
    int result;
    (void)user;
    atomic_fetch_add(&inside, 1);
    while ((result = cluster_dispatch(node, -1)) >= 0) continue;
    expect_ended("cluster_dispatch", result);
    return NULL;
}

static void *list_members(void *user) {
    cluster_members_t *list = NULL;
    char *json = NULL;
    int result;
    (void)user;
    atomic_fetch_add(&inside, 1);
    for (;;) {
        if ((result = cluster_members(node, &list)) != CLUSTER_OK) break;
        EXPECT(cluster_members_count(list) >= 1);
        cluster_members_free(list);
        if ((result = cluster_members_json(node, &json)) != CLUSTER_OK) break;
        cluster_free(json);
    }
    expect_ended("cluster_members", result);
    return NULL;
}

static void *change(void *user) {
    int result;
    (void)user;
    atomic_fetch_add(&inside, 1);
    while ((result = cluster_set_tag(node, "k", "v")) == CLUSTER_OK && (result = cluster_set_tag(node, "k", NULL)) == CLUSTER_OK)
        continue;
    expect_ended("cluster_set_tag", result);
    return NULL;
}

static void *ask_seat(void *user) {
    uint32_t position;
    int result;
    (void)user;
    atomic_fetch_add(&inside, 1);
    do {
        (void)failover_is_primary(seat);
        result = failover_position(seat, &position);
    } while (result >= 0);
    expect_ended("failover_position", result);
    return NULL;
}

static void hear(cluster_t *on, const cluster_message_t *message, void *user) { (void)on, (void)message, (void)user; }

static void *tell_all(void *user) {
    int result;
    (void)user;
    atomic_fetch_add(&inside, 1);
    do result = cluster_broadcast(node, "topic", "data", 4);
    while (result == CLUSTER_OK || result == CLUSTER_E_FULL);
    expect_ended("cluster_broadcast", result);
    return NULL;
}

static void *tell_one(void *to) {
    int result;
    atomic_fetch_add(&inside, 1);
    do result = cluster_send(node, to, "topic", "data", 4, -1);
    while (result == CLUSTER_OK || result == CLUSTER_E_FULL || result == CLUSTER_E_NO_MEMBER || result == CLUSTER_E_UNWANTED);
    expect_ended("cluster_send", result);
    return NULL;
}

static void *take_messages(void *user) {
    int result;
    (void)user;
    atomic_fetch_add(&inside, 1);
    while ((result = cluster_on_message(node, hear, NULL)) == CLUSTER_OK && (result = cluster_on_message(node, NULL, NULL)) == CLUSTER_OK)
        continue;
    expect_ended("cluster_on_message", result);
    return NULL;
}

static void nothing(const cluster_event_t *event, void *user) { (void)event, (void)user; }

static void *register_again(void *user) {
    int result;
    (void)user;
    atomic_fetch_add(&inside, 1);
    while ((result = cluster_on_event(node, nothing, NULL)) == CLUSTER_OK && (result = cluster_on_event(node, NULL, NULL)) == CLUSTER_OK)
        continue;
    expect_ended("cluster_on_event", result);
    return NULL;
}

static void *change_keys(void *user) {
    int result;
    char *json = NULL;
    (void)user;
    atomic_fetch_add(&inside, 1);
    do {
        result = cluster_key_add(node, OTHER_KEY, -1);
        if (result == CLUSTER_OK || result == CLUSTER_E_PARTIAL) result = cluster_keys_json(node, -1, &json);
        if (result == CLUSTER_OK) cluster_free(json);
        if (result == CLUSTER_OK) result = cluster_key_remove(node, OTHER_KEY, -1);
    } while (result == CLUSTER_OK || result == CLUSTER_E_PARTIAL);
    expect_ended("cluster_key_add", result);
    return NULL;
}

static void *wake(void *user) {
    (void)user;
    atomic_fetch_add(&inside, 1);
    for (int count = 0; count < 200; count++) cluster_wakeup(node);
    return NULL;
}

int main(int argc, char **argv) {
    static void *(*const bodies[])(void *) = {wait_for_many, take_events, dispatch, list_members, change, ask_seat, register_again, tell_all, tell_one, tell_one, take_messages, change_keys, wake};
    static char *const arguments[] = {[8] = "other", [9] = "node"};
    enum { BODIES = sizeof bodies / sizeof *bodies };
    int rounds = argc > 1 ? atoi(argv[1]) : 200;
    cluster_t *other = JOIN("other", "key", KEY, "bind", "127.0.0.1");
    EXPECT(rounds > 0);
    EXPECT_RESULT(cluster_on_message(other, hear, NULL), CLUSTER_OK);
    alarm(240); /* a hang ends the test */
    for (int round = 0; round < rounds; round++) {
        pthread_t started[BODIES];
        node = JOIN("node", "key", KEY, "bind", "127.0.0.1", "dispatch", "manual", "seeds", address_of(other));
        EXPECT_RESULT(failover_open(node, NULL, &seat), CLUSTER_OK);
        atomic_store(&inside, 0);
        for (int index = 0; index < BODIES; index++) started[index] = run_thread(bodies[index], index < 10 ? arguments[index] : NULL);
        while (atomic_load(&inside) < BODIES) sched_yield();
        if (round % 4 == 1) pause_ms(1);
        if (round % 4 == 2) (void)cluster_leave(node, round % 8 == 2 ? 0 : 1000);
        if (round % 4 == 3) EXPECT_RESULT(cluster_wait(node, 2, 10000), CLUSTER_OK);
        cluster_close(node);
        for (int index = 0; index < BODIES; index++) pthread_join(started[index], NULL);
        failover_close(seat);
    }
    cluster_close(other);
    return 0;
}
