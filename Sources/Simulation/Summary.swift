import Basics
import Lease
import Membership
import Wire

extension Message {
    var summary: String {
        var text = "\(kind)"
        if sequence != 0 { text += " \(sequence)" }
        if let target { text += " of \(target.id)" }
        if finding != .nothing { text += " \(finding)" }
        for record in records.prefix(8) {
            text +=
                " [\(record.identity.id)/\(record.identity.nonce % 1000) \(record.status) \(record.incarnation)"
            if let attributes = record.attributes {
                text += " v\(attributes.version)"
                for seat in attributes.seats { text += " \(seat.state)#\(seat.number)" }
            }
            if !record.accuser.isEmpty { text += " by \(record.accuser)" }
            text += "]"
        }
        if records.count > 8 { text += " +\(records.count - 8)" }
        return text
    }
}

extension RegisterAnswer {
    var summary: String {
        guard case .row(let row) = self else { return "\(self)" }
        guard let row else { return "no row" }
        return "\(row.version), epoch \(row.epoch) of '\(row.holder)'\(row.paused ? ", paused" : "")"
    }
}

extension RequestOutcome {
    var summary: String {
        if case .replied(let message) = self { return "replied: \(message.summary)" }
        return "\(self)"
    }
}
