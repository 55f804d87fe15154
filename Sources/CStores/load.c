#include "stores.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static atomic_int is_the_hosts, is_ours;

/* OpenSSL, which libpq and many an ODBC driver bring along, cleans up when the host exits, and any thread that is
 * in it at that moment crashes: one of ours may be, whatever the host closed before. So it is asked not to register
 * that. The first call in a process decides; a host that has used OpenSSL before keeps its clean-up, before which our
 * threads leave. */
static void spare_exit_handler_once(void) {
    static const uint64_t no_atexit = 0x00080000;
    void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    void *symbol = library == NULL ? NULL : dlsym(library, "OPENSSL_init_crypto");
    int (*init)(uint64_t options, const void *settings);
    if (symbol == NULL) return;
    memcpy(&init, &symbol, sizeof init);
    init(no_atexit, NULL);
    atomic_store(&is_ours, 1);
    if (atomic_load(&is_the_hosts)) stores_leave_before_exit();
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void spare_exit_handler(void) { pthread_once(&once, spare_exit_handler_once); }

/* Before a library of ours brings OpenSSL along. */
static void look_for_openssl(void) {
    void *found = atomic_load(&is_ours) ? NULL : dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (found != NULL) atomic_store(&is_the_hosts, 1);
}

/* Fills a table of function pointers, in the order of the names; 0, or a text in `trouble`. */
static int load(const char *file, const char *package, const char *const names[], size_t count, void *table,
                const char **trouble) {
    static char text[512];
    void *library;
    look_for_openssl();
    library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *why = dlerror();
        snprintf(text, sizeof text, "%s cannot be loaded (Debian package %s): %s", file, package,
                 why == NULL ? "no reason given" : why);
        *trouble = text;
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        void *function = dlsym(library, names[i]);
        if (function == NULL) {
            snprintf(text, sizeof text, "%s is too old: it has no %s", file, names[i]);
            *trouble = text;
            return -1;
        }
        memcpy((char *)table + i * sizeof function, &function, sizeof function);
    }
    return 0;
}

/* A table has one place for each name. `prepare` is done once, when the library is there. */
#define TABLE(type, file, package, prepare, ...)                                                          \
    const struct type *type(const char **trouble) {                                                       \
        static const char *const names[] = {__VA_ARGS__};                                                 \
        static struct type table;                                                                         \
        static int loaded;                                                                                \
        _Static_assert(sizeof names == sizeof table, "a name for each function");                         \
        if (loaded) return &table;                                                                        \
        if (load(file, package, names, sizeof names / sizeof *names, &table, trouble) != 0) return NULL;  \
        prepare;                                                                                          \
        loaded = 1;                                                                                       \
        return &table;                                                                                    \
    }

TABLE(stores_sqlite, "libsqlite3.so.0", "libsqlite3-0", (void)0,
      "sqlite3_open_v2", "sqlite3_close_v2",
      "sqlite3_extended_result_codes", "sqlite3_file_control", "sqlite3_prepare_v2",
      "sqlite3_step", "sqlite3_finalize", "sqlite3_column_count", "sqlite3_column_text", "sqlite3_changes",
      "sqlite3_errmsg", "sqlite3_errstr")

TABLE(stores_pq, "libpq.so.5", "libpq5", spare_exit_handler(),
      "PQconninfoParse", "PQconninfoFree", "PQfreemem",
      "PQconnectStartParams", "PQconnectPoll", "PQstatus", "PQsocket", "PQfinish", "PQerrorMessage",
      "PQconnectionUsedPassword", "PQconnectionNeedsPassword", "PQsetnonblocking", "PQsendQuery", "PQflush",
      "PQconsumeInput", "PQisBusy", "PQgetResult", "PQclear", "PQresultStatus", "PQresultErrorField",
      "PQntuples", "PQnfields", "PQgetvalue", "PQgetisnull", "PQcmdTuples", "PQsetNoticeProcessor")

TABLE(stores_odbc, "libodbc.so.2", "libodbc2", spare_exit_handler(),
      "SQLAllocHandle", "SQLFreeHandle", "SQLSetEnvAttr",
      "SQLSetConnectAttr", "SQLSetStmtAttr", "SQLDriverConnect", "SQLDisconnect", "SQLGetInfo",
      "SQLExecDirect", "SQLFetch", "SQLNumResultCols", "SQLGetData", "SQLRowCount", "SQLGetDiagRec")

TABLE(stores_tls, "libssl.so.3", "libssl3", spare_exit_handler(),
      "TLS_client_method", "SSL_CTX_new", "SSL_CTX_free", "SSL_CTX_ctrl",
      "SSL_CTX_set_verify", "SSL_CTX_set_default_passwd_cb", "SSL_CTX_load_verify_file",
      "SSL_CTX_set_default_verify_paths", "SSL_CTX_use_certificate_chain_file", "SSL_CTX_use_PrivateKey_file",
      "SSL_new", "SSL_free", "SSL_ctrl", "SSL_get0_param", "X509_VERIFY_PARAM_set1_host",
      "X509_VERIFY_PARAM_set1_ip_asc", "X509_VERIFY_PARAM_set_hostflags", "SSL_set_bio", "SSL_connect", "SSL_read",
      "SSL_write", "SSL_get_error", "SSL_get_verify_result", "X509_verify_cert_error_string", "BIO_s_mem", "BIO_new",
      "BIO_read", "BIO_write", "BIO_free_all", "ERR_peek_error", "ERR_clear_error", "ERR_reason_error_string")
