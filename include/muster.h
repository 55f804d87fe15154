/* muster.h - cluster membership and failover, embeddable in any process.
 *
 * Threads    Every function may be called from any thread. Callbacks are never run under a lock.
 * Errors     0 is success, a positive result means that there is nothing now, a negative one is
 *            failure; cluster_last_error() has the detail of the calling thread's last failure.
 * Memory     Out parameters come last and are written only on success. Text that is handed over
 *            as yours is freed by cluster_free(); lists, events and handles have a function
 *            of their own. Every other pointer is borrowed, and its lifetime is named. Text that
 *            goes in is copied. All text is UTF-8.
 * Time       timeout_ms: milliseconds; -1 no limit, 0 do not wait.
 * Signals    cluster_wakeup() may be called from a signal handler, nothing else may. The library
 *            installs no handler and changes no disposition or mask.
 * fork()     A child forked after cluster_join() may only close and free what it inherited; all
 *            else answers CLUSTER_E_FORKED there. exec is not affected.
 *
 * Made from the library's sources by Tools/generate: edit those. */
#ifndef MUSTER_H
#define MUSTER_H

#include <stddef.h>
#include <stdint.h>

/* The version of this header; cluster_version() is that of the library in use. */
#define CLUSTER_VERSION_MAJOR 0
#define CLUSTER_VERSION_MINOR 1
#define CLUSTER_VERSION_PATCH 0
#define CLUSTER_VERSION \
    ((CLUSTER_VERSION_MAJOR << 16) | (CLUSTER_VERSION_MINOR << 8) | CLUSTER_VERSION_PATCH)

/* CLUSTER_API: exported from the library. CLUSTER_CHECKED: ignoring the result is a mistake. */
#if defined(__GNUC__)
#define CLUSTER_API __attribute__((visibility("default")))
#define CLUSTER_CHECKED __attribute__((warn_unused_result))
#else
#define CLUSTER_API
#define CLUSTER_CHECKED
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* -- Results, kinds and states ----------------------------------------------------------------- */

/* Numbers are never changed or used again. New ones may come, so treat a kind or state that you
 * do not know as nothing to do, and any unknown negative result as a failure. */

/* What a function that can fail returns. 0 when it did what was asked, positive when there is
 * nothing to return now, negative when it failed. */
typedef enum cluster_result {
    CLUSTER_OK             =   0, /* done */
    CLUSTER_EMPTY          =   1, /* nothing to return now; not an error */
    CLUSTER_E_INVALID      =  -1, /* an argument or option is wrong; the detail names it */
    CLUSTER_E_NOMEM        =  -2, /* out of memory */
    CLUSTER_E_SYSTEM       =  -3, /* a call to the system failed; the detail has its text */
    CLUSTER_E_TIMEOUT      =  -4, /* the time was up first */
    CLUSTER_E_CLOSED       =  -5, /* the node is closed or has left */
    CLUSTER_E_BUSY         =  -6, /* in use; or not allowed inside a callback of the same node */
    CLUSTER_E_TOOBIG       =  -7, /* larger than a limit; the detail names the limit */
    CLUSTER_E_DUPLICATE    =  -8, /* this node was refused: its id is in use by a live member */
    CLUSTER_E_NO_CANDIDATE =  -9, /* nobody could take the seat or the task */
    CLUSTER_E_NOT_PRIMARY  = -10, /* this node is not the primary */
    CLUSTER_E_UNSUPPORTED  = -11, /* not in this release or not with these options */
    CLUSTER_E_FORKED       = -12, /* called in a process forked after the library was in use */
    CLUSTER_E_HANDLE       = -13, /* NULL, or freed, of another kind or never given out */
    CLUSTER_E_NO_MEMBER    = -14, /* nobody of that id can be reached; nothing was sent */
    CLUSTER_E_UNWANTED     = -15, /* the host of that member takes no messages */
    CLUSTER_E_FULL         = -16, /* too much is waiting, here or there; try again */
    CLUSTER_E_PARTIAL      = -17  /* not all present members have done it; the detail names them */
} cluster_result;

/* What a cluster_event_t is about. Ignore kinds that you do not know. The value of the MEMBER
 * kinds and of _DUPLICATE is the generation. That of _AUTHORITY is 0: it answers again, 1: it
 * does not answer as it should, 2: the store has lost the lease of the role, 3: that member's
 * seat is under another authority, 4: the guardian has ended or does not reach the store, 5:
 * that node renews the lease of the role, and is no member that this node sees. */
typedef enum cluster_event_kind {
    CLUSTER_EVENT_MEMBER_JOINED       =  1, /* a member is new here or came back */
    CLUSTER_EVENT_MEMBER_CHANGED      =  2, /* a member's name, address, tags or seats changed */
    CLUSTER_EVENT_MEMBER_SUSPECT      =  3, /* a member is silent, not yet judged */
    CLUSTER_EVENT_MEMBER_UNRESPONSIVE =  4, /* the kernel answers, the process does not */
    CLUSTER_EVENT_MEMBER_RECOVERED    =  5, /* suspect or unresponsive no longer */
    CLUSTER_EVENT_MEMBER_LEFT         =  6, /* a member said goodbye */
    CLUSTER_EVENT_MEMBER_DEAD         =  7, /* a member is gone without goodbye */
    CLUSTER_EVENT_PROMOTED            = 16, /* this node's seat is primary; value: its token */
    CLUSTER_EVENT_DEMOTED             = 17, /* it is primary no longer; value: its token */
    CLUSTER_EVENT_PRIMARY_CHANGED     = 18, /* of a role, or its token; "": nobody; value: token */
    CLUSTER_EVENT_POSITION_CHANGED    = 19, /* this node's seat moved; value: its position */
    CLUSTER_EVENT_ROLE_PAUSED         = 20, /* nobody is promoted by itself; value: 1 or 0 */
    CLUSTER_EVENT_DEMOTE_LATE         = 21, /* a demote callback is late; value: its token */
    CLUSTER_EVENT_AUTHORITY           = 22, /* trouble with what decides; value: see below */
    CLUSTER_EVENT_DUPLICATE           = 32, /* a second instance of this node's id was seen */
    CLUSTER_EVENT_LEFT                = 33, /* this node has left */
    CLUSTER_EVENT_ISOLATED            = 34, /* nobody else is alive here; value: 1, 0 when over */
    CLUSTER_EVENT_MINORITY            = 35, /* half of expected_size or fewer are; value: 1 or 0 */
    CLUSTER_EVENT_LOST                = 48, /* events were dropped; value: how many */
    CLUSTER_EVENT_TASK                = 64  /* of the task in `role`; value: cluster_task_news */
} cluster_event_kind;

