import Testing

@testable import Schedule

@Suite("The calendar")
struct CivilDateTests {
    @Test("every day of it, counted one by one from Thursday, 1 January 1970")
    func everyDay() {
        var (year, month, day, weekday) = (1970, 1, 1, 4)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var wrong = 0
        for number in 0..<CivilDate.end / 86_400 {
            let date = CivilDate(year: year, month: month, day: day)
            if CivilDate(daysSince1970: number) != date || date.daysSince1970 != number
                || CivilDate.weekday(ofDay: number) != weekday
            {
                wrong += 1
            }
            weekday = weekday == 6 ? 0 : weekday + 1
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect(wrong == 0)
        #expect(year == 2400 && month == 1 && day == 1)
    }

    @Test("days before 1970")
    func before() {
        #expect(CivilDate(daysSince1970: -1) == CivilDate(year: 1969, month: 12, day: 31))
        #expect(CivilDate.weekday(ofDay: -1) == 3)
    }
}
