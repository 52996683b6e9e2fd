import TammCore
import TammPostgres
import Testing

@Suite struct `The configuration of the PostgreSQL store` {
    @Test func `prints no password`() {
        let configuration = PostgresConfiguration(Secret("postgresql://tamm_app:hunter2@localhost/tamm"))
        var text = "\(configuration)"
        dump(configuration, to: &text)
        #expect(!text.contains("hunter2"))
    }
}