/* What a CLUSTER_EVENT_TASK tells of a task, as its value; its role is the name of the task, its
 * detail the reason. The first four, _STUCK, and what concerns runs are told on the node that
 * has the task; _DIFFERS, _WAITING and _OVERLAP on the node that coordinates, _WAITING also on a
 * node whose callbacks leave no thread for the task, or do not return for long. Ignore numbers
 * that you do not know. */
typedef enum cluster_task_news {
    CLUSTER_TASK_STARTED   =  1, /* it runs on this node */
    CLUSTER_TASK_STOPPED   =  2, /* it runs here no more */
    CLUSTER_TASK_FAILED    =  3, /* it could not begin or go on; another node tries */
    CLUSTER_TASK_COMPLETED =  4, /* nothing is left to do, ever */
    CLUSTER_TASK_DEAD      =  5, /* dead letter: every attempt of a run has failed */
    CLUSTER_TASK_LOST      =  6, /* the node of a run is gone, and it is not tried again */
    CLUSTER_TASK_VETOED    =  7, /* a run was not begun: another has it, or nobody is sure */
    CLUSTER_TASK_SKIPPED   =  8, /* moments passed while nobody could run them */
    CLUSTER_TASK_DIFFERS   =  9, /* two nodes offer it otherwise; the later offer counts */
    CLUSTER_TASK_WAITING   = 10, /* nobody can have it just now */
    CLUSTER_TASK_OVERLAP   = 11, /* two nodes ran it at once */
    CLUSTER_TASK_STUCK     = 12  /* the host did not stop in time; it goes on elsewhere */
} cluster_task_news;

/* How a member is. Lists hold members in the first three states only; the others appear in
 * events and in JSON. */
typedef enum cluster_member_state {
    CLUSTER_MEMBER_ALIVE        = 1, /* answers */
    CLUSTER_MEMBER_SUSPECT      = 2, /* silent, not yet judged */
    CLUSTER_MEMBER_UNRESPONSIVE = 3, /* the kernel answers, the process does not */
    CLUSTER_MEMBER_LEFT         = 4, /* said goodbye */
    CLUSTER_MEMBER_DEAD         = 5  /* gone without goodbye */
} cluster_member_state;

/* How much a line of the log matters, the gravest first. */
typedef enum cluster_log_level {
    CLUSTER_LOG_ERROR   = 1, /* something does not work */
    CLUSTER_LOG_WARNING = 2, /* something works, but not as it should */
    CLUSTER_LOG_INFO    = 3, /* what an operator wants to read */
    CLUSTER_LOG_DEBUG   = 4, /* what a developer of the host wants to read */
    CLUSTER_LOG_TRACE   = 5  /* and the state of every role, each 5 s */
} cluster_log_level;

/* -- Structures -------------------------------------------------------------------------------- */

/* Something that happened. All text is UTF-8 and never NULL; "" where there is nothing to say. */
typedef struct cluster_event {
    uint32_t struct_size; /* sizeof(cluster_event_t) in the library that filled it */
    uint32_t kind;        /* cluster_event_kind; ignore kinds that you do not know */
    uint64_t number;      /* events of one node are numbered from 1 */
    const char *member;   /* id of the member concerned; "" where it is nobody */
    const char *role;     /* of the seat concerned, or name of the task; "" where it is neither */
    uint64_t value;       /* as the kind says, else 0 */
    const char *detail;   /* the evidence, in words for people */
} cluster_event_t;

/* One member in a snapshot. All text is UTF-8 and never NULL. */
typedef struct cluster_member {
    uint32_t struct_size;  /* sizeof(cluster_member_t) in the library that filled it */
    uint32_t state;        /* cluster_member_state */
    uint64_t generation;   /* larger after each start of the member's process */
    uint64_t incarnation;  /* grows within one start when the member refutes a suspicion */
    const char *id;        /* unique in the cluster */
    const char *name;      /* for people */
    const char *address;   /* numeric, without the port */
    uint16_t port;         /* of UDP and TCP alike */
    uint16_t reserved0;    /* 0 */
    uint32_t is_self;      /* 1 for the node that was asked, else 0 */
    int64_t since_ms;      /* how long ago the state was entered, in milliseconds */
    const char *tags_json; /* the tags as a JSON object of strings; "{}" where there are none */
} cluster_member_t;

/* What the host of a member tells this one. All text is UTF-8 and never NULL. */
typedef struct cluster_message {
    uint32_t struct_size;  /* sizeof(cluster_message_t) in the library that filled it */
    uint32_t is_broadcast; /* 1 where it was told to all, 0 where to this member only */
    const char *sender;    /* id of the member */
    const char *topic;     /* "" where it was given none */
    const void *data;      /* never NULL, also where there is none */
    uint64_t length;       /* bytes of data */
} cluster_message_t;

/* One run of a job. All text is UTF-8 and never NULL. */
typedef struct cluster_run {
    uint32_t struct_size;   /* sizeof(cluster_run_t) in the library that filled it */
    uint32_t attempt;       /* counts from 1 */
    const char *name;       /* of the job */
    const char *occurrence; /* with the name, the same for every attempt on every node */
    int64_t moment_ms;      /* for when it was meant, in milliseconds since 1970 UTC */
    uint64_t token;         /* the fencing token under which this node has the job */
} cluster_run_t;

/* -- Handles and callbacks --------------------------------------------------------------------- */

/* Handles are numbers that look like pointers: do not look inside. A handle that was freed, is
 * of another kind or was never given out is answered with CLUSTER_E_HANDLE, not with a crash. */

typedef struct cluster_options cluster_options_t; /* options for a node that is to join */
typedef struct cluster cluster_t;                 /* one node in one cluster */
typedef struct cluster_members cluster_members_t; /* a snapshot of the members */
typedef struct failover failover_t;               /* this node's seat in one role */
typedef struct cluster_task cluster_task_t;       /* a task, job or daemon that this node offers */

