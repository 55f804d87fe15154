// MARK: - Results, kinds and states
//
// Numbers are never changed or used again. New ones may come, so treat a kind or state that you do
// not know as nothing to do, and any unknown negative result as a failure.

// swift-format-ignore-file: AlwaysUseLowerCamelCase, TypeNamesShouldBeCapitalized
// The names in this file are the C names.

/// What a function that can fail returns. 0 when it did what was asked, positive when there is
/// nothing to return now, negative when it failed.
@c
public enum cluster_result: Int32, Sendable {
    /// done
    case CLUSTER_OK = 0
    /// nothing to return now; not an error
    case CLUSTER_EMPTY = 1
    /// an argument or option is wrong; the detail names it
    case CLUSTER_E_INVALID = -1
    /// out of memory
    case CLUSTER_E_NOMEM = -2
    /// a call to the system failed; the detail has its text
    case CLUSTER_E_SYSTEM = -3
    /// the time was up first
    case CLUSTER_E_TIMEOUT = -4
    /// the node is closed or has left
    case CLUSTER_E_CLOSED = -5
    /// in use; or not allowed inside a callback of the same node
    case CLUSTER_E_BUSY = -6
    /// larger than a limit; the detail names the limit
    case CLUSTER_E_TOOBIG = -7
    /// this node was refused: its id is in use by a live member
    case CLUSTER_E_DUPLICATE = -8
    /// nobody could take the seat or the task
    case CLUSTER_E_NO_CANDIDATE = -9
    /// this node is not the primary
    case CLUSTER_E_NOT_PRIMARY = -10
    /// not in this release or not with these options
    case CLUSTER_E_UNSUPPORTED = -11
    /// called in a process forked after the library was in use
    case CLUSTER_E_FORKED = -12
    /// NULL, or freed, of another kind or never given out
    case CLUSTER_E_HANDLE = -13
    /// nobody of that id can be reached; nothing was sent
    case CLUSTER_E_NO_MEMBER = -14
    /// the host of that member takes no messages
    case CLUSTER_E_UNWANTED = -15
    /// too much is waiting, here or there; try again
    case CLUSTER_E_FULL = -16
    /// not all present members have done it; the detail names them
    case CLUSTER_E_PARTIAL = -17
}

/// What a cluster_event_t is about. Ignore kinds that you do not know. The value of the MEMBER kinds and of
/// _DUPLICATE is the generation. That of _AUTHORITY is 0: it answers again, 1: it does not answer as it
/// should, 2: the store has lost the lease of the role, 3: that member's seat is under another authority,
/// 4: the guardian has ended or does not reach the store, 5: that node renews the lease of the role, and is
/// no member that this node sees.
@c
public enum cluster_event_kind: UInt32, Sendable {
    /// a member is new here or came back
    case CLUSTER_EVENT_MEMBER_JOINED = 1
    /// a member's name, address, tags or seats changed
    case CLUSTER_EVENT_MEMBER_CHANGED = 2
    /// a member is silent, not yet judged
    case CLUSTER_EVENT_MEMBER_SUSPECT = 3
    /// the kernel answers, the process does not
    case CLUSTER_EVENT_MEMBER_UNRESPONSIVE = 4
    /// suspect or unresponsive no longer
    case CLUSTER_EVENT_MEMBER_RECOVERED = 5
    /// a member said goodbye
    case CLUSTER_EVENT_MEMBER_LEFT = 6
    /// a member is gone without goodbye
    case CLUSTER_EVENT_MEMBER_DEAD = 7
    /// this node's seat is primary; value: its token
    case CLUSTER_EVENT_PROMOTED = 16
    /// it is primary no longer; value: its token
    case CLUSTER_EVENT_DEMOTED = 17
    /// of a role, or its token; "": nobody; value: token
    case CLUSTER_EVENT_PRIMARY_CHANGED = 18
    /// this node's seat moved; value: its position
    case CLUSTER_EVENT_POSITION_CHANGED = 19
    /// nobody is promoted by itself; value: 1 or 0
    case CLUSTER_EVENT_ROLE_PAUSED = 20
    /// a demote callback is late; value: its token
    case CLUSTER_EVENT_DEMOTE_LATE = 21
    /// trouble with what decides; value: see below
    case CLUSTER_EVENT_AUTHORITY = 22
    /// a second instance of this node's id was seen
    case CLUSTER_EVENT_DUPLICATE = 32
    /// this node has left
    case CLUSTER_EVENT_LEFT = 33
    /// nobody else is alive here; value: 1, 0 when over
    case CLUSTER_EVENT_ISOLATED = 34
    /// half of expected_size or fewer are; value: 1 or 0
    case CLUSTER_EVENT_MINORITY = 35
    /// events were dropped; value: how many
    case CLUSTER_EVENT_LOST = 48
    /// of the task in `role`; value: cluster_task_news
    case CLUSTER_EVENT_TASK = 64
}

/// What a CLUSTER_EVENT_TASK tells of a task, as its value; its role is the name of the task, its detail
/// the reason. The first four, _STUCK, and what concerns runs are told on the node that has the task;
/// _DIFFERS, _WAITING and _OVERLAP on the node that coordinates, _WAITING also on a node whose callbacks
/// leave no thread for the task, or do not return for long. Ignore numbers that you do not know.
@c
public enum cluster_task_news: UInt32, Sendable {
    /// it runs on this node
    case CLUSTER_TASK_STARTED = 1
    /// it runs here no more
    case CLUSTER_TASK_STOPPED = 2
    /// it could not begin or go on; another node tries
    case CLUSTER_TASK_FAILED = 3
    /// nothing is left to do, ever
    case CLUSTER_TASK_COMPLETED = 4
    /// dead letter: every attempt of a run has failed
    case CLUSTER_TASK_DEAD = 5
    /// the node of a run is gone, and it is not tried again
    case CLUSTER_TASK_LOST = 6
    /// a run was not begun: another has it, or nobody is sure
    case CLUSTER_TASK_VETOED = 7
    /// moments passed while nobody could run them
    case CLUSTER_TASK_SKIPPED = 8
    /// two nodes offer it otherwise; the later offer counts
    case CLUSTER_TASK_DIFFERS = 9
    /// nobody can have it just now
    case CLUSTER_TASK_WAITING = 10
    /// two nodes ran it at once
    case CLUSTER_TASK_OVERLAP = 11
    /// the host did not stop in time; it goes on elsewhere
    case CLUSTER_TASK_STUCK = 12
}

/// How a member is. Lists hold members in the first three states only; the others appear in
/// events and in JSON.
@c
public enum cluster_member_state: UInt32, Sendable {
    /// answers
    case CLUSTER_MEMBER_ALIVE = 1
    /// silent, not yet judged
    case CLUSTER_MEMBER_SUSPECT = 2
    /// the kernel answers, the process does not
    case CLUSTER_MEMBER_UNRESPONSIVE = 3
    /// said goodbye
    case CLUSTER_MEMBER_LEFT = 4
    /// gone without goodbye
    case CLUSTER_MEMBER_DEAD = 5
}

/// How much a line of the log matters, the gravest first.
@c
public enum cluster_log_level: Int32, Sendable {
    /// something does not work
    case CLUSTER_LOG_ERROR = 1
    /// something works, but not as it should
    case CLUSTER_LOG_WARNING = 2
    /// what an operator wants to read
    case CLUSTER_LOG_INFO = 3
    /// what a developer of the host wants to read
    case CLUSTER_LOG_DEBUG = 4
    /// and the state of every role, each 5 s
    case CLUSTER_LOG_TRACE = 5
}
