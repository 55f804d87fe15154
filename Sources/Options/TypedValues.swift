// The step from parsed values to Swift's types. A row of another type than its caller expects is a mistake in
// the table: it is answered as an error all the same, because a trap would end the host.

extension Options {
    func text(_ key: OptionKey) throws(OptionError) -> String? {
        guard let value = try value(key) else { return nil }
        guard case .text(let text) = value else { throw mistyped(key) }
        return text
    }

    func number(_ key: OptionKey) throws(OptionError) -> Int64 {
        guard case .number(let number) = try value(key) else { throw mistyped(key) }
        return number
    }

    /// A number whose 0 means "none".
    func positive(_ key: OptionKey) throws(OptionError) -> Int? {
        let number = try number(key)
        return number > 0 ? Int(clamping: number) : nil
    }

    func boolean(_ key: OptionKey) throws(OptionError) -> Bool {
        guard case .boolean(let boolean) = try value(key) else { throw mistyped(key) }
        return boolean
    }

    func address(_ key: OptionKey) throws(OptionError) -> HostAddress {
        guard case .address(let address) = try value(key) else { throw mistyped(key) }
        return address
    }

    func endpoint(_ key: OptionKey) throws(OptionError) -> Endpoint? {
        guard let value = try value(key) else { return nil }
        guard case .endpoint(let endpoint) = value else { throw mistyped(key) }
        return endpoint
    }

    func seeds(_ key: OptionKey) throws(OptionError) -> [Seed] {
        guard let value = try value(key) else { return [] }
        guard case .seeds(let seeds) = value else { throw mistyped(key) }
        return seeds
    }

    func voters(_ key: OptionKey) throws(OptionError) -> [[String]] {
        guard let value = try value(key) else { return [] }
        guard case .voters(let lists) = value else { throw mistyped(key) }
        return lists
    }

    func names(_ key: OptionKey) throws(OptionError) -> [String] {
        guard let value = try value(key) else { return [] }
        guard case .names(let names) = value else { throw mistyped(key) }
        return names
    }

    private func mistyped(_ key: OptionKey) -> OptionError {
        OptionError(.badValue, "option \(quoted(key.rawValue)) has no usable value")
    }
}
