//! Containers and their tasks.

use crictl::generated::containerd::services::containers::v1::*;
use crictl::generated::containerd::services::tasks::v1::*;
use crictl::generated::containerd::types::Metric;
use crictl::generated::containerd::v1::types::{Process, Status as TaskStatus};
use prost_types::Timestamp;
use tonic::{Request, Status};

use super::super::{Answer, Fake, answer};
use super::server::containerd::services::containers::v1::containers_server::Containers;
use super::server::containerd::services::tasks::v1::tasks_server::Tasks;

#[tonic::async_trait]
impl Containers for Fake {
    async fn list(&self, request: Request<ListContainersRequest>) -> Answer<ListContainersResponse> {
        let mut held = self.own("Containers.List", &request)?;
        let filters = request.into_inner().filters;
        let passes = |container: &&Container| match filters.as_slice() {
            [] => true,
            filters => filters.iter().any(|filter| {
                let prefix = filter.strip_prefix("id~=\"^").and_then(|rest| rest.strip_suffix('"'));
                prefix.is_some_and(|prefix| container.id.starts_with(&prefix.replace("[.]", ".")))
            }),
        };
        answer(ListContainersResponse { containers: held.space().containers.iter().filter(passes).cloned().collect() })
    }

    async fn delete(&self, request: Request<DeleteContainerRequest>) -> Answer<()> {
        let mut held = self.own("Containers.Delete", &request)?;
        let id = request.into_inner().id;
        held.space().containers.retain(|container| container.id != id);
        answer(())
    }
}

#[tonic::async_trait]
impl Tasks for Fake {
    async fn list(&self, request: Request<ListTasksRequest>) -> Answer<ListTasksResponse> {
        let mut held = self.own("Tasks.List", &request)?;
        answer(ListTasksResponse { tasks: held.space().tasks.clone() })
    }

    async fn get(&self, request: Request<GetRequest>) -> Answer<GetResponse> {
        let mut held = self.own("Tasks.Get", &request)?;
        let process = held.task(&request.into_inner().container_id)?.clone();
        answer(GetResponse { process: Some(process) })
    }

    async fn create(&self, request: Request<CreateTaskRequest>) -> Answer<CreateTaskResponse> {
        let mut held = self.own("Tasks.Create", &request)?;
        let request = request.into_inner();
        let space = held.space();
        space.outputs.push(request.stdout);
        let id = request.container_id.clone();
        space.tasks.push(Process { id, pid: 7, status: TaskStatus::Created.into(), ..Default::default() });
        answer(CreateTaskResponse { container_id: request.container_id, pid: 7 })
    }

    async fn start(&self, request: Request<StartRequest>) -> Answer<StartResponse> {
        let mut held = self.own("Tasks.Start", &request)?;
        let exec = request.get_ref().exec_id.clone();
        if !exec.is_empty() {
            drop(held);
            return self.start_exec(&exec);
        }
        let task = held.task(&request.into_inner().container_id)?;
        task.status = TaskStatus::Running.into();
        answer(StartResponse { pid: task.pid })
    }

    async fn kill(&self, request: Request<KillRequest>) -> Answer<()> {
        let mut held = self.own("Tasks.Kill", &request)?;
        let KillRequest { container_id, signal, exec_id, .. } = request.into_inner();
        if !exec_id.is_empty() {
            drop(held);
            return self.kill_exec(&exec_id, signal);
        }
        held.space().signals.push((container_id.clone(), signal));
        let lives = held.space().stubborn && signal != 9;
        let task = held.task(&container_id)?;
        if task.status() == TaskStatus::Stopped {
            return Err(Status::not_found("process already finished: not found"));
        }
        if !lives && task.status() != TaskStatus::Paused {
            end(task, signal);
        }
        held.containerd().ended.notify_waiters();
        answer(())
    }