/* Takes one event. The event and its text are valid until the callback returns. */
typedef void (*cluster_event_fn)(const cluster_event_t *event, void *user);

/* Takes one message. The message, its text and data are valid until the callback returns. */
typedef void (*cluster_message_fn)(
    cluster_t *cluster, const cluster_message_t *message, void *user);

/* Takes one line of the log, UTF-8 without line end, valid until the callback returns. */
typedef void (*cluster_log_fn)(cluster_log_level level, const char *message, void *user);

/* Told that this node's seat is primary now. The token fences writes: it is larger than that of
 * every primary that this one has heard of. */
typedef void (*failover_promote_fn)(failover_t *seat, uint64_t token, void *user);

/* Told that half of the trust in being primary has run out and was not renewed: the process, its
 * machine or its network does not keep up. remaining_ms is what is left when the callback is
 * called, 0 when nothing is. */
typedef void (*failover_warning_fn)(failover_t *seat, int32_t remaining_ms, void *user);

/* Told that this node's seat is primary no longer, with the token that it had. On a planned
 * change the next primary waits until the callback returns, up to the option
 * failover.demote_timeout. */
typedef void (*failover_demote_fn)(failover_t *seat, uint64_t token, void *user);

/* Begins a task or a daemon on this node; told once for each time that the node is given it.
 * Returns 0 when it has begun; anything else fails it, and another node tries. The token is
 * larger than that of whoever had the task before. name is valid until the callback returns. */
typedef int (*cluster_task_start_fn)(
    cluster_task_t *task, const char *name, uint64_t token, void *user);

/* Stops a task or a daemon on this node, with the token under which it began. Another node
 * begins only when this has returned, or the task's stop_timeout has passed. name is valid until
 * the callback returns. */
typedef void (*cluster_task_stop_fn)(
    cluster_task_t *task, const char *name, uint64_t token, void *user);

/* Runs a job once. Returns 0 when it is done; anything else fails the attempt, and another node
 * makes the next one. The run and its text are valid until the callback returns. */
typedef int (*cluster_job_fn)(cluster_task_t *task, const cluster_run_t *run, void *user);

/* Says which node has which task. json is an object: "tasks", an array of objects with "name",
 * "owner" (the place of the node that has it, or null), "capable" (the places of the nodes that
 * can have it), "weight", "requires", "prefers", "apart" and "together"; "nodes", an array of
 * objects with "id", "weight" and "labels". owners has count elements, one for each task in
 * their order, all -1: write the place of a node, from 0, or leave -1 for nobody. Returns 0 when
 * it has decided; anything else leaves all as it is. A node that cannot have the task is not
 * taken. The text is valid until the callback returns. */
typedef int (*cluster_resolver_fn)(
    cluster_t *cluster, const char *json, int32_t *owners, uint32_t count, void *user);

/* -- Library ----------------------------------------------------------------------------------- */

/* The version of the library in use as 0xMMmmpp, to be compared with CLUSTER_VERSION, the
 * version of this header.
 *
 * Errors: none. */
CLUSTER_API uint32_t cluster_version(void);

/* The same for people, such as "0.1.0". Static text.
 *
 * Errors: none. */
CLUSTER_API const char *cluster_version_text(void);

/* A few words about a result, for people. Static text, never NULL.
 *
 * Errors: none; an unknown code has a text too. */
CLUSTER_API const char *cluster_strerror(cluster_result code);

/* The detail of the last failure of the calling thread, for people: UTF-8, at most 511 bytes, ""
 * when nothing has failed yet. It is not touched by success. The text is the library's and valid
 * until the thread's next failure; the pointer until the thread ends.
 *
 * Errors: none. */
CLUSTER_API const char *cluster_last_error(void);

/* Frees memory that a function of this library has handed over as the caller's, such as the text
 * of cluster_members_json(). NULL is allowed.
 *
 * Errors: none. */
CLUSTER_API void cluster_free(void *memory);

/* -- Options ----------------------------------------------------------------------------------- */

/* A configuration is built from keys and text values, such as "port" and "7878". Durations take
 * a unit ("500ms", "1.5s", "2m", "1h"; a bare number is milliseconds), switches take true or
 * false. docs/options.md has every key with its range and default. */

/* Makes options that hold the defaults. They are the caller's and freed by
 * cluster_options_free().
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_options_new(cluster_options_t **options);

/* Sets one option. The key is at most 256 bytes, the value at most 65536; both are copied. An
 * unknown key and a value out of range are refused, and the detail names the key and the range.
 * Options that contradict each other are found by cluster_join().
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_options_set(
    cluster_options_t *options, const char *key, const char *value);

/* Reads one option back, in the form that cluster_options_set() takes; the default where it was
 * not set. The text is the caller's and freed by cluster_free(). Secrets are not shown.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_options_get(
    cluster_options_t *options, const char *key, char **value);

/* Reads options from a file: TOML, or key=value lines when the name ends in .properties. The
 * path is at most 4096 bytes. A file with a mistake is refused as a whole, with the line in the
 * detail.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_options_load_file(
    cluster_options_t *options, const char *path);

/* Frees options. NULL is allowed; nodes that were joined with them are not affected.
 *
 * Errors: none. */
CLUSTER_API void cluster_options_free(cluster_options_t *options);

/* -- Node -------------------------------------------------------------------------------------- */

/* A node is one member of one cluster. A process may have several, of the same or of different
 * clusters. */

