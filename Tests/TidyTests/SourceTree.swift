import Foundation

/// The repository's own text files.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every file that people write, in the order of its path.
    static let files: [SourceFile] = {
        let keep = Set([".ci", ".editorconfig", ".gitignore", ".spi.yml", ".swift-format"])
        var files: [SourceFile] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/" + folder)) ?? []
            for name in names.sorted() where !name.hasPrefix(".") || keep.contains(name) {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                var isFolder: ObjCBool = false
                _ = unsafe FileManager.default.fileExists(atPath: root.path + "/" + path, isDirectory: &isFolder)
                if isFolder.boolValue {
                    folders.append(path)
                } else if isText(path), let data = FileManager.default.contents(atPath: root.path + "/" + path) {
                    files.append(SourceFile(path, String(decoding: data, as: UTF8.self)))
                }
            }
        }
        return files.sorted { $0.path < $1.path }
    }()

    static func file(_ path: String) -> SourceFile? { files.first { $0.path == path } }

    private static func isText(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        let endings = [".swift", ".md", ".yml", ".sh", ".sql", ".h", ".modulemap"]
        return endings.contains { name.hasSuffix($0) } || path.hasPrefix("scripts/") || path.hasPrefix(".ci/")
            || ["Makefile", ".editorconfig", ".gitignore", ".swift-format"].contains(name)
    }
}
