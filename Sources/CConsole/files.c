#include "console.h"

static const unsigned char page[] = {
#embed "page.html"
};

static const unsigned char description[] = {
#embed "openapi.json"
};

console_file console_page(void) {
    console_file file = {page, sizeof page};
    return file;
}

console_file console_description(void) {
    console_file file = {description, sizeof description};
    return file;
}