/* Joins a cluster: checks the options, binds the sockets, starts the node and returns. It does
 * not wait for other members: cluster_wait() does. The options are copied and may be freed at
 * once; NULL stands for the defaults. The node is the caller's and ended by cluster_close().
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_SYSTEM, CLUSTER_E_TOOBIG;
 * CLUSTER_E_BUSY: the control socket or the file of this id in state_dir is in use;
 * CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_join(
    const cluster_options_t *options, cluster_t **cluster);

/* Waits until at least so many members, this node included, are alive. timeout_ms: milliseconds,
 * -1 no limit, 0 only look.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_wait(
    cluster_t *cluster, uint32_t members, int32_t timeout_ms);

/* Leaves gracefully: hands over its seats, stops its tasks so that others begin them, says
 * goodbye and waits until another member has acknowledged it. Afterwards other calls answer
 * CLUSTER_E_CLOSED; the node is still to be closed. timeout_ms: milliseconds, -1 no limit, 0 do
 * not wait; when the time is up the node has left without acknowledgement, or while a task of
 * its was running yet; CLUSTER_E_TIMEOUT and cluster_last_error() say so. CLUSTER_E_CLOSED or
 * CLUSTER_E_DUPLICATE where it was closed or refused meanwhile. Waiting callbacks: see "Calls
 * that wait" under Events.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT, CLUSTER_E_CLOSED, CLUSTER_E_BUSY,
 * CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API cluster_result cluster_leave(cluster_t *cluster, int32_t timeout_ms);

/* Ends a node and invalidates its handle. The others are told, without waiting for an answer;
 * cluster_leave() waits, and hands over seats and tasks first. Returns only when the callbacks
 * of this node have ended; other threads inside calls on it are woken and answer
 * CLUSTER_E_CLOSED. Seats and tasks of the node are still to be closed. NULL is allowed. From
 * inside a callback of the same node it does nothing.
 *
 * Errors: none are returned; cluster_last_error() says why nothing was done. */
CLUSTER_API void cluster_close(cluster_t *cluster);

/* This node as a JSON object with the keys of docs/json.md, its cluster's name and where its
 * console is among them: UTF-8, the caller's, freed by cluster_free().
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_self_json(cluster_t *cluster, char **json);

/* Sets a tag of this node, which spreads to all members; NULL as value removes it. The key is 1
 * to 64 bytes, the value at most 512, both UTF-8; CLUSTER_E_TOOBIG when there would be more than
 * 32 tags, or all tags of the node together are more than the cluster can spread.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TOOBIG, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_set_tag(
    cluster_t *cluster, const char *key, const char *value);

/* -- Members ----------------------------------------------------------------------------------- */

/* Takes a snapshot of the members that are alive, suspect or unresponsive, sorted by id. The
 * list is the caller's and freed by cluster_members_free(); it stays as it is when the node is
 * closed.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_members(
    cluster_t *cluster, cluster_members_t **list);

/* How many members the list has.
 *
 * Errors: 0 for anything that is no list, and in a forked child. */
CLUSTER_API size_t cluster_members_count(cluster_members_t *list);

/* One member of the list; index counts from 0. The member and its text are borrowed from the
 * list and valid until cluster_members_free().
 *
 * Errors: NULL for an index that is too large, for anything that is no list, and in a forked
 * child. */
CLUSTER_API const cluster_member_t *cluster_members_at(cluster_members_t *list, size_t index);

/* Frees a list, and with it all members borrowed from it. NULL is allowed.
 *
 * Errors: none. */
CLUSTER_API void cluster_members_free(cluster_members_t *list);

/* The members as a JSON array sorted by id: UTF-8, the caller's, freed by cluster_free(). It has
 * more than the list: seats, tags and evidence. Numbers that may exceed 2^53 are strings.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_members_json(cluster_t *cluster, char **json);

/* What the node has counted since it was started, as a JSON object: UTF-8, the caller's, freed
 * by cluster_free(). Datagrams by kind, input that was dropped by reason, probes, suspicions,
 * deaths.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_stats_json(cluster_t *cluster, char **json);

/* -- Events ------------------------------------------------------------------------------------ */

/* With the option dispatch=thread, which is the default, registered callbacks run on a thread of
 * the library, one at a time; those of tasks on others. With dispatch=manual no thread of the
 * library runs any: poll cluster_event_fd() and call cluster_dispatch(), or take events one by
 * one with cluster_next_event().
 *
 * Calls that wait, with dispatch=manual: the thread that waits for a hand-over may be the one
 * that would have run the demote callback. cluster_leave(), cluster_send(),
 * cluster_http_handle(), failover_close(), failover_step_down(), failover_promote(),
 * cluster_task_close(), offers that take the place of another, and orders such as
 * cluster_task_pause() therefore run waiting callbacks on the calling thread meanwhile. They do
 * not where another thread is inside cluster_dispatch(), or was within the last second: that one
 * runs them. So where one thread dispatches all the time no callback runs on any other, and a
 * thread that waits may hold a lock that callbacks want, unless what it waits for is one of
 * them.
 *
 * Callbacks are never run under a lock of the library. Inside of one these answer CLUSTER_E_BUSY
 * on the same node: cluster_dispatch(), cluster_leave(), failover_step_down(),
 * failover_promote(), orders, a POST by cluster_http_handle(), an offer that takes the place of
 * another; and these do nothing: cluster_close(), failover_close(), cluster_task_close(). Any
 * other function may be called. No C++ exception may leave a callback: on a thread of the
 * library it ends the process. The queue is bounded (option event_queue); what does not fit
 * becomes one CLUSTER_EVENT_LOST.
 *
 * A registration takes the place of the one before. Where that one's callback runs just now the
 * call waits until it has returned, except from inside of it; callbacks of other kinds and seats
 * are not waited for. */

/* A descriptor that is readable while events wait; level-triggered. Poll it; never read, write
 * or close it. It is the node's and ends with it.
 *
 * With dispatch=thread no events wait while a callback of cluster_on_event() takes them, unless
 * cluster_next_event() has been called. With dispatch=manual it is readable while callbacks
 * wait; where any is registered, events for cluster_next_event() show from its first call on.
 *
 * Errors: -1, with the reason in cluster_last_error(). */
CLUSTER_API int cluster_event_fd(cluster_t *cluster);

/* Runs the callbacks that wait on the calling thread, waiting for the first one. timeout_ms: how
 * long it waits for that, in milliseconds, -1 no limit, 0 not at all. It runs at most as many as
 * waited when it began the first, and none further after cluster_wakeup(), so that it returns
 * however many come meanwhile. CLUSTER_EMPTY when the time was up or cluster_wakeup() was called
 * before there was anything to run.
 *
 * On a node that has left or was refused it runs what still waits, and only then says so.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_CLOSED, CLUSTER_E_BUSY, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API cluster_result cluster_dispatch(cluster_t *cluster, int32_t timeout_ms);

/* Takes the next event without a callback. The event is the caller's and freed by
 * cluster_event_free(). timeout_ms: milliseconds, -1 no limit, 0 do not wait. CLUSTER_EMPTY when
 * the time was up or cluster_wakeup() was called first. On a node that has left or was refused
 * it hands out what still waits, and only then says so.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_next_event(
    cluster_t *cluster, int32_t timeout_ms, cluster_event_t **event);

/* Frees an event taken with cluster_next_event(); never one that a callback was given. NULL is
 * allowed.
 *
 * Errors: none. */
