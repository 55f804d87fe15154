/* The work of a host of Tests/e2e/host.c: while it believes that it is primary it writes to a table in PostgreSQL, with
 * the statement in FENCE_STATEMENT ($1 role, $2 token, $3 key, $4 value), and tells what became of each write. Between
 * asking and writing it takes its time, now and then longer than a lease: what comes too late is for the fence to
 * refuse. */
#define _GNU_SOURCE
#include <muster.h>

#include <dlfcn.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t now_ns(void);
void work_ms(long milliseconds);
void tell_work(const char *word, int64_t asked, uint64_t token);
void *work(void *seat);

/* libpq, which is loaded here as the library loads it: its headers need not be installed. */
typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
enum { CONNECTION_OK = 0, COMMAND_OK = 1 };
static PGconn *(*connect_to)(const char *);
static void *(*on_notice)(PGconn *, void (*)(void *, const char *), void *);
static int (*status)(const PGconn *);
static void (*finish)(PGconn *);
static PGresult *(*execute)(PGconn *, const char *, int, const unsigned *, const char *const *, const int *,
                            const int *, int);
static int (*result_status)(const PGresult *);
static char *(*affected)(PGresult *);
static void (*clear)(PGresult *);

static void *named(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (found == NULL) abort();
    return found;
}

static void load(void) {
    void *library = dlopen("libpq.so.5", RTLD_NOW);
    if (library == NULL) abort();
    *(void **)&connect_to = named(library, "PQconnectdb");
    *(void **)&on_notice = named(library, "PQsetNoticeProcessor");
    *(void **)&status = named(library, "PQstatus");
    *(void **)&finish = named(library, "PQfinish");
    *(void **)&execute = named(library, "PQexecParams");
    *(void **)&result_status = named(library, "PQresultStatus");
    *(void **)&affected = named(library, "PQcmdTuples");
    *(void **)&clear = named(library, "PQclear");
}

/* What this connection has to say is not for standard error, where nothing of the library may appear. */
static void ignore(void *unused, const char *message) {
    (void)unused;
    (void)message;
}

static void write_once(PGconn *connection, int64_t asked, uint64_t token, const char *writer) {
    static const char *role, *statement;
    char number[32];
    const char *values[4] = {NULL, number, "the one", writer};
    PGresult *result;
    if (role == NULL) role = getenv("FENCE_ROLE");
    if (statement == NULL) statement = getenv("FENCE_STATEMENT");
    values[0] = role;
    snprintf(number, sizeof number, "%" PRIu64, token);
    result = execute(connection, statement, 4, NULL, values, NULL, NULL, 0);
    /* Where the connection broke, it may have been written all the same: the table knows. */
    if (result_status(result) != COMMAND_OK) tell_work("unknown", asked, token);
    else tell_work(strcmp(affected(result), "1") == 0 ? "accepted" : "refused", asked, token);
    clear(result);
}

void *work(void *seat) {
    PGconn *connection = NULL;
    unsigned chance = (unsigned)getpid();
    char writer[32];
    snprintf(writer, sizeof writer, "%ld", (long)getpid());
    if (getenv("FENCE_DATABASE") == NULL) return NULL;
    load();
    for (;;) {
        uint64_t token = 0;
        int64_t asked = now_ns();
        if (connection == NULL || status(connection) != CONNECTION_OK) {
            if (connection != NULL) finish(connection);
            connection = connect_to(getenv("FENCE_DATABASE"));
            on_notice(connection, ignore, NULL);
            work_ms(20);
        } else if (!failover_is_primary(seat) || failover_token(seat, &token) != CLUSTER_OK) {
            work_ms(2);
        } else {
            work_ms(rand_r(&chance) % (rand_r(&chance) % 10 == 0 ? 1500 : 20));
            write_once(connection, asked, token, writer);
        }
    }
    return NULL;
}
