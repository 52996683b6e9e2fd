import TammCore

/// The error that `body` throws; nil if it throws none.
func caught(_ body: () throws(TammError) -> Void) -> TammError? {
    do {
        try body()
        return nil
    } catch { return error }
}
