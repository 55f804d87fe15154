/* A fixed buffer for each thread: text that was handed out cannot be freed under its reader, as in
 * printf("%d %s", f(), cluster_last_error()), where C leaves open which call comes first. */
#include "guest.h"

#include <string.h>

static _Thread_local char kept[512];

void guest_set_last_error(const char *text, size_t length) {
    size_t end = length;
    if (end >= sizeof kept) {
        end = sizeof kept - 1;
        /* Never through the middle of a character: step back over continuation bytes. */
        while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80) end--;
    }
    memcpy(kept, text, end);
    kept[end] = '\0';
}

const char *guest_last_error(void) { return kept; }
