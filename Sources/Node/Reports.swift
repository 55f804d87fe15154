/// The members and events as JSON text. `docs/json.md` names the fields.
extension MemberInfo {
    var json: Json {
        let json = Json.object()
            .set("id", .text(id))
            .set("name", .text(name))
            .set("state", .text(state.word))
            .set("address", .text(host))
            .set("port", .number(Int64(port)))
            .set("generation", .number(generation))
            .set("instance", .text(String(nonce, radix: 16)))
            .set("incarnation", .number(incarnation))
            .set("self", .flag(isSelf))
            .set("since", .number(sinceEpochMs))
        if let company {
            json.set("isolated", .flag(company.isIsolated))
            json.set("minority", .flag(company.isMinority))
        }
        if !evidence.isEmpty {
            json.set("evidence", .text(evidence))
            json.set("accuser", .text(accuser))
        }
        if let heardEpochMs {
            json.set("confirmed_by", .texts(confirmers))
            json.set("last_heard", .number(heardEpochMs))
        }
        json.set("tags", tagsObject)
        let versions = Json.object()
        for tag in tags { versions.set(tag.key, .number(tag.version)) }
        json.set("tag_versions", versions)
        // The first seat's role and position stand at the top, for the common case of one role.
        json.set("role", seats.first.map { .text($0.isPrimary ? "primary" : "standby") } ?? .null)
        json.set("position", seats.first?.position.map { .number(Int64($0)) } ?? .null)
        let list = Json.array()
        for seat in seats { list.append(seat.json) }
        return json.set("seats", list)
    }

    private var tagsObject: Json {
        let object = Json.object()
        for tag in tags { object.set(tag.key, .text(tag.value)) }
        return object
    }

    /// The tags as an object of strings.
    package var tagsJson: String { tagsObject.text }
}

extension SeatInfo {
    var json: Json {
        Json.object()
            .set("role", .text(role))
            .set("state", .text(isPrimary ? "primary" : "standby"))
            .set("position", position.map { .number(Int64($0)) } ?? .null)
            .set("configured_position", configuredPosition.map { .number(Int64($0)) } ?? .null)
            .set("ready", .flag(isReady))
            .set("paused", .flag(isPaused))
            .set("token", token.map { .number($0) } ?? .null)
    }
}

extension NodeEvent {
    package var jsonText: String {
        let json = Json.object()
            .set("number", .number(number))
            .set("time", .number(epochMs))
            .set("event", .text(kind.word))
            .set("member", .text(member))
            .set("role", .text(role))
            .set("value", .number(value))
            .set("detail", .text(detail))
        if let news { json.set("news", .text(news)) }
        if let grounds {
            json.set("evidence", .text(grounds.evidence.words))
                .set("accuser", .text(grounds.accuser))
                .set("confirmed_by", .texts(grounds.confirmers))
                .set("silent_ms", grounds.silentMs.map { .number($0) } ?? .null)
        }
        return json.text
    }
}
