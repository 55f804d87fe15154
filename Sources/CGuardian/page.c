/* The shared page. Each word has one writer; what belongs together is written before the word that says so. */
#define _GNU_SOURCE
#include "guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t magic = UINT64_C(0x6d75737465726731); /* "musterg1" */

struct place {
    _Atomic uint32_t length;
    char name[GUARDIAN_NAME];
};

_Static_assert((int)GUARDIAN_ADDRESS <= (int)GUARDIAN_NAME, "a place holds the address of a voter");

struct guardian_page {
    uint64_t magic;
    uint32_t layout;
    struct guardian_charge charge;
    _Atomic int64_t beat;
    _Atomic uint32_t is_leading;
    _Atomic uint32_t is_dismissed;
    struct place roles[GUARDIAN_ROLES];
    struct place voters[GUARDIAN_VOTERS];
    /* Odd while the guardian writes. */
    _Atomic uint32_t told;
    uint32_t what;
    char text[GUARDIAN_TROUBLE];
};

static struct guardian_page *map(int descriptor) {
    void *memory =
        mmap(NULL, sizeof(struct guardian_page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

struct guardian_page *guardian_page_make(int *descriptor) {
    struct guardian_page *page = NULL;
    int made = memfd_create("muster-guardian", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (made < 0) return NULL;
    /* A page that shrank would kill whoever reads it. */
    if (ftruncate(made, sizeof *page) == 0 &&
        fcntl(made, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        page = map(made);
    if (page == NULL) {
        int kept = errno;
        close(made);
        errno = kept;
        return NULL;
    }
    page->magic = magic;
    page->layout = GUARDIAN_LAYOUT;
    *descriptor = made;
    return page;
}

struct guardian_page *guardian_page_open(int descriptor) {
    struct stat status;
    struct guardian_page *page;

    if (fstat(descriptor, &status) != 0 || status.st_size != (off_t)sizeof *page) return NULL;
    page = map(descriptor);
    if (page == NULL || (page->magic == magic && page->layout == GUARDIAN_LAYOUT)) return page;
    guardian_page_release(page);
    return NULL;
}

void guardian_page_release(struct guardian_page *page) { munmap(page, sizeof *page); }

void guardian_page_charge(struct guardian_page *page, const struct guardian_charge *charge) {
    page->charge = *charge;
}

void guardian_page_take_charge(struct guardian_page *page, struct guardian_charge *charge) {
    *charge = page->charge;
    explicit_bzero(&page->charge, sizeof page->charge);
    charge->id[GUARDIAN_NAME] = '\0';
    charge->cluster[GUARDIAN_NAME] = '\0';
    charge->store[GUARDIAN_STORE] = '\0';
    if (charge->letter_length > GUARDIAN_LETTER) charge->letter_length = 0;
    if (charge->receipt_length > GUARDIAN_LETTER) charge->receipt_length = 0;
}

void guardian_page_beat(struct guardian_page *page, int64_t beat) {
    atomic_store_explicit(&page->beat, beat, memory_order_release);
}

void guardian_page_set_leading(struct guardian_page *page, int is_leading) {
    atomic_store(&page->is_leading, is_leading != 0);
}

void guardian_page_dismiss(struct guardian_page *page) { atomic_store(&page->is_dismissed, 1); }

/* Whoever dies meanwhile leaves a place that holds nothing. */
static void fill(struct place *place, const void *bytes, size_t length) {
    atomic_store(&place->length, 0);
    memcpy(place->name, bytes, length);
    atomic_store(&place->length, (uint32_t)length);
}

/* The length of what was copied. */
static size_t copy(const struct place *place, void *bytes, size_t most) {
    size_t length = atomic_load(&place->length);

    if (length > most) return 0;
    memcpy(bytes, place->name, length);
    return length;
}

void guardian_page_set_role(struct guardian_page *page, int index, const char *name, size_t length) {
    if (index < 0 || index >= GUARDIAN_ROLES || length > GUARDIAN_NAME) return;
    fill(&page->roles[index], name, length);
}

void guardian_page_set_voter(struct guardian_page *page, int index, const void *address, size_t length) {
    if (index < 0 || index >= GUARDIAN_VOTERS || length > GUARDIAN_ADDRESS) return;
    fill(&page->voters[index], address, length);
}

int64_t guardian_page_last_beat(const struct guardian_page *page) {
    return atomic_load_explicit(&page->beat, memory_order_acquire);
}

int guardian_page_is_leading(const struct guardian_page *page) { return (int)atomic_load(&page->is_leading); }

int guardian_page_is_dismissed(const struct guardian_page *page) {
    return (int)atomic_load(&page->is_dismissed);
}

size_t guardian_page_role(const struct guardian_page *page, int index, char name[GUARDIAN_NAME]) {
    if (index < 0 || index >= GUARDIAN_ROLES) return 0;
    return copy(&page->roles[index], name, GUARDIAN_NAME);
}

size_t guardian_page_voter(const struct guardian_page *page, int index, uint8_t address[GUARDIAN_ADDRESS]) {
    if (index < 0 || index >= GUARDIAN_VOTERS) return 0;
    return copy(&page->voters[index], address, GUARDIAN_ADDRESS);
}

void guardian_page_tell(struct guardian_page *page, int what, const char *text) {
    size_t length = strnlen(text, sizeof page->text - 1);

    atomic_fetch_add(&page->told, 1);
    page->what = (uint32_t)what;
    memcpy(page->text, text, length);
    page->text[length] = '\0';
    atomic_fetch_add(&page->told, 1);
}

int guardian_page_news(const struct guardian_page *page, uint32_t *seen, char text[GUARDIAN_TROUBLE]) {
    uint32_t before = atomic_load(&page->told);
    int what;

    if (before == *seen || before % 2 != 0) return -1;
    what = (int)page->what;
    memcpy(text, page->text, GUARDIAN_TROUBLE);
    text[GUARDIAN_TROUBLE - 1] = '\0';
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load(&page->told) != before) return -1;
    *seen = before;
    return what;
}
