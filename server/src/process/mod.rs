//! Starts other programs, and ends them with all that they started.
//!
//! ```text
//! portolan ---pipe---> portolan supervise ------> portolan supervise --exec ==> cargo ---> rustc ...
//!          <--- both streams, exit code             (same process, its own group)
//! ```
//!
//! A program runs under a supervisor: our own binary in a session of its own, which holds the end of a pipe to us.
//! A word on the pipe ends the program and its group; so does the end of the pipe, however we came to ours
//! (`kill -9` too). Should the supervisor itself be killed, Linux ends the program.
//!
//! Nothing here is a shell: a program is started by an argument vector and no other way. This is the one place
//! of Portolan where processes start, and only `build` and `--deep` come here.

mod invocation;
mod line;
mod running;
mod supervisor;
#[cfg(unix)]
mod tree;

pub use invocation::Invocation;
pub use line::{Line, Stream};
pub use running::{Canceller, Ending, Output, Running, start, start_under};
pub use supervisor::{Arguments as SupervisorArguments, run as supervise};
