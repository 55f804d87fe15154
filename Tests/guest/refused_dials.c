/* A seed that refuses is tried for ever, and no try may leave anything behind. */
#include "manners.h"

int main(void) {
    char port[40], seeds[512] = "";
    cluster_t *node, *gone[8];
    long then;
    int descriptors_then;
    /* Ports at which somebody was and nobody is. */
    for (int index = 0; index < 8; index++) gone[index] = JOIN("gone");
    for (int index = 0; index < 8; index++) {
        snprintf(port, sizeof port, "%s127.0.0.1:%d", index ? "," : "", port_of(gone[index]));
        strcat(seeds, port);
    }
    for (int index = 0; index < 8; index++) cluster_close(gone[index]);
    node = JOIN("node", "seeds", seeds, "reconnect_interval", "100ms");
    pause_ms(3000); /* nothing tells when a dial has failed; 8 seeds in 100 ms make 240 tries */
    then = memory_kb("RssAnon");
    descriptors_then = descriptors();
    pause_ms(6000);
    EXPECT(descriptors() <= descriptors_then + 8);
    if (memory_kb("RssAnon") - then > 400)
        broken(__FILE__, __LINE__, "%ld KiB more after some 500 refused dials", memory_kb("RssAnon") - then);
    cluster_close(node);
    return 0;
}