CLUSTER_API void cluster_event_free(cluster_event_t *event);

/* Wakes a thread that waits in cluster_dispatch() or cluster_next_event(), or makes the next
 * such call return soon: cluster_dispatch() runs one callback at most, and cluster_next_event()
 * hands out what waits first. No other call takes the wake-up. The one function that a signal
 * handler may call.
 *
 * Errors: none; anything that is no node is ignored. */
CLUSTER_API void cluster_wakeup(cluster_t *cluster);

/* Registers the callback for events; NULL unregisters it. user is handed to the callback as it
 * is, and not used any more when a later registration or cluster_close() has returned. Take
 * events by a callback or by cluster_next_event(), not by both.
 *
 * Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_on_event(
    cluster_t *cluster, cluster_event_fn fn, void *user);

/* Registers the callback for lines of the log up to the level most; NULL unregisters it. Nothing
 * is ever written to standard output, and to standard error only the last words of a process
 * that the option failover.on_lost=exit ends.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_on_log(
    cluster_t *cluster, cluster_log_level most, cluster_log_fn fn, void *user);

/* -- Messages ---------------------------------------------------------------------------------- */

/* What hosts tell each other: a topic, which is a name of at most 64 bytes of UTF-8 (NFC)
 * without control characters, and bytes that mean nothing to the library. Messages never wait in
 * the way of the news of members, and have bounds of their own: 64 sends of a node at a time, 32
 * broadcasts of its own and as many of others on their way, 4 MiB of messages that wait for a
 * host and 1 MiB of broadcasts, where each counts 512 bytes besides its data. */

/* Tells the hosts of all other members something: length bytes, at most 512. topic may be NULL
 * for "", and data where length is 0; both are copied. It travels with the packets that members
 * send anyway: best effort, each host gets it at most once, in no particular order, and whoever
 * joins meanwhile may get it or not. This node does not get its own. Returns at once.
 * CLUSTER_E_FULL while too many wait to be told: nothing that was accepted is dropped here to
 * make room.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TOOBIG, CLUSTER_E_FULL, CLUSTER_E_CLOSED,
 * CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_broadcast(
    cluster_t *cluster, const char *topic, const void *data, size_t length);

/* Tells the host of one member something: length bytes, at most 1 MiB, over TCP. topic may be
 * NULL for "", and data where length is 0; both are copied. Returns when the message waits for
 * that host's callback; whether the callback runs is not known then. Messages to one member are
 * delivered in the order of the calls, each at most once. To this node's own id it is delivered
 * without the network.
 *
 * timeout_ms: milliseconds, at least 1, or -1 for no limit: then it ends when the member is
 * gone. CLUSTER_E_TIMEOUT, and CLUSTER_E_CLOSED where this node ends meanwhile, mean that nobody
 * knows: the message may have arrived or not, and sending it again may deliver it twice. After
 * every other failure it was not delivered.
 *
 * May be called from inside a callback of the same node, which then holds up the next one.
 * Waiting callbacks: see "Calls that wait" under Events.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT, CLUSTER_E_TOOBIG, CLUSTER_E_NO_MEMBER,
 * CLUSTER_E_UNWANTED, CLUSTER_E_FULL, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_send(
    cluster_t *cluster, const char *member_id, const char *topic, const void *data, size_t length,
    int32_t timeout_ms);

/* Registers the callback for messages; NULL unregisters it. Until there is one, broadcasts pass
 * this host by and whoever sends to it is answered CLUSTER_E_UNWANTED; what still waits when it
 * is unregistered is dropped. user is handed to the callback as it is. The sender is who it says
 * to be as far as the members of a cluster trust each other: all have the same key.
 *
 * Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_on_message(
    cluster_t *cluster, cluster_message_fn fn, void *user);

/* -- Failover ---------------------------------------------------------------------------------- */

/* A role is a name; a seat is this node's candidacy for it. One seat of a role is the primary,
 * the others are standbys in a line. Each promotion hands out a fencing token, larger than that
 * of every primary that the new one has heard of: give it to whatever the primary writes to, and
 * refuse writes with a smaller one there. */

/* Takes a seat in a role: 1 to 64 bytes of UTF-8 (NFC) without control characters; NULL stands
 * for "primary". A node has one seat in a role and at most 16 seats. The seat is the caller's
 * and ended by failover_close(). It may outlive its node, and then answers CLUSTER_E_CLOSED.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_SYSTEM, CLUSTER_E_TOOBIG,
 * CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_open(
    cluster_t *cluster, const char *role, failover_t **seat);

/* Gives the seat up and invalidates its handle; a primary is replaced as if it had left. Returns
 * only when the callbacks of this seat have ended. NULL is allowed. From inside a callback of
 * the same node it does nothing.
 *
 * Errors: none are returned; cluster_last_error() says why nothing was done. */
CLUSTER_API void failover_close(failover_t *seat);

/* Registers the callback for the promotion of this seat; NULL unregisters it. When the seat is
 * primary already, the callback runs soon. user is handed to the callback as it is.
 *
 * Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_on_promote(
    failover_t *seat, failover_promote_fn fn, void *user);

/* Registers the callback for the demotion of this seat; NULL unregisters it. On a planned change
 * the next primary waits for it. user is handed to the callback as it is.
 *
 * Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_on_demote(
    failover_t *seat, failover_demote_fn fn, void *user);

/* Whether this seat is the primary now: 1 or 0. The answer is compared with the clock at the
 * time of the call, so that it is never a stale yes after the process was stopped. Fast enough
 * to be asked before every write.
 *
 * Errors: 0 for anything that is no seat, for a closed node, and in a forked child. */
CLUSTER_API int failover_is_primary(failover_t *seat);

