import Testing

@testable import Schedule

@Suite("The text of a cron expression")
struct CronTextTests {
    @Test(
        "an error points at the field, quotes what is wrong and says what is allowed",
        arguments: [
            ("61 * * * *", "minute '61': 0-59 is allowed"),
            ("60 * * * * ?", "second '60': 0-59 is allowed"),
            ("0 24 * * *", "hour '24': 0-23 is allowed"),
            ("0 0 0 * *", "day of month '0': 1-31 is allowed"),
            ("0 0 1,32 * *", "day of month '32': 1-31 is allowed"),
            ("0 0 * 13 *", "month '13': 1-12 or JAN-DEC is allowed"),
            ("0 0 * JUNE *", "month 'JUNE': 1-12 or JAN-DEC is allowed"),
            ("0 0 * * 8", "day of week '8': 0-7 (0 and 7 are Sunday) or SUN-SAT is allowed"),
            ("0 0 0 ? * 0", "day of week '0': 1-7 (1 is Sunday) or SUN-SAT is allowed"),
            ("0 0 0 1 1 ? 1969", "year '1969': 1970-2199 is allowed"),
            ("0 0 0 1 1 ? 2200", "year '2200': 1970-2199 is allowed"),
            ("0 0 0 1 1 ? 2030-2020", "year '2030-2020': the range runs backwards"),
            ("*/0 * * * *", "minute '*/0': a step of 1-59 is allowed"),
            ("*/60 * * * *", "minute '*/60': a step of 1-59 is allowed"),
            ("0 */24 * * *", "hour '*/24': a step of 1-23 is allowed"),
            ("5/15 * * * *", "minute '5/15': a step needs a range or *: '5-59/15'?"),
            ("30-10 * * * *", "minute '30-10': the range runs backwards"),
            ("0 0 * * FRI-MON", "day of week 'FRI-MON': the range runs backwards"),
            ("1,,2 * * * *", "minute '1,,2': an item of the list is empty"),
            ("1, * * * *", "minute '1,': an item of the list is empty"),
            ("1- * * * *", "minute '1-': 0-59 is allowed"),
            ("-1 * * * *", "minute '-1': 0-59 is allowed"),
            ("+1 * * * *", "minute '+1': 0-59 is allowed"),
            ("1-2-3 * * * *", "minute '1-2-3': 0-59 is allowed"),
            ("*/2/3 * * * *", "minute '*/2/3': a step of 1-59 is allowed"),
            ("99999999999999999999 * * * *", "minute '99999999999999999999': 0-59 is allowed"),
            ("? * * * *", "minute '?': ? is for the day of month and the day of week"),
            ("L * * * *", "minute 'L': 0-59 is allowed"),
            ("0 0 0 ?,1 * *", "day of month '?': ? stands alone"),
            ("0 0 0 W * ?", "day of month 'W': 1-31 is allowed"),
            ("0 0 0 32W * ?", "day of month '32W': 1-31 is allowed"),
            ("0 0 0 L-31 * ?", "day of month 'L-31': L, LW and L-0 to L-30 are allowed"),
            ("0 0 0 L3 * ?", "day of month 'L3': L, LW and L-0 to L-30 are allowed"),
            ("0 0 0 ? * 6#6", "day of week '6#6': #1 to #5 is allowed"),
            ("0 0 0 ? * 6#", "day of week '6#': #1 to #5 is allowed"),
            ("0 0 0 ? * 8#1", "day of week '8#1': 1-7 (1 is Sunday) or SUN-SAT is allowed"),
            ("0 0 0 ? * 9L", "day of week '9L': 1-7 (1 is Sunday) or SUN-SAT is allowed"),
            ("0 0 0 ? * ?", "day of week '?': only one of the two day fields may be ?"),
            (
                "0 0 0 1 * MON",
                "day of week 'MON': with a day of month ('1') given as well, one of the two must be ? or *"
            ),
            (
                "* * * *",
                "cron '* * * *': 4 fields; 5 (minute first), 6 (second first) or 7 (year last) are needed"
            ),
            (
                "* * * * * ? * *",
                "cron '* * * * * ? * *': 8 fields; 5 (minute first), 6 (second first) or 7 (year last) are needed"
            ),
            ("", "cron '': 0 fields; 5 (minute first), 6 (second first) or 7 (year last) are needed"),
            (
                "@reboot",
                "cron '@reboot': of the @ names, @yearly @annually @monthly @weekly @daily @midnight @hourly are allowed"
            ),
            ("\u{1b}[2J * * * *", "minute '?[2J': 0-59 is allowed"),
            ("१ * * * *", "minute '१': 0-59 is allowed"),
            // Their capitals are S and I.
            ("0 0 * * \u{17f}UN", "day of week '\u{17f}UN': 0-7 (0 and 7 are Sunday) or SUN-SAT is allowed"),
            ("0 0 * * FR\u{131}", "day of week 'FR\u{131}': 0-7 (0 and 7 are Sunday) or SUN-SAT is allowed"),
        ])
    func errors(text: String, expected: String) {
        #expect(complaint { try CronExpression(text) } == expected)
    }

    @Test("a long text is shortened in its error")
    func long() {
        let text = String(repeating: "9", count: 200) + " * * * *"
        #expect(complaint { try CronExpression(text) }.utf8.count < 120)
        let longer = String(repeating: "1,", count: 200) + "1 * * * *"
        #expect(complaint { try CronExpression(longer) }.hasSuffix("longer than 256 bytes"))
    }

    @Test("printed back with single spaces and in capitals, and read again")
    func printed() throws {
        for (text, expected) in [
            ("  0\t0   * jan-mar mon ", "0 0 * JAN-MAR MON"), ("@Daily", "@daily"),
            ("0 0 12 lw * ? 2030", "0 0 12 LW * ? 2030"),
        ] {
            let expression = try CronExpression(text)
            #expect(expression.description == expected)
            #expect(try CronExpression(expression.description) == expression)
        }
    }

    @Test("an hour is a wildcard by what it means")
    func wildcards() throws {
        for hour in ["*", "*/2", "0-23", "0-11,12-23", "1,*/6"] {
            #expect(try CronExpression("0 \(hour) * * *").isWild)
        }
        for hour in ["2", "1-5", "0,12", "0-22/2"] { #expect(try !CronExpression("* \(hour) * * *").isWild) }
        #expect(try CronExpression("0 0 0/2 * * ?").isWild)
        #expect(try CronExpression("0 0 /2 * * ?").isWild)
    }
}
