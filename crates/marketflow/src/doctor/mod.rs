//! x
use crate::commands::{Out,Verdict,CommandError}; use crate::config::Config;
pub(crate) async fn run(_c:&Config,_j:bool,_o:Out<'_>)->Result<Verdict,CommandError>{Ok(Verdict::Fine)}