/* The fencing token of the primary that this seat is.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOT_PRIMARY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_token(failover_t *seat, uint64_t *token);

/* The rank of this seat in the line: 0 the primary, 1 the next, and so on. CLUSTER_EMPTY while
 * it is not in the line yet.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_position(failover_t *seat, uint32_t *position);

/* The member that is primary of this role as a JSON object, "null" when nobody is: UTF-8, the
 * caller's, freed by cluster_free().
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_primary_json(failover_t *seat, char **json);

/* Hands the seat over to the next in the line and goes to the end of it; a manual failover.
 * Returns when another seat is primary. timeout_ms: milliseconds, -1 no limit, 0 do not wait:
 * CLUSTER_E_TIMEOUT then says that it is begun. It goes on after CLUSTER_E_TIMEOUT in any case.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT, CLUSTER_E_NO_CANDIDATE, CLUSTER_E_NOT_PRIMARY,
 * CLUSTER_E_CLOSED, CLUSTER_E_BUSY, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_step_down(failover_t *seat, int32_t timeout_ms);

/* Has a member of the line promoted: this node itself, or another that has a seat in the role.
 * May be called on any seat of the role, wherever the primary is. The primary's demote callback
 * returns first (or option failover.demote_timeout passes), then the member is promoted with a
 * higher token. Works while the role is paused. member_id: UTF-8, only read. timeout_ms:
 * milliseconds, -1 no limit, 0 do not wait: CLUSTER_E_TIMEOUT then says that it is begun.
 * Returns when the member is primary, at once if it is. One promotion is asked for at a time: a
 * second call on the same seat takes the place of the first. After CLUSTER_E_TIMEOUT it may
 * still come about, where the primary has begun to stop.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: no such member is present;
 * CLUSTER_E_NO_CANDIDATE: it has no seat in the role, is not ready or unresponsive, too few
 * members are present for the option failover.quorum, or another was promoted meanwhile;
 * CLUSTER_E_CLOSED, CLUSTER_E_BUSY, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_promote(
    failover_t *seat, const char *member_id, int32_t timeout_ms);

/* Says whether this host is fit to lead: ready 0 is not, anything else is. A seat that is not
 * ready keeps its place and is passed over. A primary that becomes unready hands over to the
 * first in the line that is ready; where there is none, or the role is paused, it stays primary
 * until there is. The option failover.ready says how a seat begins. Takes effect before the call
 * returns; a hand-over follows by itself. May be called from any thread and from inside
 * callbacks.
 *
 * Errors: CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_set_ready(failover_t *seat, int ready);

/* Pauses the role in the whole cluster, for maintenance: nobody is promoted by itself any more,
 * and the primary keeps the role even where it is unresponsive; where the authority is a store
 * or voters, one that cannot renew its lease is demoted all the same, and nobody leads until the
 * role is resumed. What is done by hand still works (failover_promote(), failover_step_down(),
 * failover_close()), and a side that sees too few members for the option failover.quorum still
 * has no primary. The news travels to all seats of the role, later ones too;
 * CLUSTER_EVENT_ROLE_PAUSED tells when it is here. A role that is paused already stays so. May
 * be called from any thread and from inside callbacks.
 *
 * Errors: CLUSTER_E_TOOBIG: the role was paused as often as can be counted; CLUSTER_E_CLOSED,
 * CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_pause(failover_t *seat);

/* Ends what failover_pause() began, on any seat of the role. Where nobody is primary the first
 * in the line is promoted at once; where the authority is a store or voters, when the last lease
 * has ended.
 *
 * Errors: CLUSTER_E_TOOBIG, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_resume(failover_t *seat);

/* Refuses the role that this seat was given: for a promote callback that finds that its host
 * cannot lead. The demote callback runs, then the role goes to the next in the line and this
 * seat to the end of it. For a while it is passed over as if it were not ready: 1 second, twice
 * as long each further time, at most a minute, so that a cluster in which nobody can lead does
 * not spin; after a minute as primary it begins with 1 second again. It is a call and no result
 * of the callback, so that a host may also decline later, from any thread: when what it started
 * has failed. The option failover.promote_timeout declines for a host whose promote callback
 * does not return.
 *
 * Errors: CLUSTER_E_NOT_PRIMARY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_decline(failover_t *seat);

/* How many milliseconds failover_is_primary() would still answer 1 if nothing more were heard,
 * rounded down: at most the option failover.unresponsive_after, where the authority is a store
 * or voters 7/10 of failover.lease; 0 when this seat is not primary. Never waits; may be called
 * from any thread, before work that must be finished while the role is held.
 *
 * Errors: 0 for anything that is no seat, for a closed node, and in a forked child. */
CLUSTER_API int32_t failover_remaining_ms(failover_t *seat);

/* Registers the callback for trust that runs out; NULL unregisters it. It is called once when
 * half of the trust in being primary has run out and was not renewed, and again only after it
 * was. A thread of the library watches the clock for it. user is handed to the callback as it
 * is.
 *
 * Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_on_warning(
    failover_t *seat, failover_warning_fn fn, void *user);

/* What is promised of this role under the options in force, and what is not, as a JSON object
 * with the keys of docs/json.md: UTF-8, the caller's, freed by cluster_free().
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result failover_guarantee_json(failover_t *seat, char **json);

/* -- Tasks, jobs and daemons ------------------------------------------------------------------- */

/* Work that is shared out over the cluster by name. Of all nodes that offer a task one has it:
 * it begins there, is stopped there, and begins elsewhere when that node goes. A job runs at the
 * moments of a schedule, once for each. A daemon is a task that is there to run for good.
 * docs/tasks.md has the options, the states, and what is promised under which authority.
 *
 * With dispatch=thread the callbacks of tasks run on threads of the library, one after the other
 * for one task, beside all other callbacks: at most 16 runs of jobs at a time, and as many
 * starts and stops. With dispatch=manual they run in cluster_dispatch() with all others, one at
 * a time; one that takes long says cluster_task_defer(). They may begin before the call that
 * offers the task returns. Inside of them cluster_close(), cluster_leave() and
 * cluster_task_close() on the same node answer CLUSTER_E_BUSY or do nothing, and so do orders
 * such as cluster_task_pause(). */

