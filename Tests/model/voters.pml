/* The voters that hold the register together, as Sources/Lease/Voter.swift has them, small enough to be looked at in
 * full: three voters, two that want the lease and do not wait before they ask for it. Ballots, promises to the holder,
 * the silence after a start and the epoch on disk must do.
 *
 * What must never happen: two hold the lease at once, or a token is given out that is not above all before it.
 *
 * A message arrives at any time after it was sent; one that its sender does not wait for any more may still arrive.
 * One voter restarts, and may lose its disk. (Without ballots the promises would do here; the simulator shows what
 * ballots are for.)
 */
#define V 3
#define N 2
#define L 2             /* for so long a voter promises the lease, and is silent after a start */
#define D 2             /* for so long a holder trusts itself, from before it prepared */
#ifndef T
#define T 3
#endif
#ifndef BALLOTS
#define BALLOTS 2
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifdef BREAK_MAJORITY
#define MAJORITY 1
#else
#define MAJORITY 2
#endif

byte now, lastBallot, highestToken, restarts;
bool diskLost;

typedef Voter {
    byte promised;
    byte ballot, holder, epoch;     /* accepted; no ballot is nothing */
    byte held;                      /* the lease is promised while now < held */
    byte disk;                      /* the epoch, on disk */
    byte silent;                    /* until then */
    bool amnesic;
};
Voter v[V];

typedef Proposer {
    byte phase;                     /* 0 idle, 1 preparing, 2 proposing */
    byte ballot, sent, count, asked;
    byte seenBallot, seenHolder, seenEpoch, seenDisk;
    byte epoch;
    byte until, token;
    byte oldBallot, oldEpoch, oldAsked;   /* a proposal that is not waited for any more */
};
Proposer p[N];

#ifdef BREAK_PROMISE
#define free(j, i) true
#else
#define free(j, i) (now >= v[j].held || v[j].ballot == 0 || v[j].holder == i)
#endif
#define allowed(j, b) (b >= v[j].promised)
#define votes(j) (now >= v[j].silent && !v[j].amnesic)

#define keeps(i) (p[i].seenBallot != 0 && p[i].seenHolder == i && p[i].seenEpoch == p[i].token && now < p[i].until)

inline check() { assert(!(now < p[0].until && now < p[1].until)) }

inline accept(J, I, B, E) {
    v[J].promised = (B > v[J].promised -> B : v[J].promised);
    v[J].ballot = B; v[J].holder = I; v[J].epoch = E;
    v[J].held = now + L;
    v[J].disk = (E > v[J].disk -> E : v[J].disk)
}