    async fn resume(&self, request: Request<ResumeTaskRequest>) -> Answer<()> {
        let mut held = self.own("Tasks.Resume", &request)?;
        let id = request.into_inner().container_id;
        // The signal that came while it was paused.
        let signal = held.space().signals.last().map_or(0, |(_, signal)| *signal);
        end(held.task(&id)?, signal);
        held.containerd().ended.notify_waiters();
        answer(())
    }

    async fn wait(&self, request: Request<WaitRequest>) -> Answer<WaitResponse> {
        let WaitRequest { container_id: id, exec_id } = request.get_ref().clone();
        drop(self.own("Tasks.Wait", &request)?);
        loop {
            let ended = self.state().containerd.get_or_insert_default().ended.clone();
            // It hears from now on, before it is waited for.
            let ended = ended.notified();
            {
                let mut state = self.state();
                let containerd = state.containerd.get_or_insert_default();
                if let Some(exec) = containerd.execs.get(&exec_id) {
                    if let Some(exit_status) = exec.status {
                        return answer(WaitResponse { exit_status, exited_at: None });
                    }
                } else if !exec_id.is_empty() {
                    return Err(Status::not_found(format!("process {exec_id}: not found")));
                }
                let mut tasks = containerd.spaces.values().flat_map(|space| &space.tasks);
                match tasks.find(|task| task.id == id) {
                    None => return Err(Status::not_found(format!("task {id} not found: not found"))),
                    Some(task) if task.status() == TaskStatus::Stopped => {
                        return answer(WaitResponse { exit_status: task.exit_status, exited_at: task.exited_at });
                    }
                    Some(_) => {}
                }
            }
            ended.await;
        }
    }

    async fn delete(&self, request: Request<DeleteTaskRequest>) -> Answer<DeleteResponse> {
        let mut held = self.own("Tasks.Delete", &request)?;
        let id = request.into_inner().container_id;
        let task = held.task(&id)?.clone();
        if task.status() != TaskStatus::Stopped {
            return Err(Status::failed_precondition("task must be stopped before deletion: failed precondition"));
        }
        held.space().tasks.retain(|task| task.id != id);
        answer(DeleteResponse { id, ..Default::default() })
    }

    async fn checkpoint(&self, request: Request<CheckpointTaskRequest>) -> Answer<CheckpointTaskResponse> {
        self.checkpoint_task(request)
    }

    async fn exec(&self, request: Request<ExecProcessRequest>) -> Answer<()> {
        self.make(request)
    }

    async fn resize_pty(&self, request: Request<ResizePtyRequest>) -> Answer<()> {
        self.resize(request)
    }

    async fn close_io(&self, request: Request<CloseIoRequest>) -> Answer<()> {
        self.close(request)
    }

    async fn delete_process(&self, request: Request<DeleteProcessRequest>) -> Answer<DeleteResponse> {
        self.delete_exec(request)
    }

    async fn update(&self, request: Request<UpdateTaskRequest>) -> Answer<()> {
        let mut held = self.own("Tasks.Update", &request)?;
        let request = request.into_inner();
        held.task(&request.container_id)?;
        held.space().resources.extend(request.resources);
        answer(())
    }

    async fn metrics(&self, request: Request<MetricsRequest>) -> Answer<MetricsResponse> {
        let mut held = self.own("Tasks.Metrics", &request)?;
        let filters = request.into_inner().filters;
        // Time passes from call to call.
        let nanos = i32::try_from(held.containerd().calls.len()).unwrap();
        let timestamp = Some(Timestamp { seconds: 1_750_000_000, nanos });
        let passes = |id: &str| filters.is_empty() || filters.contains(&format!("id==\"{id}\""));
        let metrics = held.space().metrics.iter().filter(|(id, _)| passes(id));
        let metrics = metrics.map(|(id, data)| Metric { timestamp, id: id.clone(), data: Some(data.clone()) });
        answer(MetricsResponse { metrics: metrics.collect() })
    }
}

fn end(task: &mut Process, signal: u32) {
    task.status = TaskStatus::Stopped.into();
    task.exit_status = 128 + signal;
    task.exited_at = Some(Timestamp { seconds: 1_750_000_000, nanos: 0 });
}