/* Offers a task: of all nodes that offer this name one has it at any time. name: 1 to 64 bytes
 * of UTF-8 (NFC) without control characters. options: words such as "weight=2 requires=gpu", at
 * most 2048 bytes; NULL for none. start and stop may be NULL for nothing to do. All text is
 * copied. user is handed to the callbacks as it is, for as long as the task is offered.
 *
 * Where this node offers the name already, that offer ends first, as by cluster_task_close(),
 * and its handle answers CLUSTER_E_CLOSED. The task is the caller's and ended by
 * cluster_task_close(). It may outlive its node, and then answers CLUSTER_E_CLOSED. task is
 * written before a callback runs.
 *
 * Errors: CLUSTER_E_INVALID: the detail names the word; CLUSTER_E_NOMEM, CLUSTER_E_SYSTEM,
 * CLUSTER_E_TOOBIG, CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_offer(
    cluster_t *cluster, const char *name, const char *options, cluster_task_start_fn start,
    cluster_task_stop_fn stop, void *user, cluster_task_t **task);

/* Offers a daemon: as cluster_task_offer() does, for what is there to run for good. It begins
 * anew, here or elsewhere, after a pause that grows, when its start callback fails or
 * cluster_task_fail() is called.
 *
 * Errors: CLUSTER_E_INVALID: the detail names the word; CLUSTER_E_NOMEM, CLUSTER_E_SYSTEM,
 * CLUSTER_E_TOOBIG, CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_daemon(
    cluster_t *cluster, const char *name, const char *options, cluster_task_start_fn start,
    cluster_task_stop_fn stop, void *user, cluster_task_t **task);

/* Schedules a job: of all nodes that schedule this name one runs it, once for each moment of the
 * schedule; where that fails or its node dies another makes the next attempt. schedule: cron of
 * 5, 6 or 7 columns, "every 5s", "at 2027-01-01T08:00:00Z" or "in 10s", with what
 * docs/schedules.md has besides; at most 512 bytes. name, options, user and task are as in
 * cluster_task_offer(). run may not be NULL. The handle answers cluster_task_is_mine() while
 * this node is the one that runs it.
 *
 * Errors: CLUSTER_E_INVALID: the detail names the word or the column; CLUSTER_E_NOMEM,
 * CLUSTER_E_SYSTEM, CLUSTER_E_TOOBIG, CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_job_schedule(
    cluster_t *cluster, const char *name, const char *schedule, const char *options,
    cluster_job_fn run, void *user, cluster_task_t **task);

/* Offers it no more and invalidates the handle. Where this node has it, it is stopped first:
 * returns when no callback of it runs any more, or its stop_timeout has passed. NULL is allowed.
 * From inside a callback of the same node it does nothing.
 *
 * Errors: none are returned; cluster_last_error() says why nothing was done. */
CLUSTER_API void cluster_task_close(cluster_task_t *task);

/* Whether this node has the task now: 1 or 0. The answer is compared with the clock at the time
 * of the call, so that it is never a stale yes after the process was stopped. Fast enough to be
 * asked before every write. Always 1 for one with singleton=false that has begun.
 *
 * Errors: 0 for anything that is no task, for a closed node, and in a forked child. */
CLUSTER_API int cluster_task_is_mine(cluster_task_t *task);

/* The fencing token under which this node has the task: give it to whatever the task writes to,
 * and refuse writes with a smaller one there.
 *
 * Errors: CLUSTER_E_INVALID; CLUSTER_E_NOT_PRIMARY: this node does not have it;
 * CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_token(
    cluster_task_t *task, uint64_t *token);

/* Says that nothing is left to do for a task or a daemon that this node has: no node is given it
 * again, and with a store, or as long as one node lives, that is remembered, soon after the
 * call: should the coordinator die in that moment the task may begin once more. The stop
 * callback is not called. cluster_task_forget() undoes it when nobody offers it any more. From
 * any thread, callbacks too.
 *
 * Errors: CLUSTER_E_NOT_PRIMARY: this node does not have it; CLUSTER_E_UNSUPPORTED: it is a job;
 * CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_complete(cluster_task_t *task);

/* Says that a task or a daemon cannot go on on this node: another is given it, or this one after
 * a while. The stop callback is not called. Inside a start or a run callback, of a job too, it
 * makes that one fail whatever it returns. reason: for people, UTF-8, at most 4096 bytes of
 * which 128 are told; NULL for none. From any thread.
 *
 * Errors: CLUSTER_E_INVALID; CLUSTER_E_NOT_PRIMARY: this node does not have it;
 * CLUSTER_E_UNSUPPORTED: a job, outside of its callback; CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_fail(
    cluster_task_t *task, const char *reason);

/* Called inside a stop or a run callback: what it does is not over when it returns, but when
 * cluster_task_finish() is called, from any thread. For hosts with dispatch=manual, whose other
 * callbacks would wait meanwhile. What the callback returns means nothing then.
 *
 * Errors: CLUSTER_E_INVALID: not inside such a callback of this task; CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_defer(cluster_task_t *task);

/* Says that what cluster_task_defer() has put off is over. reason: NULL where it went well, else
 * why a run has failed, as in cluster_task_fail(); of a stop it means nothing.
 *
 * Errors: CLUSTER_E_INVALID: nothing was put off; CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_finish(
    cluster_task_t *task, const char *reason);

/* -- The tasks of the cluster ------------------------------------------------------------------ */

/* What may be asked and ordered about any task of the cluster, from any node: also from one that
 * does not offer it. The node that coordinates the tasks answers; while there is none, a call
 * waits for it. timeout_ms: milliseconds, -1 no limit, 0 ask once. CLUSTER_E_TIMEOUT means that
 * nobody knows whether it was done; every order may be given again. Orders run waiting
 * callbacks, see "Calls that wait" under Events; cluster_tasks_json() does not. */

