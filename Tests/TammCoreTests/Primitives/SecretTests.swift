import Synchronization
import TammCore
import TammTesting
import Testing

struct SecretTests {
    struct Configuration {
        let secret: Secret
        let optional: Secret?
        let list: [Secret]
    }
    enum Choice { case keyed(Secret) }

    @Test func `No way of printing shows the bytes`() {
        let raw = "sk-live-7d0c4b1e"
        let secret = Secret(raw)
        let configuration = Configuration(secret: secret, optional: secret, list: [secret])
        var shown = "\(secret)|\(configuration)|\(String(reflecting: secret))|\(String(describing: secret))"
        shown +=
            "|\(Optional(secret) as Any)|\([secret])|\(["k": secret])|\(Choice.keyed(secret))"
        shown += secret.debugDescription
        print(secret, configuration, to: &shown)
        debugPrint(secret, configuration, to: &shown)
        dump(secret, to: &shown)
        dump(configuration, to: &shown)
        dump(Choice.keyed(secret), to: &shown)
        walk(Mirror(reflecting: secret), into: &shown)
        walk(Mirror(reflecting: configuration), into: &shown)
        #expect(!shown.contains(raw) && !shown.contains("sk-"))
        #expect(!shown.contains("115"), "the first byte, as a number")
        #expect(shown.contains("‹redacted›"))
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    private func walk(_ mirror: Mirror, into shown: inout String) {
        for child in mirror.children {
            shown += "|\(child.label ?? "")=\(child.value)"
            walk(Mirror(reflecting: child.value), into: &shown)
        }
        if let parent = mirror.superclassMirror { walk(parent, into: &shown) }
    }

    @Test func `A secret cannot be encoded`() {
        let secret: Any = Secret("x")
        #expect(!(secret is any Encodable) && !(secret is any Decodable))
    }

    @Test func `The bytes are lent and equal secrets are equal`() {
        let secret = Secret("pepper")
        #expect(secret.count == 6)
        #expect(secret.reveal { Array($0) } == Array("pepper".utf8))
        #expect(secret == secret)
        #expect(secret == Secret(Array("pepper".utf8)))
        #expect(secret != Secret("peppes") && secret != Secret("peppe") && secret != Secret(""))
        #expect(Secret("") == Secret([]))
    }

    @Test(.timeLimit(.minutes(20)))
    func `Two threads comparing the same two secrets do not wait for each other`() async {
        let (a, b) = (Secret("one"), Secret("two"))
        let equal = await withTaskGroup(of: Int.self) { group in
            for task in 0..<4 {
                group.addTask { @concurrent in
                    (0..<100_000).count { _ in task.isMultiple(of: 2) ? a == b : b == a }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(equal == 0)
    }

    @Test func `Comparison looks at every byte`() {
        #expect(constantTimeEqual([], []))
        #expect(!constantTimeEqual([1], []))
        for index in 0..<16 {
            var other = [UInt8](repeating: 7, count: 16)
            other[index] ^= 0x80
            #expect(!constantTimeEqual([UInt8](repeating: 7, count: 16), other))
        }
    }
}

struct EntropySourceTests {
    @Test func `Bytes come in the number asked for, little-endian from each word`() {
        let source = EntropySource { 0x0807_0605_0403_0201 }
        #expect(source.bytes(0) == [])
        #expect(source.bytes(3) == [1, 2, 3])
        #expect(source.bytes(8) == Array(1...8))
        #expect(source.bytes(11) == Array(1...8) + [1, 2, 3])
    }

    @Test func `The system's bits and clock are not stuck`() {
        let words = Set((0..<100).map { _ in EntropySource.system.next() })
        #expect(words.count == 100)
        let moment = TimeSource.system.now()
        #expect(moment.seconds > 1_700_000_000 && TimeSource.system.now() >= moment)
    }
}
