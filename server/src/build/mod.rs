//! Builds a target and proves what came of it.
//!
//! ```text
//! plan    pure: the project and the machine -> which builder, which arguments, what is missing, and why
//! run     the plan's commands under `process`: lines, progress, artefacts, the log
//! blame   what the log says went wrong -> the line of the file that causes it, with the fix of the rules
//! report  all of it for one target, with the audit of what was made
//! ```
//!
//! Only a user's own word comes here. Nothing is started before the plan can be shown.

mod audited;
mod blame;
pub mod dist;
pub mod plan;
mod report;
pub mod run;
mod wish;
pub mod workflow;

pub use audited::{Audited, look};
pub use plan::{Missing, Plan, Reads, Step};
pub use report::{Outcome, Report, build};
pub use run::{Cancel, End, Event, Made, Progress, Run, run};
pub use wish::{Profile, Wish};
