internal import Crypto

/// A script's text, and the hash by which the server knows it.
struct Script: Sendable {
    let text: String
    let hash: String

    init(_ text: String) {
        self.text = text
        // SHA-1 is the server's way to name a script; nothing rests on it.
        hash = Insecure.SHA1.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
