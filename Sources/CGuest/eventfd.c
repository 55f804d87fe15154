#include "guest.h"

#include <sys/eventfd.h>

int guest_eventfd(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (descriptor >= 0) guest_descriptor_opened(descriptor);
    return descriptor;
}
