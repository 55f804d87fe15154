/// The version of this release; the tests hold it to that of the header.
let releaseVersion = "0.1.0"
