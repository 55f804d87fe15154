/* A name server that is dead, for one process: preloaded, it lets whoever asks for a name that begins with "dead" wait
 * for five minutes, and find nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <time.h>

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    struct timespec left = {300, 0};
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (host != NULL && strncmp(host, "dead", 4) == 0) {
        while (nanosleep(&left, &left) != 0 && errno == EINTR) {
        }
        return EAI_AGAIN;
    }
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(host, service, hints, found);
}
