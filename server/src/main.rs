//! Arguments to a command, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    portolan::cli::main()
}
