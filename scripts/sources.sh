# The Swift files and folders that are formatted and linted; sourced at the repository's root.
sources=()
for path in Package.swift Sources Tests Examples/Package.swift Examples/Sources Examples/Tests \
    Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Benchmarks; do
    if [[ -e $path ]]; then sources+=("$path"); fi
done
