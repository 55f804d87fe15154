// What is promised of a role, for hosts and people to read. `docs/guarantees.md` has the whole.
extension Runtime {
    func guaranteeText(_ role: String) -> String {
        let quorum = settings.failoverQuorum
        var promised = [
            "a primary wherever a ready candidate is alive, while the role is not paused",
            "the former's demote callback returns, or demote_timeout_ms passes, before the next begins at a hand-over",
            "never a yes from before a freeze: the answer is compared with the clock at the call",
            "two primaries that meet settle at the first message, the higher token stays",
            "tokens grow along every chain of primaries that heard of each other",
        ]
        var excluded = [
            "that there is one primary only: two sides of a partition have one each until they meet",
            "that tokens of two sides of a partition are ordered",
        ]
        if quorum > 0 {
            promised.append("a side that sees fewer than \(quorum) present members has no primary")
            excluded[0] =
                "that there is one primary only: two may overlap until a side that was cut off has noticed it"
        }
        return Json.object()
            .set("role", .text(role))
            .set("authority", .text(settings.failoverAuthority.rawValue))
            .set("exclusive", .flag(false))
            .set("promised", .texts(promised))
            .set("not_promised", .texts(excluded))
            .set("quorum", quorum > 0 ? .number(Int64(quorum)) : .null)
            .set("on_lost", .text(settings.failoverOnLost.rawValue))
            .set("paused", .flag(engine.failover.isPaused(role)))
            .set("grace_ms", .number(settings.failoverGraceNanoseconds / 1_000_000))
            .set("unresponsive_after_ms", .number(settings.failoverUnresponsiveAfterNanoseconds / 1_000_000))
            .set("demote_timeout_ms", .number(settings.failoverDemoteTimeoutNanoseconds / 1_000_000))
            .set("promote_timeout_ms", .number(settings.failoverPromoteTimeoutNanoseconds / 1_000_000))
            .text
    }
}
