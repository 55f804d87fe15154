/* The structures of the C face. Swift fills them through this header; their text is copied into
 * muster.h. They only ever grow at the end, and `struct_size` tells a caller how far they reach. */
#ifndef MUSTER_TYPES_H
#define MUSTER_TYPES_H

#include <stdint.h>

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

#endif
