/* The client libraries of the stores: loaded when a store of their kind is named, never linked.
 *
 * The prototypes are declared here, since these interfaces have not changed for decades, so that
 * building needs no headers of engines that a user may not have. Each function returns the same
 * table every time, or NULL and a text that says what is missing. */
#ifndef STORES_H
#define STORES_H

#include <stddef.h>

/* A library is looked for by the first call only; not to be called by two threads at once. */

/* -- SQLite: libsqlite3.so.0 ------------------------------------------------------------------- */

struct stores_sqlite {
    int (*_Nonnull open_v2)(const char *_Nonnull path, void *_Nullable *_Nonnull db, int flags,
                            const char *_Nullable vfs);
    int (*_Nonnull close_v2)(void *_Nullable db);
    int (*_Nonnull extended_result_codes)(void *_Nonnull db, int on);
    int (*_Nonnull file_control)(void *_Nonnull db, const char *_Nonnull name, int operation,
                                 void *_Nonnull argument);
    int (*_Nonnull prepare_v2)(void *_Nonnull db, const char *_Nonnull sql, int length,
                               void *_Nullable *_Nonnull statement, const char *_Nullable *_Nullable tail);
    int (*_Nonnull step)(void *_Nullable statement);
    int (*_Nonnull finalize)(void *_Nullable statement);
    int (*_Nonnull column_count)(void *_Nullable statement);
    const unsigned char *_Nullable (*_Nonnull column_text)(void *_Nullable statement, int column);
    int (*_Nonnull changes)(void *_Nonnull db);
    const char *_Nullable (*_Nonnull errmsg)(void *_Nonnull db);
    const char *_Nullable (*_Nonnull errstr)(int code);
};

const struct stores_sqlite *_Nullable stores_sqlite(const char *_Nullable *_Nonnull trouble);

/* -- PostgreSQL: libpq.so.5 -------------------------------------------------------------------- */

struct stores_pq_option {
    char *_Nullable keyword, *_Nullable envvar, *_Nullable compiled, *_Nullable val, *_Nullable label,
        *_Nullable dispchar;
    int dispsize;
};

struct stores_pq {
    struct stores_pq_option *_Nullable (*_Nonnull conninfoParse)(const char *_Nonnull url,
                                                                 char *_Nullable *_Nullable trouble);
    void (*_Nonnull conninfoFree)(struct stores_pq_option *_Nullable options);
    void (*_Nonnull freemem)(void *_Nullable memory);
    void *_Nullable (*_Nonnull connectStartParams)(const char *_Nullable const *_Nonnull keywords,
                                                   const char *_Nullable const *_Nonnull values, int expand);
    int (*_Nonnull connectPoll)(void *_Nonnull connection);
    int (*_Nonnull status)(const void *_Nullable connection);
    int (*_Nonnull socket)(const void *_Nonnull connection);
    void (*_Nonnull finish)(void *_Nullable connection);
    char *_Nullable (*_Nonnull errorMessage)(const void *_Nonnull connection);
    int (*_Nonnull usedPassword)(const void *_Nonnull connection);
    int (*_Nonnull needsPassword)(const void *_Nonnull connection);
    int (*_Nonnull setnonblocking)(void *_Nonnull connection, int on);
    int (*_Nonnull sendQuery)(void *_Nonnull connection, const char *_Nonnull sql);
    int (*_Nonnull flush)(void *_Nonnull connection);
    int (*_Nonnull consumeInput)(void *_Nonnull connection);
    int (*_Nonnull isBusy)(void *_Nonnull connection);
    void *_Nullable (*_Nonnull getResult)(void *_Nonnull connection);
    void (*_Nonnull clear)(void *_Nullable result);
    int (*_Nonnull resultStatus)(const void *_Nonnull result);
    char *_Nullable (*_Nonnull resultErrorField)(const void *_Nonnull result, int field);
    int (*_Nonnull ntuples)(const void *_Nonnull result);
    int (*_Nonnull nfields)(const void *_Nonnull result);
    char *_Nullable (*_Nonnull getvalue)(const void *_Nonnull result, int row, int column);
    int (*_Nonnull getisnull)(const void *_Nonnull result, int row, int column);
    char *_Nullable (*_Nonnull cmdTuples)(void *_Nonnull result);
    /* The former processor, which nobody wants. */
    void *_Nullable (*_Nonnull setNoticeProcessor)(
        void *_Nonnull connection, void (*_Nonnull processor)(void *_Nullable, const char *_Nullable),
        void *_Nullable argument);
};

const struct stores_pq *_Nullable stores_pq(const char *_Nullable *_Nonnull trouble);

/* -- ODBC: libodbc.so.2 of unixODBC ------------------------------------------------------------ */

