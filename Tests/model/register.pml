/* The voters as one register, as Sources/Lease/VoterRegister.swift reads, repairs and writes it, without leases and
 * their times: three voters, two that write once each over the same row, and two that write again what they find. A
 * question is answered by any two voters; a proposal arrives at each voter at any time, or never. Somebody looks all the
 * time: what two voters show is found.
 *
 * What must never happen: one row is found to be chosen, and another one of the same version is, too.
 */
#define V 3
#define MAJORITY 2

/* Rows: 0 is what stands at the start, 1 and 2 are what the writers want in its place. */
byte lastBallot, repairs, chosen;

typedef Voter { byte promised; byte ballot; byte row }
Voter v[V];

#define found(x) assert(x == 0 || chosen == 0 || chosen == x); chosen = (x != 0 -> x : chosen)

#ifdef BREAK_STAMPS
#define agree(a, b) (v[a].row == v[b].row)
#else
#define agree(a, b) (v[a].row == v[b].row && v[a].ballot == v[b].ballot)
#endif

#define look(a, b) if :: agree(a, b) -> found(v[a].row) :: else fi

inline promise(j) {
    v[j].promised = ballot;
    if
    :: v[j].ballot > seenBallot -> seenBallot = v[j].ballot; seenRow = v[j].row
    :: else
    fi
}

/* Two voters promise to accept nothing older, and show what they have accepted: the newest counts. */
inline prepare() {
    lastBallot++; ballot = lastBallot;
    if
    :: promise(0); promise(1)
    :: promise(0); promise(2)
    :: promise(1); promise(2)
    fi;
    seenBallot = 0
}

inline accept(j, r) {
    if
    :: true
#ifdef BREAK_BALLOTS
    :: !(asked & (1 << j)) ->
#else
    :: !(asked & (1 << j)) && ballot >= v[j].promised ->
#endif
        v[j].promised = (ballot > v[j].promised -> ballot : v[j].promised);
        v[j].ballot = ballot; v[j].row = r;
        asked = asked | (1 << j); count++;
        look(0, 1); look(0, 2); look(1, 2)
    fi
}

/* At any of the voters at once, at any of the others later. */
inline propose(r) {
    atomic { accept(0, r); accept(1, r); accept(2, r) };
    atomic {
        accept(0, r); accept(1, r); accept(2, r);
        if
        :: count >= MAJORITY -> found(r)
        :: else
        fi;
        ballot = 0; count = 0; asked = 0
    }
}

/* Who is like another comes after it, and the first asks the first two voters: the rest is the same by other names. */
proctype writer(byte mine) {
    byte ballot, count, asked, seenBallot, seenRow;
    if
    :: mine == 1 -> atomic { lastBallot++; ballot = lastBallot; promise(0); promise(1); seenBallot = 0 }
    :: else -> atomic { lastBallot > 0 -> prepare() }
    fi;
#ifndef BREAK_COMPARE
    if
    :: seenRow != 0 -> goto end
    :: else
    fi;
#endif
    propose(mine);
end:
    skip
}

proctype repairer(byte number) {
    byte ballot, count, asked, seenBallot, seenRow;
    atomic { lastBallot > 0 && repairs == number -> repairs++; prepare() };
    propose(seenRow)
}

init { atomic { run writer(1); run writer(2); run repairer(0); run repairer(1) } }
