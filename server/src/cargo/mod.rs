//! What cargo reads: configuration, manifests, lock file, toolchain file.
