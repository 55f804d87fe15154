/// The text of a list, with each member's text kept until the member changes: json-c takes microseconds a
/// member, and most members of a large cluster are the same from one question to the next.
struct MemberTexts {
    /// The last list, and the text of each of its members.
    private var members: [MemberInfo] = []
    private var texts: [String] = []
    /// Of the last list, in bytes.
    private var length = 0

    /// `members` is sorted by id.
    mutating func list(_ members: [MemberInfo]) -> String {
        keep(members)
        var list = "["
        list.reserveCapacity(length + length / 8)
        for place in texts.indices {
            if place > 0 { list += "," }
            list += texts[place]
        }
        list += "]"
        length = list.utf8.count
        return list
    }

    private mutating func keep(_ members: [MemberInfo]) {
        var former = 0
        texts = members.map { member in
            while former < self.members.count, self.members[former].id < member.id { former += 1 }
            guard former < self.members.count, self.members[former] == member else { return member.json.text }
            return texts[former]
        }
        self.members = members
    }
}
