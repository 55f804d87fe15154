import CGuest
import NIOConcurrencyHelpers
import Node

// What C holds instead of a pointer: the number of a place in one table, with the generation of
// that place and the kind of thing in it. The bits form no valid address on the machines we know, so
// that no real pointer is ever taken for a handle and none of ours can be followed by accident.

/// The kinds of handles, as the highest byte of their number.
enum HandleKind: UInt8, Sendable {
    case members = 0x4D
    case node = 0x4E
    case options = 0x4F
    case seat = 0x53
    case task = 0x54
}

/// Something that C may hold.
protocol Handled: AnyObject, Sendable {
    static var kind: HandleKind { get }
    /// The C name of its handle, for people.
    static var handleName: String { get }
}

extension Node: Handled {
    static var kind: HandleKind { .node }
    static var handleName: String { "cluster_t" }
}

extension Seat: Handled {
    static var kind: HandleKind { .seat }
    static var handleName: String { "failover_t" }
}

/// The table. It owns what is in it; whoever looks something up holds it too, so that freeing a
/// handle never pulls an object from under a call in another thread.
struct HandleTable {
    private struct Place {
        /// The handle that is valid now; 0 while the place is empty.
        var handle: UInt64 = 0
        var generation: UInt32 = 0
        var occupant: (any Handled)?
    }

    private static let indexBits: UInt64 = 24

    private var places: [Place] = []
    private var empty: [Int] = []

    /// The new handle; nil when all 16 million places are taken.
    mutating func insert<Object: Handled>(_ object: Object) -> UInt64? {
        let index: Int
        if let reused = empty.popLast() {
            index = reused
        } else {
            index = places.count
            guard index < 1 << Self.indexBits else { return nil }
            places.append(Place())
        }
        places[index].generation += 1
        let handle =
            UInt64(Object.kind.rawValue) << 56 | UInt64(places[index].generation) << Self.indexBits
            | UInt64(index)
        places[index].handle = handle
        places[index].occupant = object
        return handle
    }

    /// What the handle stands for; nil when it is stale or was never given out.
    func occupant(of handle: UInt64) -> (any Handled)? {
        let index = Int(handle & (1 << Self.indexBits - 1))
        guard handle != 0, index < places.count, places[index].handle == handle else { return nil }
        return places[index].occupant
    }

    /// Takes it out and returns it, for the caller to let go of outside the lock.
    mutating func remove(_ handle: UInt64) -> (any Handled)? {
        let index = Int(handle & (1 << Self.indexBits - 1))
        guard let occupant = occupant(of: handle) else { return nil }
        places[index].occupant = nil
        places[index].handle = 0
        // A place whose generations are used up stays empty for good: no handle ever comes twice.
        if places[index].generation < UInt32.max { empty.append(index) }
        return occupant
    }
}

/// The handles of this process.
let handles = Handles()

/// The table under its lock. Nothing foreign runs under the lock, and nothing is freed there.
struct Handles: Sendable {
    private let table = NIOLockedValueBox(HandleTable())

    /// Gives the object a handle.
    func insert(_ object: some Handled) throws(Failure) -> OpaquePointer {
        let handle = table.withLockedValue { $0.insert(object) }
        guard let handle, let pointer = OpaquePointer(bitPattern: UInt(handle)) else {
            throw Failure(.outOfMemory, "too many handles are open")
        }
        return pointer
    }

    /// What the handle stands for.
    func find<Object: Handled>(_ pointer: OpaquePointer?, _ type: Object.Type) throws(Failure) -> Object {
        let handle = UInt64(UInt(bitPattern: pointer))
        let occupant = table.withLockedValue { $0.occupant(of: handle) }
        if let object = occupant as? Object { return object }
        throw Failure(.handle, "\(pointer == nil ? "NULL" : "this") is no valid \(type.handleName)")
    }

    /// Makes the handle invalid. The second of two threads that race for it finds nothing to do.
    func remove(_ pointer: OpaquePointer?) {
        let handle = UInt64(UInt(bitPattern: pointer))
        let occupant = table.withLockedValue { $0.remove(handle) }
        withExtendedLifetime(occupant) {}
    }
}