struct stores_odbc {
    short (*_Nonnull allocHandle)(short type, void *_Nullable parent, void *_Nullable *_Nonnull handle);
    short (*_Nonnull freeHandle)(short type, void *_Nullable handle);
    short (*_Nonnull setEnvAttr)(void *_Nonnull environment, int attribute, void *_Nullable value,
                                 int length);
    short (*_Nonnull setConnectAttr)(void *_Nonnull connection, int attribute, void *_Nullable value,
                                     int length);
    short (*_Nonnull setStmtAttr)(void *_Nonnull statement, int attribute, void *_Nullable value,
                                  int length);
    short (*_Nonnull driverConnect)(void *_Nonnull connection, void *_Nullable window,
                                    const unsigned char *_Nonnull text, short length,
                                    unsigned char *_Nullable out, short room, short *_Nullable written,
                                    unsigned short completion);
    short (*_Nonnull disconnect)(void *_Nonnull connection);
    short (*_Nonnull getInfo)(void *_Nonnull connection, unsigned short type, void *_Nonnull value,
                              short room, short *_Nullable written);
    short (*_Nonnull execDirect)(void *_Nonnull statement, const unsigned char *_Nonnull sql, int length);
    short (*_Nonnull fetch)(void *_Nonnull statement);
    short (*_Nonnull numResultCols)(void *_Nonnull statement, short *_Nonnull count);
    short (*_Nonnull getData)(void *_Nonnull statement, unsigned short column, short type,
                              void *_Nonnull value, long room, long *_Nonnull length);
    short (*_Nonnull rowCount)(void *_Nonnull statement, long *_Nonnull count);
    short (*_Nonnull getDiagRec)(short type, void *_Nonnull handle, short record,
                                 unsigned char *_Nonnull state, int *_Nullable native,
                                 unsigned char *_Nonnull text, short room, short *_Nullable written);
};

const struct stores_odbc *_Nullable stores_odbc(const char *_Nullable *_Nonnull trouble);

/* -- TLS: libssl.so.3 of OpenSSL, and libcrypto.so.3 that comes with it ------------------------- */

struct stores_tls {
    const void *_Nullable (*_Nonnull clientMethod)(void);
    void *_Nullable (*_Nonnull contextNew)(const void *_Nullable method);
    void (*_Nonnull contextFree)(void *_Nullable context);
    long (*_Nonnull contextControl)(void *_Nonnull context, int command, long number, void *_Nullable pointer);
    /* The former callback is none of ours. */
    void (*_Nonnull contextSetVerify)(void *_Nonnull context, int mode, void *_Nullable callback);
    void (*_Nonnull contextSetPassword)(void *_Nonnull context,
                                        int (*_Nonnull callback)(char *_Nullable buffer, int size,
                                                                 int writes, void *_Nullable user));
    int (*_Nonnull contextLoadAuthorities)(void *_Nonnull context, const char *_Nonnull file);
    int (*_Nonnull contextDefaultAuthorities)(void *_Nonnull context);
    int (*_Nonnull contextUseCertificate)(void *_Nonnull context, const char *_Nonnull file);
    int (*_Nonnull contextUseKey)(void *_Nonnull context, const char *_Nonnull file, int type);
    void *_Nullable (*_Nonnull sessionNew)(void *_Nonnull context);
    void (*_Nonnull sessionFree)(void *_Nullable session);
    long (*_Nonnull sessionControl)(void *_Nonnull session, int command, long number, void *_Nullable pointer);
    void *_Nullable (*_Nonnull sessionParameters)(void *_Nonnull session);
    int (*_Nonnull expectHost)(void *_Nonnull parameters, const char *_Nonnull name, size_t length);
    int (*_Nonnull expectAddress)(void *_Nonnull parameters, const char *_Nonnull address);
    void (*_Nonnull setHostFlags)(void *_Nonnull parameters, unsigned flags);
    void (*_Nonnull sessionSetBio)(void *_Nonnull session, void *_Nonnull in, void *_Nonnull out);
    int (*_Nonnull connect)(void *_Nonnull session);
    int (*_Nonnull read)(void *_Nonnull session, void *_Nonnull buffer, int room);
    int (*_Nonnull write)(void *_Nonnull session, const void *_Nonnull bytes, int count);
    int (*_Nonnull sessionError)(const void *_Nonnull session, int result);
    long (*_Nonnull verifyResult)(const void *_Nonnull session);
    const char *_Nullable (*_Nonnull verifyText)(long result);
    const void *_Nullable (*_Nonnull bioMemory)(void);
    void *_Nullable (*_Nonnull bioNew)(const void *_Nullable method);
    int (*_Nonnull bioRead)(void *_Nonnull bio, void *_Nonnull buffer, int room);
    int (*_Nonnull bioWrite)(void *_Nonnull bio, const void *_Nonnull bytes, int count);
    void (*_Nonnull bioFree)(void *_Nullable bio);
    /* The errors of the calling thread. */
    unsigned long (*_Nonnull firstError)(void);
    void (*_Nonnull clearErrors)(void);
    const char *_Nullable (*_Nonnull errorReason)(unsigned long error);
};

const struct stores_tls *_Nullable stores_tls(const char *_Nullable *_Nonnull trouble);

/* Around all that a thread does in a library below, but for waiting. After the host has begun to exit, who enters does
 * not come back. */
void stores_enter(void);
void stores_leave(void);

/* From now on, exit() waits for those that are inside; to be called when OpenSSL may be in use. */
void stores_leave_before_exit(void);

#endif