proctype proposer(byte i) {
    byte j;
end:
    do
    /* A new ballot; a former proposal is left behind. */
    :: atomic { lastBallot < BALLOTS && now < T ->
        {
            if
            :: p[i].phase == 2 -> p[i].oldBallot = p[i].ballot; p[i].oldEpoch = p[i].epoch; p[i].oldAsked = p[i].asked
            :: else
            fi;
            lastBallot++;
            p[i].phase = 1; p[i].ballot = lastBallot; p[i].sent = now; p[i].count = 0; p[i].asked = 0; p[i].epoch = 0;
            p[i].seenBallot = 0; p[i].seenHolder = 0; p[i].seenEpoch = 0; p[i].seenDisk = 0 } }
    /* Prepare arrives at a voter. */
    :: atomic { p[i].phase == 1 -> select(j : 0 .. 2);
        if
        :: !(p[i].asked & (1 << j)) && votes(j) && p[i].ballot > v[j].promised && free(j, i) ->
            {
                p[i].asked = p[i].asked | (1 << j); p[i].count++;
                v[j].promised = p[i].ballot;
                if
                :: v[j].ballot > p[i].seenBallot ->
                    p[i].seenBallot = v[j].ballot; p[i].seenHolder = v[j].holder; p[i].seenEpoch = v[j].epoch
                :: else
                fi;
                p[i].seenDisk = (v[j].disk > p[i].seenDisk -> v[j].disk : p[i].seenDisk) }
        :: else
        fi; j = 0 }
    /* Promised by a majority: propose. A holder keeps its token, all others take a new one. */
    :: d_step { p[i].phase == 1 && p[i].count >= MAJORITY ->
        if
        :: keeps(i) -> p[i].epoch = p[i].token
        :: else -> p[i].epoch = (p[i].seenDisk > p[i].seenEpoch -> p[i].seenDisk : p[i].seenEpoch) + 1
        fi;
        p[i].phase = 2;
#ifdef BREAK_SEND
        p[i].sent = now;
#endif
        p[i].count = 0; p[i].asked = 0;
        p[i].seenBallot = 0; p[i].seenHolder = 0; p[i].seenEpoch = 0; p[i].seenDisk = 0 }
    /* The proposal arrives at a voter. */
    :: atomic { p[i].phase == 2 -> select(j : 0 .. 2);
        if
        :: !(p[i].asked & (1 << j)) && votes(j) && allowed(j, p[i].ballot) && free(j, i) ->
            {
                p[i].asked = p[i].asked | (1 << j); p[i].count++;
                accept(j, i, p[i].ballot, p[i].epoch) }
        :: else
        fi; j = 0 }
    /* Or one that is not waited for any more. */
    :: atomic { p[i].oldBallot != 0 -> select(j : 0 .. 2);
        if
        :: !(p[i].oldAsked & (1 << j)) && votes(j) && allowed(j, p[i].oldBallot) && free(j, i) ->
            { p[i].oldAsked = p[i].oldAsked | (1 << j); accept(j, i, p[i].oldBallot, p[i].oldEpoch) }
        :: else -> p[i].oldBallot = 0; p[i].oldEpoch = 0; p[i].oldAsked = 0
        fi; j = 0 }
    /* Accepted by a majority. */
    :: d_step { p[i].phase == 2 && p[i].count >= MAJORITY ->
        if
        :: p[i].sent + D > now && p[i].epoch != p[i].token ->
            assert(p[i].epoch > highestToken);
            highestToken = p[i].epoch; p[i].token = p[i].epoch;
            p[i].until = p[i].sent + D;
            check()
        :: p[i].sent + D > now && p[i].epoch == p[i].token && now < p[i].until ->
            p[i].until = p[i].sent + D;
            check()
        :: else     /* too late: a claim, or the renewal of a lease that has lapsed, is not taken up */
        fi;
        p[i].phase = 0; p[i].ballot = 0; p[i].sent = 0; p[i].count = 0; p[i].asked = 0; p[i].epoch = 0 }
    :: now >= T -> break
    od
}

inline restart(j, losesDisk) {
    restarts++;
    v[j].promised = 0; v[j].ballot = 0; v[j].holder = 0; v[j].epoch = 0; v[j].held = 0;
#ifdef BREAK_SILENCE
    v[j].silent = 0;
#else
    v[j].silent = now + L;
#endif
#ifdef BREAK_DISK
    v[j].disk = 0;
#endif
    if
    :: losesDisk -> diskLost = true; v[j].disk = 0;
#ifndef BREAK_RECALL
        v[j].amnesic = true
#endif
    :: else
    fi
}

proctype world() {
    byte j;
end:
    do
    :: d_step { now < T -> now++ }
    :: atomic { restarts < RESTARTS && lastBallot > 0 -> select(j : 0 .. 2);
        { restart(j, false); j = 0 } }
    :: atomic { restarts < RESTARTS && !diskLost && lastBallot > 0 -> select(j : 0 .. 2);
        { restart(j, true); j = 0 } }
    /* Asks the other two, which are a majority, after its silence. */
    :: atomic { diskLost -> select(j : 0 .. 2);
        if
        :: v[j].amnesic && now >= v[j].silent ->
            {
                v[j].amnesic = false;
                v[j].disk = (v[(j + 1) % V].disk > v[(j + 2) % V].disk -> v[(j + 1) % V].disk : v[(j + 2) % V].disk) }
        :: else
        fi; j = 0 }
    :: now >= T -> break
    od
}

init { atomic { run proposer(0); run proposer(1); run world() } }
