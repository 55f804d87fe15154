import Node

/// The version of this release; the tests hold it to that of the header.
let releaseVersion = ReleaseVersion.text.description
