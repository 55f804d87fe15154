// MARK: - Options
//
// A configuration is built from keys and text values, such as "port" and "7878". Durations take a
// unit ("500ms", "1.5s", "2m", "1h"; a bare number is milliseconds), switches take true or false.
// docs/options.md has every key with its range and default.

import NIOConcurrencyHelpers
import Node
import Options

/// The options behind a handle. Threads may set and read them at the same time.
final class OptionsBox: Handled {
    static var kind: HandleKind { .options }
    static var handleName: String { "cluster_options_t" }

    let options = NIOLockedValueBox(Options())

    /// The options as they are now.
    var copy: Options { options.withLockedValue { $0 } }
}

/// Makes options that hold the defaults. They are the caller's and freed by cluster_options_free().
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_FORKED.
@_cdecl("cluster_options_new")
public func clusterOptionsNew(_ options: UnsafeMutablePointer<cluster_options_t?>?) -> cluster_result {
    entry {
        let result = try place(options, "options")
        result.pointee = try handles.insert(OptionsBox())
    }
}

/// Sets one option. The key is at most 256 bytes, the value at most 65536; both are copied. An
/// unknown key and a value out of range are refused, and the detail names the key and the range.
/// Options that contradict each other are found by cluster_join().
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_options_set")
public func clusterOptionsSet(
    _ options: cluster_options_t?, _ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> cluster_result {
    entry {
        let box = try handles.find(options, OptionsBox.self)
        let key = try text(key, "key", limit: TextLimit.key)
        let value = try text(value, "value", limit: TextLimit.value)
        try box.options.withLockedValue { try $0.set(key, value) }
    }
}

/// Reads one option back, in the form that cluster_options_set() takes; the default where it was not
/// set. The text is the caller's and freed by cluster_free(). Secrets are not shown.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_options_get")
public func clusterOptionsGet(
    _ options: cluster_options_t?, _ key: UnsafePointer<CChar>?,
    _ value: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let box = try handles.find(options, OptionsBox.self)
        let key = try text(key, "key", limit: TextLimit.key)
        let result = try place(value, "value")
        let found = try box.options.withLockedValue { try $0.get(key) }
        result.pointee = try ownedText(found)
    }
}

/// Reads options from a file: TOML, or key=value lines when the name ends in .properties. The path is
/// at most 4096 bytes. A file with a mistake is refused as a whole, with the line in the detail.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_options_load_file")
public func clusterOptionsLoadFile(
    _ options: cluster_options_t?, _ path: UnsafePointer<CChar>?
) -> cluster_result {
    entry {
        let box = try handles.find(options, OptionsBox.self)
        let path = try text(path, "path", limit: TextLimit.path)
        try box.options.withLockedValue { options in
            // A file with a mistake changes nothing, not even by the lines before it.
            var loaded = options
            try loaded.loadFile(path)
            options = loaded
        }
    }
}

/// Frees options. NULL is allowed; nodes that were joined with them are not affected.
///
/// Errors: none.
@_cdecl("cluster_options_free")
public func clusterOptionsFree(_ options: cluster_options_t?) {
    ending(options) { handle in
        _ = try handles.find(handle, OptionsBox.self)
        handles.remove(handle)
    }
}
