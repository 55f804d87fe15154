/* Tasks and jobs are offered, closed, ordered about and asked for by many threads at once, until their nodes are closed: what a
 * host hands to a callback is its own again as soon as cluster_task_close() has returned. The number of milliseconds is the
 * first argument. */
#include "manners.h"
#include <stdatomic.h>

enum { NAMES = 3, NODES = 2, FRESH = 0x600d, FREED = 0xbad };

/* Plain memory: that no two callbacks of an offer run at once, and none after its end, is the library's word. */
typedef struct {
    cluster_t *node;
    int mark, is_running, count;
} work_t;

static cluster_t *nodes[NODES];
static atomic_int starts, runs;

static int start(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    work_t *work = user;
    (void)name;
    EXPECT(work->mark == FRESH && !work->is_running && token > 0);
    atomic_fetch_add(&starts, 1);
    if (++work->count % 3 == 0) return 1; /* fails */
    work->is_running = 1;
    EXPECT(cluster_task_is_mine(task) >= 0);
    return 0;
}

static void stop(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    work_t *work = user;
    (void)task, (void)name, (void)token;
    EXPECT(work->mark == FRESH && work->is_running);
    work->is_running = 0;
}

static int run(cluster_task_t *task, const cluster_run_t *told, void *user) {
    work_t *work = user;
    (void)task, (void)told;
    EXPECT(work->mark == FRESH);
    atomic_fetch_add(&runs, 1);
    return ++work->count % 4 == 0;
}

/* Each has a name of its own on its node, and a counterpart on the other. */
typedef struct {
    int node, name;
} place_t;

static void *offer_and_close(void *user) {
    const place_t *place = user;
    char name[8], job[8];
    snprintf(name, sizeof name, "t%d", place->name);
    snprintf(job, sizeof job, "j%d", place->name);
    for (int round = 0;; round++) {
        cluster_task_t *task = NULL;
        work_t *work = calloc(1, sizeof *work);
        cluster_result result;
        uint64_t token;
        EXPECT(work != NULL);
        work->mark = FRESH;
        if (round % 3 == 0)
            result = cluster_job_schedule(nodes[place->node], job, "every 10ms", NULL, run, work, &task);
        else if (round % 3 == 1)
            result = cluster_daemon(nodes[place->node], name, NULL, start, stop, work, &task);
        else
            result = cluster_task_offer(nodes[place->node], name, NULL, start, stop, work, &task);
        if (result == CLUSTER_OK) {
            pause_ms(round % 7 * 5);
            if (cluster_task_token(task, &token) == CLUSTER_OK) EXPECT(token > 0);
            cluster_task_close(task);
        }
        work->mark = FREED;
        free(work);
        if (result == CLUSTER_OK) continue;
        if (result != CLUSTER_E_CLOSED && result != CLUSTER_E_HANDLE)
            broken(__FILE__, __LINE__, "an offer answers %d", result);
        return NULL;
    }
}

static void *give_orders(void *user) {
    const place_t *place = user;
    cluster_t *node = nodes[place->node];
    char name[8], *json = NULL;
    int result = CLUSTER_OK;
    for (int round = 0; result != CLUSTER_E_CLOSED && result != CLUSTER_E_HANDLE; round++) {
        snprintf(name, sizeof name, "%c%d", "tj"[round % 2], round / 2 % NAMES);
        switch (round % 5) {
            case 0: result = cluster_task_move(node, name, NULL, 100); break;
            case 1: result = cluster_task_pause(node, name, 100); break;
            case 2: result = cluster_task_run(node, name, 100); break;
            case 3: result = cluster_task_resume(node, name, 100); break;
            default:
                result = cluster_tasks_json(node, 100, &json);
                if (result == CLUSTER_OK) cluster_free(json);
        }
        if (result == CLUSTER_OK || result == CLUSTER_E_TIMEOUT || result == CLUSTER_E_NO_MEMBER) pause_ms(1);
    }
    return NULL;
}

int main(int count, char **words) {
    long length = count > 1 ? strtol(words[1], NULL, 10) : 5000;
    place_t places[NODES * (NAMES + 1)];
    pthread_t threads[NODES * (NAMES + 1)];
    int index = 0;
    alarm(120);
    nodes[0] = JOIN("first");
    nodes[1] = JOIN("second", "seeds", address_of(nodes[0]));
    meet(nodes[0], nodes[1]);
    for (int node = 0; node < NODES; node++) {
        for (int name = 0; name <= NAMES; name++, index++) {
            places[index] = (place_t){node, name};
            threads[index] = run_thread(name < NAMES ? offer_and_close : give_orders, &places[index]);
        }
    }
    pause_ms(length / 2);
    cluster_close(nodes[1]);
    pause_ms(length / 2);
    cluster_close(nodes[0]);
    for (index = 0; index < NODES * (NAMES + 1); index++) pthread_join(threads[index], NULL);
    EXPECT(atomic_load(&starts) > 0 && atomic_load(&runs) > 0);
    return 0;
}
