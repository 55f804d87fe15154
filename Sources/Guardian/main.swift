// muster-guardian: proves that the process which started it is dead, and then gives its leases back. libmuster starts
// it where failover.guardian=on; docs/guardian.md says what it promises.

import CGuardian
import Glibc
import Stores

guard CommandLine.arguments.count == 2, let page = Page(descriptor: Int32(GUARDIAN_PAGE)) else {
    let words = "muster-guardian is started by libmuster of its own release, for failover.guardian=on\n"
    _ = words.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(2)
}
guardian_settle()
let charge = page.takeCharge()
let vault: any Vault
if charge.store.isEmpty {
    vault = VoterVault(charge, page: page)
} else {
    do {
        let store = try Store.open(
            StoreSettings(
                url: charge.store, cluster: charge.cluster, patience: charge.patience, makesTables: false))
        vault = StoreVault(store, of: charge, page: page)
    } catch {
        page.tell(GUARDIAN_STORE_TROUBLE, error.text)
        exit(1)
    }
}
var vigil = Vigil(charge: charge, page: page, vault: vault)
vigil.keep()
