/* The lease over one register, as Sources/Lease has it, small enough to be looked at in full.
 *
 * Two clients, one row, time in ticks. Every message takes as long as it likes: a request that was sent may take effect
 * at any later time, and its answer may come at any time after that. With -DLOST the answer to one write of each is not
 * waited for, and read back; with -DFORGETS the store forgets its row once; with -DGIVES a holder may give the lease
 * back by a row that names nobody, which whoever saw it coming follows at once; with -DWISHES anybody may write a wish
 * into the row, which names the last write of a holder on: others count from that. What must never happen: both trust
 * themselves.
 *
 * Without patience and without the gap rule, which the machine has besides: they are not needed for what is shown here,
 * as long as the store forgets everything and does not come back with an older row.
 *
 * Run by Tests/model/run, once as it is and once with each BREAK_x, which must be found out.
 */
#define N 2
#ifdef SMALL
#define L 2             /* others wait for L ticks without a change */
#define D_RIGHT 1       /* a holder trusts itself for D ticks */
#define T 5             /* time ends here */
#else
#define L 3
#define D_RIGHT 2
#define T 7
#endif
#ifdef BREAK_MARGIN
#define D (L + 1)
#else
#define D D_RIGHT
#endif
#ifndef WRITES
#define WRITES 6
#endif

#define IDLE 0
#define SENT 1
#define DONE 2          /* took effect; the answer is on its way */

byte now;
bool forgot;

/* The row: no version is no row. Nonces are never used twice. */
byte version = 1, nonce = 1, holder = N;
byte lastNonce = 1;
#ifdef WISHES
byte term = 1;          /* the nonce of the last write that was no wish */
#endif

typedef Client {
    byte stage; bool isWrite; byte sent;
    byte expVersion, expNonce, expHolder;   /* what the write expects */
    byte mine;                              /* the nonce that the write carries */
    bool applied;
#ifdef WISHES
    bool asks;                              /* the write is a wish */
    byte gotTerm, seenTerm;
#endif
#ifdef GIVES
    bool gives;                             /* the write gives the lease back */
    bool saw;                               /* this row came while it was looking */
#endif
    byte gotVersion, gotNonce, gotHolder;   /* what came back */
    bool knows; byte seenVersion, seenNonce, seenHolder, since;
    bool ghost, ghostSpent; byte ghostSent, ghostMine, ghostVersion, ghostNonce, ghostHolder;
    byte until;                             /* trusts itself while now < until */
    byte stood;                             /* for how long its clock stood still */
};
Client c[N];

#define ripe(i) (now - c[i].since >= L)
#define mayWrite(i) (c[i].knows && (now < c[i].until || ripe(i) || atOnce(i)))
#if defined(GIVES)
#define atOnce(i) (c[i].saw && c[i].seenHolder == N && c[i].seenVersion != 0)
#elif defined(BREAK_FORGET)
#define atOnce(i) (c[i].seenVersion == 0)
#else
#define atOnce(i) false
#endif

#ifdef GIVES
#define mayBeLost(i) (!c[i].gives)
#else
#define mayBeLost(i) true
#endif

#if defined(BREAK_HOLDER)
#define matches(v, n, h) (holder == h)
#elif defined(BREAK_NONCE)
#define matches(v, n, h) (version == v)
#else
#define matches(v, n, h) (nonce == n)
#endif

inline apply(i, v, n, h, new, ok) {
    if
    :: matches(v, n, h) -> version = v + 1; nonce = new; holder = i; ok = true
    :: else -> ok = false
    fi
}

inline trust(i, from) {
    if
    :: from + D > c[i].until -> c[i].until = from + D
    :: else
    fi;
    assert(!(now < c[0].until && now < c[1].until))
}

