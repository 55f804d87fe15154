/* Nodes come and go, and nothing of them stays: neither memory nor descriptors nor threads. The first argument
 * says how many times. */
#include "manners.h"

static void ignore_event(const cluster_event_t *event, void *user) { (void)event, (void)user; }

static void one_life(int number) {
    cluster_t *node = JOIN("node", "multicast", number % 8 == 0 ? "true" : "false", "multicast_interface", "lo",
                           "multicast_port", "7993");
    failover_t *seat = NULL;
    if (number % 4 == 0) EXPECT_RESULT(cluster_on_event(node, ignore_event, NULL), CLUSTER_OK);
    if (number % 2 == 0) EXPECT_RESULT(failover_open(node, NULL, &seat), CLUSTER_OK);
    if (number % 16 == 0) EXPECT_RESULT(cluster_leave(node, 1000), CLUSTER_OK);
    cluster_close(node);
    failover_close(seat);
}

int main(int argc, char **argv) {
    int lives = argc > 1 ? atoi(argv[1]) : 1000, then_descriptors, then_threads;
    long then_memory, grown;
    int64_t began;
    EXPECT(lives >= 100);
    for (int number = 0; number < lives / 5; number++) one_life(number); /* what is made once is made here */
    EVENTUALLY(threads() == 2);
    then_descriptors = descriptors();
    then_threads = threads();
    then_memory = memory_kb("RssAnon");
    began = now_ms();
    for (int number = 0; number < lives; number++) one_life(number);
    printf("%d lives: %.3f ms each", lives, (double)(now_ms() - began) / lives);
    EVENTUALLY(threads() <= then_threads);
    EVENTUALLY(descriptors() <= then_descriptors);
    grown = memory_kb("RssAnon") - then_memory;
    printf(", %ld KiB more\n", grown);
    /* A leak of 100 bytes a life would be 1000 KiB in 10000 lives. */
    EXPECT(grown < 256 + lives / 40);
    return 0;
}
