/* What the guardian and the node that starts it share: a page of memory, and the calls of the kernel that Swift cannot
 * make. docs/guardian.md says what they do for each other. */
#ifndef GUARDIAN_H
#define GUARDIAN_H

#include <stdint.h>
#include <sys/types.h>

/* -- The page -------------------------------------------------------------------------------------- */

/* Grows with every change of the page: a helper of another release refuses it. */
enum { GUARDIAN_LAYOUT = 2 };

enum { GUARDIAN_ROLES = 16, GUARDIAN_NAME = 64, GUARDIAN_STORE = 2048, GUARDIAN_TROUBLE = 256 };
/* How many voters, how long the socket address of each, and the start of what they are sent. */
enum { GUARDIAN_VOTERS = 15, GUARDIAN_ADDRESS = 28, GUARDIAN_LETTER = 160 };

/* What the guardian is told before it starts. Texts end with a zero. */
struct guardian_charge {
    uint64_t instance;
    pid_t host;
    /* How long a process that holds a lease may stand still. */
    int64_t frozen_after_ns;
    /* How long a request to the store may take, and how long a lease lasts at most. */
    int64_t patience_ns;
    int64_t hold_ns;
    char id[GUARDIAN_NAME + 1];
    char cluster[GUARDIAN_NAME + 1];
    char store[GUARDIAN_STORE + 1];
    /* Where the lease is the voters' and not a store's: how the letters to them begin, and how the receipts do. After
     * both comes the role, to the end. */
    uint8_t letter[GUARDIAN_LETTER];
    uint8_t receipt[GUARDIAN_LETTER];
    uint32_t letter_length;
    uint32_t receipt_length;
};

struct guardian_page;

/* A page in memory without a name, to be shared; its descriptor is close-on-exec. NULL and errno on failure. */
struct guardian_page *guardian_page_make(int *descriptor);

/* The page behind a descriptor; NULL where it is none, or one of another release. */
struct guardian_page *guardian_page_open(int descriptor);
void guardian_page_release(struct guardian_page *page);

void guardian_page_charge(struct guardian_page *page, const struct guardian_charge *charge);
/* Takes it out of the page: it holds what only the two may know. */
void guardian_page_take_charge(struct guardian_page *page, struct guardian_charge *charge);

/* By the node. `beat` is any number that was not there before. */
void guardian_page_beat(struct guardian_page *page, int64_t beat);
void guardian_page_set_leading(struct guardian_page *page, int is_leading);
void guardian_page_dismiss(struct guardian_page *page);
/* The roles in which the node has a seat: a length of 0 ends the use of a place. Cut short by a death, a name is one
 * that no store knows. */
void guardian_page_set_role(struct guardian_page *page, int place, const char *name, size_t length);

/* The socket address of a voter: a length of 0 ends the use of a place. */
void guardian_page_set_voter(struct guardian_page *page, int place, const void *address, size_t length);

/* By the guardian. */
int64_t guardian_page_last_beat(const struct guardian_page *page);
int guardian_page_is_leading(const struct guardian_page *page);
int guardian_page_is_dismissed(const struct guardian_page *page);
/* Copies the role of a place; its length, 0 where there is none. */
size_t guardian_page_role(const struct guardian_page *page, int place, char name[GUARDIAN_NAME]);

/* The same for a voter, when the host is dead and the page stays as it is. */
size_t guardian_page_voter(const struct guardian_page *page, int place, uint8_t address[GUARDIAN_ADDRESS]);

/* What the guardian has to say, for the node to tell its host. */
enum {
    GUARDIAN_WELL = 0,
    GUARDIAN_STORE_TROUBLE = 1, /* it does not reach the store, see the text */
    GUARDIAN_SPARED = 2         /* the process stood still, and is traced by another */
};
void guardian_page_tell(struct guardian_page *page, int what, const char *text);
/* What was told last, once for each time that it changed; -1 where there is nothing new. `seen` is the caller's mark,
 * 0 at first. */
int guardian_page_news(const struct guardian_page *page, uint32_t *seen, char text[GUARDIAN_TROUBLE]);

/* -- Starting it, from inside the host ---------------------------------------------------------------- */

/* The descriptors that the helper finds when it starts. */
enum { GUARDIAN_PAGE = 3, GUARDIAN_HOST = 4, GUARDIAN_PROOF = 5 };

/* Where this very code was loaded from: the shared library, or the program. 0 or -1. */
int guardian_own_path(char *path, size_t size);

/* Starts `path` with these three descriptors and nothing else of the host: no child that the host could wait for, in
 * a session of its own, signals as they are at first but blocked, of the environment what client libraries of
 * stores read. Blocks until the program runs. 0 or an errno value. */
int guardian_start(const char *path, const char *word, int page, int host, int proof);

/* A pidfd of the process; -1 and errno. */
int guardian_pidfd(pid_t process);

/* A pipe without names: what is written never blocks, what is read may. 0, or -1 and errno. */
int guardian_pipe(int ends[2]);
/* Another reading end of the pipe that this is the writing end of. */
int guardian_reopen(int writing_end);

/* -- What the helper does ----------------------------------------------------------------------------- */

/* Its own manners: the signals that end services are not for it, since it ends when its host has. */
void guardian_settle(void);

enum { GUARDIAN_DIED = 1, GUARDIAN_WORD = 2, GUARDIAN_ENDED = 4 };

/* Waits for what is wanted, -1 for ever: that the host is dead, and none of its threads will run again; that its node
 * said something (which is taken); that no process has the writing end of the pipe any more. What has come, or 0 when
 * the time is up. */
int guardian_wait(int wanted, int timeout_ms);

void guardian_kill(void);

/* Sends to the voter at a socket address, and waits so long for what comes back, from anybody. Sending fails silently: it
 * is done again. The length of what came, or 0. */
void guardian_send(const uint8_t *letter, size_t length, const uint8_t *address, size_t address_length);
size_t guardian_receive(uint8_t *bytes, size_t size, int timeout_ms);

/* Who traces the host, 0 where nobody does; whether it dies already, by writing its memory to a file. */
void guardian_look_at(pid_t host, pid_t *tracer, int *is_dumping);

#endif
