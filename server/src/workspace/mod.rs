//! Files on disk under the texts of the editor: the only implementation of `Files` outside tests.