/* All tasks of the cluster as a JSON array sorted by name, with the keys of docs/json.md: what
 * kind each is, its state, which node has it and under which token. As this node was told last;
 * waits until it was told at all. UTF-8, the caller's, freed by cluster_free().
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_TIMEOUT, CLUSTER_E_CLOSED,
 * CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_tasks_json(
    cluster_t *cluster, int32_t timeout_ms, char **json);

/* Pauses a task: the node that has it stops it, and none is given it until
 * cluster_task_resume(). With a store, or as long as one node lives, that is remembered. Returns
 * when it is written down. One that is paused already stays so.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: nobody offers such a task;
 * CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_pause(
    cluster_t *cluster, const char *name, int32_t timeout_ms);

/* Ends what cluster_task_pause() began. One that is not paused stays as it is.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: nobody offers such a task;
 * CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_resume(
    cluster_t *cluster, const char *name, int32_t timeout_ms);

/* Moves a task to a member that offers it; NULL as member_id for any other. The one that has it
 * stops it first. Returns when that has begun; cluster_tasks_json() tells when it is done.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: nobody offers such a task,
 * or that member is not there; CLUSTER_E_NO_CANDIDATE: it does not offer the task, or no other
 * member does; CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
 * CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_move(
    cluster_t *cluster, const char *name, const char *member_id, int32_t timeout_ms);

/* Has a job run once now, outside of its schedule, on the node that has it, behind a run that is
 * under way there. Returns when that node was told; where it cannot begin any more an event
 * there says so, CLUSTER_TASK_VETOED.
 *
 * Errors: CLUSTER_E_INVALID; CLUSTER_E_UNSUPPORTED: it is no job; CLUSTER_E_TIMEOUT;
 * CLUSTER_E_NO_MEMBER: nobody offers such a task; CLUSTER_E_BUSY, CLUSTER_E_CLOSED,
 * CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_run(
    cluster_t *cluster, const char *name, int32_t timeout_ms);

/* Forgets what is remembered of a task that nobody offers any more: that it is completed or
 * paused, and which moments of a job have run.
 *
 * Errors: CLUSTER_E_INVALID; CLUSTER_E_BUSY: somebody offers it, or this is a callback of the
 * node; CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: nothing is remembered of it; CLUSTER_E_CLOSED,
 * CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_forget(
    cluster_t *cluster, const char *name, int32_t timeout_ms);

/* -- Sharing tasks out by the host ------------------------------------------------------------- */

/* With the option tasks.resolver=host the host itself says which node has which task: the host
 * of that node which coordinates the tasks. Every node that may come to it registers the same
 * callback. */

/* Registers the callback that says which node has which task; NULL unregisters it, and nothing
 * is given to anybody then. Waits until a running one has returned, except from inside a
 * callback of the node. It is called on the node that coordinates, on a thread of the library
 * (in cluster_dispatch() with dispatch=manual), when tasks or nodes come or go. An answer that
 * takes longer than 5 seconds is not waited for. user is handed to it as it is.
 *
 * Errors: CLUSTER_E_UNSUPPORTED: the option tasks.resolver is not "host"; CLUSTER_E_SYSTEM,
 * CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_task_set_resolver(
    cluster_t *cluster, cluster_resolver_fn fn, void *user);

/* -- Keys -------------------------------------------------------------------------------------- */

/* A cluster with a key can change it while it runs. Each member has a ring of up to 8 keys: the
 * first seals, all of them open. To replace a key without losing a packet: cluster_key_add() the
 * new one, cluster_key_use() it, cluster_key_remove() the former one, each when the one before
 * has succeeded on all members. Nothing is written to a disk: change options and key files along
 * with it, or a node that restarts has its former ring.
 *
 * Keys are never shown. Where one is to be named it is called by its fingerprint, 16 hexadecimal
 * digits, which tells nothing about it.
 *
 * Each of these calls asks every member that is alive, suspect or unresponsive, 2 s long at
 * most, and waits for the answers. timeout_ms: milliseconds for all of them together, -1 no
 * limit, 0 do not wait for anybody; who has not answered when the time is up counts as
 * unreachable. What a member has done already it need not do again, so that each call may be
 * repeated. */

/* Gives a key to all present members; from then on it opens what is sealed with it. A key is 32
 * bytes as 64 hexadecimal digits or 44 characters of base64, as "muster keygen" prints it.
 *
 * CLUSTER_E_PARTIAL names the members that could not be reached or refused; the others have the
 * key. CLUSTER_E_TOOBIG when the ring of this node is full. CLUSTER_E_UNSUPPORTED without a key
 * in the options: it would be sent in the clear.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_PARTIAL, CLUSTER_E_TOOBIG, CLUSTER_E_CLOSED,
 * CLUSTER_E_DUPLICATE, CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_key_add(
    cluster_t *cluster, const char *key, int32_t timeout_ms);

/* Makes all present members seal with a key, named by its fingerprint or itself. The one that
 * has sealed so far goes on opening.
 *
 * Nothing changes unless every present member is reached and has the key. CLUSTER_E_PARTIAL
 * names those that stood in the way, or that were lost after the others had begun.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_PARTIAL, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_key_use(
    cluster_t *cluster, const char *key, int32_t timeout_ms);

/* Makes all present members forget a key, named by its fingerprint or itself: it opens nothing
 * any more. A key that nobody has is no error.
 *
 * Nothing changes unless every present member is reached and none seals with it.
 * CLUSTER_E_PARTIAL names those that stood in the way, or that were lost after the others had
 * begun; CLUSTER_E_INVALID when it is this node that seals with it.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_PARTIAL, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_key_remove(
    cluster_t *cluster, const char *key, int32_t timeout_ms);

/* The keys of all present members as a JSON object: fingerprints, and for each which members
 * seal with it, hold it and lack it; and who could not be reached. UTF-8, the caller's, freed by
 * cluster_free().
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
 * CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_keys_json(
    cluster_t *cluster, int32_t timeout_ms, char **json);

/* -- The console ------------------------------------------------------------------------------- */

/* What the option http serves (docs/console.md), for a host that has a web server of its own and
 * wants it there: JSON, health checks, metrics, the live page. Who may ask is the host's affair. */

/* Answers one request. method has at most 16 bytes. path is that of the request line with the
 * query behind it, below where the host put the console, "/v1/members", at most 2048 bytes. body
 * is that of a POST, length bytes, at most 65536, NULL where there is none. status is that of
 * HTTP; headers is lines of "Name: value\r\n"; both texts are the caller's, freed by
 * cluster_free(). An answer that says that something is wrong is an answer: the call returns
 * CLUSTER_OK with a status of 400 and more. Orders wait until they are obeyed or their time is
 * up. The first call begins to remember events: "/v1/events" answers with those, and clients ask
 * again.
 *
 * Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_TOOBIG; CLUSTER_E_BUSY: a POST from
 * inside a callback of this node; CLUSTER_E_CLOSED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED. */
CLUSTER_API CLUSTER_CHECKED cluster_result cluster_http_handle(
    cluster_t *cluster, const char *method, const char *path, const void *body, size_t length,
    uint32_t *status, char **headers, char **content);

#ifdef __cplusplus
}
#endif

#endif /* MUSTER_H */
