/// What few messages have. It lies elsewhere, so that what is sent all the time (questions, answers, news) is small.
indirect enum Cargo: Hashable, Sendable {
    case none
    case some(Load)

    struct Load: Hashable, Sendable {
        var message: UserMessage?
        var keyRequest: KeyRequest?
        var keyReply: KeyReply?
        var voting: VoterMail?
        var tasks: [UInt8] = []
        var clock: UInt64 = 0
        var release = ""
    }

    /// Without one there is an empty one, and an empty one is none.
    var load: Load {
        get { if case .some(let load) = self { load } else { Load() } }
        set { self = newValue == Load() ? .none : .some(newValue) }
    }
}

extension Message {
    /// What one host tells another, in `deliver`; what became of it says `receipt`, in `delivered`.
    package var message: UserMessage? {
        get { cargo.load.message }
        set { cargo.load.message = newValue }
    }

    package var keyRequest: KeyRequest? {
        get { cargo.load.keyRequest }
        set { cargo.load.keyRequest = newValue }
    }

    package var keyReply: KeyReply? {
        get { cargo.load.keyReply }
        set { cargo.load.keyReply = newValue }
    }

    /// In `vote` and `voted`.
    package var voting: VoterMail? {
        get { cargo.load.voting }
        set { cargo.load.voting = newValue }
    }

    /// In `tasks`; the bytes mean something to the room of tasks only.
    package var tasks: [UInt8] {
        get { cargo.load.tasks }
        set { cargo.load.tasks = newValue }
    }

    /// In `answer`: the answerer's wall clock, in microseconds since 1970, for reports to people; 0 says nothing.
    package var clock: UInt64 {
        get { cargo.load.clock }
        set { cargo.load.clock = newValue }
    }

    /// In `answer`: the version of the answerer's library, for reports to people; empty says nothing.
    package var release: String {
        get { cargo.load.release }
        set { cargo.load.release = newValue }
    }
}
