import Basics
import Testing

@testable import Node

@Suite("The text of the list of members")
struct MemberTextsTests {
    static func member(_ id: String, incarnation: UInt64 = 0) -> MemberInfo {
        MemberInfo(
            id: id, name: id, generation: 1, nonce: 7, incarnation: incarnation, host: "10.0.0.1", port: 7400,
            state: .alive,
            isSelf: false, sinceEpochMs: 0, since: Instant(nanoseconds: 0), accuser: "", evidence: "",
            tags: [], seats: [])
    }

    @Test("who comes, goes or changes is told of, whatever was kept")
    func changes() {
        let lists: [[(String, UInt64)]] = [
            [("b", 0), ("d", 0)], [("b", 0), ("d", 0)], [("a", 0), ("b", 1), ("c", 0), ("d", 0), ("e", 0)],
            [("c", 0), ("e", 2)],
            [], [("e", 2)], [("a", 0)], [("a", 0), ("a", 1), ("b", 0)], [("b", 0)],
        ]
        var texts = MemberTexts()
        for list in lists {
            let members = list.map { Self.member($0.0, incarnation: $0.1) }
            #expect(texts.list(members) == "[" + members.map(\.json.text).joined(separator: ",") + "]")
        }
    }
}
