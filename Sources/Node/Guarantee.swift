import Basics

// What is promised of a role, for hosts and people to read. `docs/guarantees.md` has the whole.
extension Runtime {
    func guaranteesText() -> String {
        let list = Json.array()
        for role in engine.failover.roles { list.append(guarantee(of: role)) }
        return list.text
    }

    func guarantee(of role: String) -> Json {
        let promise = settings.lease == nil ? promiseOfMembers : promiseOfLease
        let json = Json.object()
            .set("role", .text(role))
            .set("authority", .text(settings.failoverAuthority.rawValue))
            .set("exclusive", .flag(settings.lease != nil))
            .set("promised", .texts(promise.promised))
            .set("not_promised", .texts(promise.excluded))
            .set(
                "quorum", settings.failoverQuorum > 0 ? .number(Int64(settings.failoverQuorum)) : .null
            )
            .set("on_lost", .text(settings.failoverOnLost.rawValue))
            .set("paused", .flag(engine.failover.isPaused(role)))
            .set("grace_ms", .number(settings.failoverGraceNanoseconds / 1_000_000))
            .set("unresponsive_after_ms", .number(settings.failoverUnresponsiveAfterNanoseconds / 1_000_000))
            .set("demote_timeout_ms", .number(settings.failoverDemoteTimeoutNanoseconds / 1_000_000))
            .set("promote_timeout_ms", .number(settings.failoverPromoteTimeoutNanoseconds / 1_000_000))
        json.set("lease_ms", settings.lease.map { .number($0.hold.milliseconds) } ?? .null)
        json.set("trust_ms", settings.lease.map { .number($0.trust.milliseconds) } ?? .null)
        json.set("renew_ms", settings.lease.map { .number($0.renew.milliseconds) } ?? .null)
        json.set("guardian", .flag(settings.failoverGuardian))
        return json
    }

    private struct Promise {
        var promised: [String]
        var excluded: [String]
    }

    private static let always = [
        "the former's demote callback returns, or demote_timeout_ms passes, before the next begins at a hand-over",
        "never a yes from before a freeze: the answer is compared with the clock at the call",
    ]

    private var promiseOfMembers: Promise {
        let quorum = settings.failoverQuorum
        var promise = Promise(
            promised: [
                "a primary wherever a ready candidate is alive, while the role is not paused"
            ] + Runtime.always + [
                "two primaries that meet settle at the first message, the higher token stays",
                "tokens grow along every chain of primaries that heard of each other",
            ],
            excluded: [
                "that there is one primary only: two sides of a partition have one each until they meet",
                "that tokens of two sides of a partition are ordered",
            ])
        if quorum > 0 {
            promise.promised.append("a side that sees fewer than \(quorum) present members has no primary")
            promise.excluded[0] =
                "that there is one primary only: two may overlap until a side that was cut off has noticed it"
        }
        return promise
    }

    private var promiseOfLease: Promise {
        let isStore = settings.voterList == nil
        let majority = settings.voterList.map { "\($0.majority) of the \($0.voters.count) voters" } ?? ""
        let register = isStore ? "the store" : majority
        var promise = Promise(
            promised: [
                "never two at once that may believe to be primary, whatever the network and the processes do, while "
                    + "clocks run within 1 % of true and "
                    + (isStore
                        ? "the store keeps what it has acknowledged"
                        : "less than half of the voters lose their state_dir"),
                "tokens grow with every change of the primary, as long as "
                    + (isStore
                        ? "the store, a live member or a state_dir remembers the last one"
                        : "a majority of the voters' state_dirs remembers the last one"),
                "a primary that cannot reach \(register) is primary no more after trust_ms",
                "a primary within lease_ms and a few steps where a ready candidate reaches \(register), while the role is "
                    + "not paused",
            ]
                + (isStore
                    ? [
                        "a store that has lost the lease is noticed as long as a live member, or a state_dir, remembers"
                    ] : [])
                + Runtime.always,
            excluded: [
                "that what a host began before it was demoted has ended: fence it by the token, or see on_lost",
                "a primary while \(register) cannot be reached",
            ])
        if settings.failoverGuardian {
            promise.promised.append(
                "a primary whose process has died, or stood still for unresponsive_after_ms, is replaced without waiting "
                    + "for lease_ms, where its guardian lives and reaches "
                    + (isStore ? "the store" : "a voter that reaches \(register)")
                    + "; one that stood still is ended first"
            )
        }
        return promise
    }
}
