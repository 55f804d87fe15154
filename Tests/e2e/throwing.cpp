// A host whose start callback throws what nobody catches: throwing KEY=VALUE...
#include <muster.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <unistd.h>

static int on_start(cluster_task_t *, const char *name, uint64_t, void *) {
    std::printf("{\"throws\":\"%s\"}\n", name);
    std::fflush(stdout);
    throw std::runtime_error("one that nobody catches");
}

int main(int argc, char **argv) {
    cluster_options_t *options = nullptr;
    cluster_t *cluster = nullptr;
    cluster_task_t *task = nullptr;
    if (cluster_options_new(&options) != CLUSTER_OK) return 1;
    for (int index = 1; index < argc; index++) {
        const std::string word = argv[index];
        const auto equals = word.find('=');
        if (cluster_options_set(options, word.substr(0, equals).c_str(), word.c_str() + equals + 1) != CLUSTER_OK)
            return 1;
    }
    if (cluster_join(options, &cluster) != CLUSTER_OK) return 1;
    cluster_options_free(options);
    if (cluster_task_offer(cluster, "report", nullptr, on_start, nullptr, nullptr, &task) != CLUSTER_OK) return 1;
    sleep(60);
    return 0;
}
