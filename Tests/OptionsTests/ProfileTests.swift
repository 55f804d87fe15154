import Testing

@testable import Options

@Suite("Profiles")
struct ProfileTests {
    private func options(_ profile: Profile) throws -> Options {
        var options = Options()
        try options.set("cluster", "c")
        try options.set("profile", profile.rawValue)
        return options
    }

    @Test(arguments: Profile.allCases)
    func `every profile can be joined with, and gives what its table says`(profile: Profile) throws {
        let options = try options(profile)
        _ = try options.settings()
        for (key, text) in profile.defaults {
            #expect(try options.get(key.rawValue) == text)
            #expect(try options.origin(key.rawValue) == .fallback)
            #expect(text != OptionTable.row(key).fallback, "\(key) does not differ from lan")
        }
    }

    @Test func `without a profile it is lan`() throws {
        var options = Options()
        try options.set("cluster", "c")
        #expect(try options.settings() == self.options(.lan).settings())
        #expect(Profile.lan.defaults.isEmpty)
    }

    @Test func `what is given beats the profile, whichever comes first`() throws {
        var options = Options()
        try options.set("cluster", "c")
        try options.set("probe_interval", "3s")
        try options.set("profile", "fast")
        let settings = try options.settings()
        #expect(settings.probeIntervalNanoseconds == 3_000_000_000)
        #expect(settings.failoverUnresponsiveAfterNanoseconds == 300_000_000)
        try options.set("profile", "")
        #expect(try options.settings().failoverUnresponsiveAfterNanoseconds == 1_500_000_000)
    }

    @Test func `a file may name the profile`() throws {
        #expect(try loaded("cluster = \"c\"\nprofile = \"frugal\"").get("probe_interval") == "2s")
    }

    @Test func `an unknown profile is refused with those that exist`() throws {
        var options = Options()
        let error = #expect(throws: OptionError.self) { try options.set("profile", "turbo") }
        for profile in Profile.allCases { #expect(error?.message.contains(profile.rawValue) == true) }
    }
}
