#include "stores.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* Fills a table of function pointers, in the order of the names; 0, or a text in `trouble`. */
static int load(const char *file, const char *package, const char *const names[], size_t count, void *table,
                const char **trouble) {
    static char text[512];
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
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

/* A table has one place for each name. */
#define TABLE(type, file, package, ...)                                                               \
    const struct type *type(const char **trouble) {                                                   \
        static const char *const names[] = {__VA_ARGS__};                                             \
        static struct type table;                                                                     \
        static int loaded;                                                                            \
        _Static_assert(sizeof names == sizeof table, "a name for each function");                     \
        if (!loaded && load(file, package, names, sizeof names / sizeof *names, &table, trouble) != 0) \
            return NULL;                                                                              \
        loaded = 1;                                                                                   \
        return &table;                                                                                \
    }

TABLE(stores_sqlite, "libsqlite3.so.0", "libsqlite3-0", "sqlite3_open_v2", "sqlite3_close_v2",
      "sqlite3_extended_result_codes", "sqlite3_busy_timeout", "sqlite3_file_control", "sqlite3_prepare_v2",
      "sqlite3_step", "sqlite3_finalize", "sqlite3_column_count", "sqlite3_column_text", "sqlite3_changes",
      "sqlite3_errmsg", "sqlite3_errstr")

TABLE(stores_pq, "libpq.so.5", "libpq5", "PQconninfoParse", "PQconninfoFree", "PQfreemem",
      "PQconnectStartParams", "PQconnectPoll", "PQstatus", "PQsocket", "PQfinish", "PQerrorMessage",
      "PQconnectionUsedPassword", "PQconnectionNeedsPassword", "PQsetnonblocking", "PQsendQuery", "PQflush",
      "PQconsumeInput", "PQisBusy", "PQgetResult", "PQclear", "PQresultStatus", "PQresultErrorField",
      "PQntuples", "PQnfields", "PQgetvalue", "PQgetisnull", "PQcmdTuples", "PQsetNoticeProcessor")

TABLE(stores_odbc, "libodbc.so.2", "libodbc2", "SQLAllocHandle", "SQLFreeHandle", "SQLSetEnvAttr",
      "SQLSetConnectAttr", "SQLSetStmtAttr", "SQLDriverConnect", "SQLDisconnect", "SQLGetInfo",
      "SQLExecDirect", "SQLFetch", "SQLNumResultCols", "SQLGetData", "SQLRowCount", "SQLGetDiagRec")
