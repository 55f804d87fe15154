import Glibc

@testable import Node

/// What a client of the control socket sends: lines. Each is answered at most once, in one line of JSON, and the last one
/// that was not ended by nothing, or by why it is too long.
func fuzzControl(_ input: [UInt8]) {
    let answers = Citizen.said(input, by: knock) { answer in
        // Who follows is told for ever.
        let last = answer.split(separator: 0x0a).last.map { String(decoding: $0, as: UTF8.self) } ?? ""
        return !last.hasPrefix("{\"events\"") && !last.hasPrefix("{\"messages\"")
    }
    let lines = answers.split(separator: 0x0a, omittingEmptySubsequences: false)
    let isFollowing = lines.contains {
        $0.starts(with: #"{"events""#.utf8) || $0.starts(with: #"{"messages""#.utf8)
    }
    let asked = input.count { $0 == 0x0a }
    require(isFollowing || lines.count - 1 <= asked + 1, "\(lines.count - 1) answers to \(asked) requests")
    // What comes after the last end is a part of what was on its way.
    for line in lines.dropLast() {
        let text = String(validating: line, as: UTF8.self)
        require(text.flatMap(Json.parse) != nil, "no JSON: \(text ?? "\(line)")")
    }
}

private func knock(_ citizen: Citizen) -> Int32? {
    guard var address = SocketPath(Citizen.controlPath) else { return nil }
    let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard address.use({ connect(client, $0, $1) }) == 0 else {
        close(client)
        return nil
    }
    return client
}
