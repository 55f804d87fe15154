/* Letters to voters: one socket for each family of addresses, made when it is first needed. */
#define _GNU_SOURCE
#include "guardian.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { FAMILIES = 2 };

static const int families[FAMILIES] = {AF_INET, AF_INET6};
/* 0: not made yet; that number leads nowhere in this process. */
static int sockets[FAMILIES];

void guardian_send(const uint8_t *letter, size_t length, const uint8_t *address, size_t address_length) {
    struct sockaddr_storage to;

    if (address_length < sizeof to.ss_family || address_length > sizeof to) return;
    memset(&to, 0, sizeof to);
    memcpy(&to, address, address_length);
    for (int index = 0; index < FAMILIES; index++) {
        if (families[index] != to.ss_family) continue;
        if (sockets[index] <= 0) sockets[index] = socket(families[index], SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (sockets[index] > 0)
            (void)sendto(sockets[index], letter, length, 0, (struct sockaddr *)&to, (socklen_t)address_length);
    }
}

size_t guardian_receive(uint8_t *bytes, size_t size, int timeout_ms) {
    struct pollfd places[FAMILIES];
    ssize_t length = 0;

    for (int index = 0; index < FAMILIES; index++)
        places[index] = (struct pollfd){sockets[index] > 0 ? sockets[index] : -1, POLLIN, 0};
    if (poll(places, FAMILIES, timeout_ms) <= 0) return 0;
    for (int index = 0; index < FAMILIES && length <= 0; index++) {
        /* An error that a letter came back with, as from a port that nobody has, is taken so as well. */
        if (places[index].revents != 0) length = recv(sockets[index], bytes, size, MSG_DONTWAIT);
    }
    return length > 0 ? (size_t)length : 0;
}
