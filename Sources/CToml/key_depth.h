// Dotted keys, counted before they are parsed.
//
// `a.a.a.a...` makes one table inside the other for every dot. toml++ limits the nesting of values but not
// of keys, and it frees a tree by recursion: one line of a megabyte would overflow the stack. This reader
// knows just enough TOML (strings and comments) to count the dots of a key, and errs on the side of
// refusing. Behind the first error of a document it may be wrong about what is a string; the parser stops
// there too.
#ifndef MUSTER_KEY_DEPTH_H
#define MUSTER_KEY_DEPTH_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster {

constexpr size_t most_dots = 8;

// The position behind the string that starts at `at`, where `bytes[at]` is a quotation mark.
inline size_t end_of_string(std::string_view bytes, size_t at) {
    const char quote = bytes[at];
    const bool escapes = quote == '"';
    const auto three_at = [&](size_t i) {
        return i + 2 < bytes.size() && bytes[i] == quote && bytes[i + 1] == quote && bytes[i + 2] == quote;
    };
    const bool multiline = three_at(at);
    size_t i = at + (multiline ? 3 : 1);
    while (i < bytes.size()) {
        if (escapes && bytes[i] == '\\') {
            i += 2;
        } else if (multiline && three_at(i)) {
            i += 3;
            // Up to two quotation marks may stand directly before the closing three.
            for (int extra = 0; extra < 2 && i < bytes.size() && bytes[i] == quote; ++extra) ++i;
            return i;
        } else if (!multiline && (bytes[i] == quote || bytes[i] == '\n')) {
            return bytes[i] == quote ? i + 1 : i;
        } else {
            ++i;
        }
    }
    return bytes.size();
}

// The line, from 1, of the first key with more than `most_dots` dots; 0 where there is none.
inline uint32_t line_of_too_deep_key(std::string_view bytes) {
    uint32_t line = 1;
    size_t dots = 0;
    size_t i = 0;
    while (i < bytes.size()) {
        const char c = bytes[i];
        if (c == '"' || c == '\'') {
            const size_t end = end_of_string(bytes, i);
            for (; i < end; ++i) line += bytes[i] == '\n';
            continue;
        }
        if (c == '#') {
            while (i < bytes.size() && bytes[i] != '\n') ++i;
            continue;
        }
        if (c == '.') {
            if (++dots > most_dots) return line;
        } else if (c == '\n' || c == '=' || c == ',' || c == '[' || c == ']' || c == '{' || c == '}') {
            dots = 0;
        }
        line += c == '\n';
        ++i;
    }
    return 0;
}

}  // namespace muster
#endif
