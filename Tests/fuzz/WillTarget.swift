import Basics
import Lease
import Sealing

/// What a guardian, or a stranger, sends to a voter: a letter has one meaning, and opens nothing without the secret.
func fuzzWill(_ input: [UInt8]) {
    guard let letter = try? WillLetter(input, cluster: Keys.cluster) else { return }
    require(WillLetter.isClaimed(by: input), "a letter that does not look like one")
    require(letter.encoded(cluster: Keys.cluster) == input, "it has two encodings")
    let receipt = letter.receipt(cluster: Keys.cluster)
    require(receipt.count < input.count, "the receipt is larger than the letter")
    require((try? WillLetter(receipt, cluster: Keys.cluster)) == nil, "a receipt that is a letter")
    let own = Will.secret()
    let row = LeaseRow(
        holder: letter.id, instance: letter.instance, epoch: 1, version: 1, nonce: own, hold: .seconds(1),
        will: Will.hash(own))
    let dead = LeaseCandidate(id: letter.id, instance: letter.instance)
    require(row.isProvenDead(dead, by: own, Will.isOpened), "the secret opens nothing")
    require(!row.isProvenDead(dead, by: letter.secret, Will.isOpened), "a guess opens it")
}