inline look(i, v, n, h) {
#ifdef GIVES
    if
    :: c[i].seenNonce != 0 && c[i].seenNonce != n -> c[i].saw = true
    :: else
    fi;
#endif
    if
#ifdef WISHES
    :: c[i].seenTerm != c[i].gotTerm ->
#else
    :: !c[i].knows || c[i].seenNonce != n ->
#endif
#ifdef BREAK_REQUEST
        c[i].since = c[i].sent
#else
        c[i].since = now
#endif
    :: else
    fi;
#ifdef WISHES
    c[i].seenTerm = c[i].gotTerm;
#endif
    c[i].knows = true; c[i].seenVersion = v; c[i].seenNonce = n; c[i].seenHolder = h
}

proctype client(byte i) {
    bool ok;
end:
    do
    /* A look. */
    :: atomic { c[i].stage == IDLE && now < T ->
        c[i].stage = SENT; c[i].isWrite = false; c[i].sent = now }
    /* A renewal or a claim. */
    :: atomic { c[i].stage == IDLE && now < T && mayWrite(i) && !c[i].ghost && lastNonce < WRITES ->
        lastNonce++;
        c[i].stage = SENT; c[i].isWrite = true; c[i].sent = now; c[i].mine = lastNonce;
        c[i].expVersion = c[i].seenVersion; c[i].expNonce = c[i].seenNonce; c[i].expHolder = c[i].seenHolder }
#ifdef GIVES
    /* The lease is given back: from here on the holder does not trust itself. */
    :: atomic { c[i].stage == IDLE && now < c[i].until && c[i].knows && c[i].seenHolder == i && !c[i].ghost && lastNonce < WRITES ->
        lastNonce++;
        c[i].stage = SENT; c[i].isWrite = true; c[i].gives = true; c[i].sent = now; c[i].mine = lastNonce;
#ifndef BREAK_GIVER
        c[i].until = 0;
#endif
        c[i].expVersion = c[i].seenVersion; c[i].expNonce = c[i].seenNonce; c[i].expHolder = c[i].seenHolder }
#endif
#ifdef WISHES
    /* A wish of one that does not hold the lease. */
    :: atomic { c[i].stage == IDLE && now < T && now >= c[i].until && c[i].knows && lastNonce < WRITES ->
        lastNonce++;
        c[i].stage = SENT; c[i].isWrite = true; c[i].asks = true; c[i].sent = now; c[i].mine = lastNonce;
        c[i].expVersion = c[i].seenVersion; c[i].expNonce = c[i].seenNonce; c[i].expHolder = c[i].seenHolder }
#endif
    /* It takes effect. */
    :: d_step { c[i].stage == SENT ->
        if
#ifdef WISHES
        :: c[i].isWrite && c[i].asks ->
            if
            :: matches(c[i].expVersion, c[i].expNonce, c[i].expHolder) ->
                version++; nonce = c[i].mine; c[i].applied = true
            :: else
            fi
        :: c[i].isWrite && !c[i].asks ->
            apply(i, c[i].expVersion, c[i].expNonce, c[i].expHolder, c[i].mine, c[i].applied);
#ifdef BREAK_WISHES
            if
            :: c[i].applied && c[i].expHolder != i -> term = nonce
            :: else
            fi
#else
            if
            :: c[i].applied -> term = nonce
            :: else
            fi
#endif
#else
        :: c[i].isWrite ->
            apply(i, c[i].expVersion, c[i].expNonce, c[i].expHolder, c[i].mine, c[i].applied);
#endif
#ifdef GIVES
            if
            :: c[i].gives && c[i].applied -> holder = N
            :: else
            fi
#endif
        :: else -> c[i].gotVersion = version; c[i].gotNonce = nonce; c[i].gotHolder = holder;
#ifdef WISHES
            c[i].gotTerm = term
#endif
        fi;
        c[i].stage = DONE }
    /* The answer. */
    :: d_step { c[i].stage == DONE ->
        c[i].stage = IDLE;
        if
        :: !c[i].isWrite ->
            look(i, c[i].gotVersion, c[i].gotNonce, c[i].gotHolder);
            if
            :: c[i].ghost && c[i].gotNonce == c[i].ghostMine ->
                c[i].ghost = false;
#ifdef BREAK_READBACK
                trust(i, now)
#else
                trust(i, c[i].ghostSent)
#endif
            :: else ->
                /* The row names another, or none: whoever held it stops. */
                if
                :: c[i].gotHolder != i -> c[i].until = 0
                :: else
                fi
            fi
#ifdef GIVES
        :: c[i].isWrite && c[i].applied && c[i].gives ->
            c[i].seenVersion = c[i].expVersion + 1; c[i].seenNonce = c[i].mine; c[i].seenHolder = N;
            c[i].since = now; c[i].saw = true
        :: c[i].isWrite && c[i].applied && !c[i].gives ->
#elif defined(WISHES)
        :: c[i].isWrite && c[i].applied && c[i].asks ->
            c[i].seenVersion = c[i].expVersion + 1; c[i].seenNonce = c[i].mine
        :: c[i].isWrite && c[i].applied && !c[i].asks ->
            c[i].seenTerm = c[i].mine;
#else
        :: c[i].isWrite && c[i].applied ->
#endif
            c[i].seenVersion = c[i].expVersion + 1; c[i].seenNonce = c[i].mine; c[i].seenHolder = i;
            c[i].since = now;
#ifdef BREAK_REPLY
            trust(i, now)
#else
            trust(i, c[i].sent)
#endif
        :: else -> c[i].knows = false
        fi;
#ifdef GIVES
        c[i].gives = false;
#endif
#ifdef WISHES
        c[i].asks = false; c[i].gotTerm = 0;
#endif
        c[i].sent = 0; c[i].mine = 0; c[i].applied = false;
        c[i].expVersion = 0; c[i].expNonce = 0; c[i].expHolder = 0;
        c[i].gotVersion = 0; c[i].gotNonce = 0; c[i].gotHolder = 0 }
#ifdef LOST
    /* No longer waited for, once: it may take effect yet, and is read back. */
    :: d_step { c[i].stage != IDLE && c[i].isWrite && mayBeLost(i) && !c[i].ghostSpent ->
        c[i].ghost = true; c[i].ghostSpent = true;
        c[i].ghostSent = c[i].sent; c[i].ghostMine = c[i].mine;
        c[i].ghostVersion = c[i].expVersion; c[i].ghostNonce = c[i].expNonce; c[i].ghostHolder = c[i].expHolder;
        if
        :: c[i].stage == DONE -> c[i].ghostNonce = 255; c[i].ghostVersion = 255; c[i].ghostHolder = 255
        :: else
        fi;
#ifdef BREAK_UNKNOWN
        trust(i, c[i].sent);
#endif
        c[i].stage = IDLE; c[i].knows = false }
    :: d_step { c[i].ghost && c[i].ghostNonce != 255 ->
        apply(i, c[i].ghostVersion, c[i].ghostNonce, c[i].ghostHolder, c[i].ghostMine, ok);
        c[i].ghostNonce = 255; c[i].ghostVersion = 255; c[i].ghostHolder = 255; ok = false }
#endif
#ifdef BREAK_CLOCK
    /* The machine stands still for two ticks, and its clock with it. */
    :: d_step { c[i].stood == 0 && now < c[i].until && now + 2 <= T ->
        c[i].stood = 2; c[i].until = c[i].until + 2;
        assert(!(now < c[0].until && now < c[1].until)) }
#endif
    :: now >= T -> break
    od
}

proctype world() {
end:
    do
    :: d_step { now < T -> now++; assert(!(now < c[0].until && now < c[1].until)) }
#ifdef FORGETS
    :: d_step { !forgot && version != 0 -> forgot = true; version = 0; nonce = 0; holder = N }
#endif
    :: now >= T -> break
    od
}

init { atomic { run client(0); run client(1); run world() } }
