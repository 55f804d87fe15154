/// The text of a list, with each member's text kept until the member changes: json-c takes microseconds a
/// member, and most members of a large cluster are the same from one question to the next.
struct MemberTexts {
    private var kept: [Entry] = []
    /// Of the last list, in bytes.
    private var length = 0

    private struct Entry {
        var info: MemberInfo
        var text: String

        init(_ info: MemberInfo) {
            self.info = info
            text = info.json.text
        }
    }

    /// `members` is sorted by id.
    mutating func list(_ members: [MemberInfo]) -> String {
        if !kept.elementsEqual(members, by: { $0.info.id == $1.id }) { meet(members) }
        var list = "["
        list.reserveCapacity(length + length / 8)
        for (place, member) in members.enumerated() {
            if kept[place].info != member { kept[place] = Entry(member) }
            if place > 0 { list += "," }
            list += kept[place].text
        }
        list += "]"
        length = list.utf8.count
        return list
    }

    /// Somebody has come or gone.
    private mutating func meet(_ members: [MemberInfo]) {
        var former = kept.makeIterator()
        var next = former.next()
        kept = members.map { member in
            while let entry = next, entry.info.id < member.id { next = former.next() }
            if let entry = next, entry.info.id == member.id { return entry }
            return Entry(member)
        }
    }
}
