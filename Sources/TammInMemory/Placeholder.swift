import TammCore
