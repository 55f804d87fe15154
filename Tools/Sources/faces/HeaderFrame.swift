// The parts of include/muster.h that are not declarations.

func headerStart(_ version: Version) -> String {
    """
    /* muster.h - cluster membership and failover, embeddable in any process.
     *
     * Threads    Every function may be called from any thread. Callbacks are never run under a lock.
     * Errors     0 is success, a positive result means that there is nothing now, a negative one is
     *            failure; cluster_last_error() has the detail of the calling thread's last failure.
     * Memory     Out parameters come last and are written only on success. Text that is handed over
     *            as yours is freed by cluster_free(); lists, events and handles have a function
     *            of their own. Every other pointer is borrowed, and its lifetime is named. Text that
     *            goes in is copied. All text is UTF-8.
     * Time       timeout_ms: milliseconds; -1 no limit, 0 do not wait.
     * Signals    cluster_wakeup() may be called from a signal handler, nothing else may. The library
     *            installs no handler and changes no disposition or mask.
     * fork()     A child forked after cluster_join() may only close and free what it inherited; all
     *            else answers CLUSTER_E_FORKED there. exec is not affected.
     *
     * Made from the library's sources by Tools/generate: edit those. */
    #ifndef MUSTER_H
    #define MUSTER_H

    #include <stddef.h>
    #include <stdint.h>

    /* The version of this header; cluster_version() is that of the library in use. */
    #define CLUSTER_VERSION_MAJOR \(version.major)
    #define CLUSTER_VERSION_MINOR \(version.minor)
    #define CLUSTER_VERSION_PATCH \(version.patch)
    #define CLUSTER_VERSION \\
        ((CLUSTER_VERSION_MAJOR << 16) | (CLUSTER_VERSION_MINOR << 8) | CLUSTER_VERSION_PATCH)

    /* CLUSTER_API: exported from the library. CLUSTER_CHECKED: ignoring the result is a mistake. */
    #if defined(__GNUC__)
    #define CLUSTER_API __attribute__((visibility("default")))
    #define CLUSTER_CHECKED __attribute__((warn_unused_result))
    #else
    #define CLUSTER_API
    #define CLUSTER_CHECKED
    #endif

    #ifdef __cplusplus
    extern "C" {
    #endif
    """
}

let headerEnd = """
    #ifdef __cplusplus
    }
    #endif

    #endif /* MUSTER_H */

    """
