/* The files that the console serves, compiled in. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>

typedef struct console_file {
    const unsigned char *bytes;
    size_t count;
} console_file;

/* The live page. */
console_file console_page(void);
/* The description of the interface: OpenAPI 3.1. */
console_file console_description(void);

#endif
