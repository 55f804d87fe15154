import Sealing

/// The keys of the options as the wire wants them.
enum DoctorKeys {
    static func ring(_ keys: [[UInt8]]) -> [Key] { keys.compactMap { Key(bytes: $0) } }
}
