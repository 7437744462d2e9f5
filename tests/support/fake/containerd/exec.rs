//! Processes beside a container's own, as a shim runs them: it opens the other ends of the FIFOs. There is no container;
//! what is run are a few commands of this file.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use crictl::generated::containerd::services::tasks::v1::*;
use serde_json::Value;
use tonic::{Request, Status};

use super::super::{Answer, Fake, answer};

/// A process.
#[derive(Clone, Debug, Default)]
pub struct Exec {
    pub request: ExecProcessRequest,
    /// How it ended, if it has.
    pub status: Option<u32>,
    /// The sizes of its terminal.
    pub sizes: Vec<(u32, u32)>,
    /// The end of its input that the shim holds, until it is told to close it.
    holds_input: bool,
}

impl Exec {
    /// What it was made with.
    pub fn spec(&self) -> Value {
        serde_json::from_slice(&self.request.spec.as_ref().unwrap().value).unwrap()
    }

    fn command(&self) -> Vec<String> {
        let spec = self.spec();
        spec["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }
}

impl Fake {
    fn exec<T>(&self, id: &str, with: impl FnOnce(&mut Exec) -> T) -> Result<T, Status> {
        let mut state = self.state();
        let found = state.containerd.get_or_insert_default().execs.get_mut(id);
        found.map(with).ok_or_else(|| Status::not_found(format!("process {id}: not found")))
    }

    pub(super) fn make(&self, request: Request<ExecProcessRequest>) -> Answer<()> {
        let mut held = self.own("Tasks.Exec", &request)?;
        let request = request.into_inner();
        held.task(&request.container_id)?;
        let id = request.exec_id.clone();
        held.containerd().execs.insert(id, Exec { request, holds_input: true, ..Exec::default() });
        answer(())
    }

    pub(super) fn start_exec(&self, id: &str) -> Answer<StartResponse> {
        let exec = self.exec(id, |exec| exec.clone())?;
        let open = |path: &str| OpenOptions::new().write(true).open(path).unwrap();
        let command = exec.command();
        if command[0] == "nosuch" {
            self.exec(id, |exec| exec.status = Some(127))?;
            let why =
                "OCI runtime exec failed: exec failed: exec: \"nosuch\": executable file not found in $PATH: unknown";
            return Err(Status::unknown(why));
        }
        let (out, err) = (open(&exec.request.stdout), (!exec.request.terminal).then(|| open(&exec.request.stderr)));
        let (fake, id) = (self.clone(), id.to_owned());
        thread::spawn(move || {
            let input = (!exec.request.stdin.is_empty()).then(|| {
                // A shim has answered by now.
                thread::sleep(Duration::from_millis(20));
                // Opened for both, it is a writer too, and keeps the reader from seeing an end.
                let held = OpenOptions::new().read(true).write(true).open(&exec.request.stdin).unwrap();
                (held, File::open(&exec.request.stdin).unwrap())
            });
            let (held, input) = input.unzip();
            let holder = fake.clone().hold(id.clone(), held);
            let status = fake.perform(&id, &command, input, out, err);
            // Who has killed it has said so.
            let _ = fake.exec(&id, |exec| exec.status.get_or_insert(status).to_owned());
            fake.state().containerd.get_or_insert_default().ended.notify_waiters();
            holder.join().unwrap();
        });
        answer(StartResponse { pid: 4343 })
    }

    /// Holds an end of the input until that is to be closed, or its process has ended.
    fn hold(self, id: String, held: Option<File>) -> thread::JoinHandle<()> {
        thread::spawn(move || {
            while self.exec(&id, |exec| exec.holds_input && exec.status.is_none()).unwrap_or(false) {
                thread::sleep(Duration::from_millis(5));
            }
            drop(held);
        })
    }

    /// Does what a command says, and returns how it ends.
    fn perform(&self, id: &str, command: &[String], input: Option<File>, mut out: File, err: Option<File>) -> u32 {
        let words = command[1..].join(" ");
        match command[0].as_str() {
            "echo" => writeln!(out, "{words}").unwrap(),
            "complain" => writeln!(err.unwrap(), "{words}").unwrap(),
            "exit" => return words.parse().unwrap(),
            // Its input is read by nobody else, and ends when all have closed it that could write there.
            "cat" => drop(std::io::copy(&mut input.unwrap(), &mut out).unwrap()),
            // What it leaves running has its output.
            "daemon" => {
                writeln!(out, "begun").unwrap();
                std::mem::forget(out);
            }
            "line" => {
                let mut byte = [0];
                let mut input = input.unwrap();
                while input.read(&mut byte).unwrap() > 0 && byte != *b"\n" {
                    out.write_all(&byte).unwrap();
                }
            }
            "sleep" => {
                while self.exec(id, |exec| exec.status.is_none()).unwrap_or(false) {
                    thread::sleep(Duration::from_millis(5));
                }
            }
            other => panic!("nobody knows the command {other}"),
        }
        0
    }

    pub(super) fn kill_exec(&self, id: &str, signal: u32) -> Answer<()> {
        self.exec(id, |exec| exec.status.get_or_insert(128 + signal).to_owned())?;
        self.state().containerd.get_or_insert_default().ended.notify_waiters();
        answer(())
    }

    pub(super) fn resize(&self, request: Request<ResizePtyRequest>) -> Answer<()> {
        drop(self.own("Tasks.ResizePty", &request)?);
        let request = request.into_inner();
        self.exec(&request.exec_id, |exec| exec.sizes.push((request.width, request.height)))?;
        answer(())
    }

    pub(super) fn close(&self, request: Request<CloseIoRequest>) -> Answer<()> {
        drop(self.own("Tasks.CloseIO", &request)?);
        let request = request.into_inner();
        self.exec(&request.exec_id, |exec| exec.holds_input &= !request.stdin)?;
        answer(())
    }

    pub(super) fn delete_exec(&self, request: Request<DeleteProcessRequest>) -> Answer<DeleteResponse> {
        let mut held = self.own("Tasks.DeleteProcess", &request)?;
        let id = request.into_inner().exec_id;
        let found = held.containerd().execs.remove(&id);
        let exec = found.ok_or_else(|| Status::not_found(format!("process {id}: not found")))?;
        let exit_status = exec.status.ok_or_else(|| Status::failed_precondition("cannot delete a running process"))?;
        held.containerd().deleted.push(exec);
        answer(DeleteResponse { id, exit_status, ..Default::default() })
    }
}
