//! A full disk: said plainly, nothing acknowledged lost, and over by itself once there is room.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::process::{Home, Server};

/// A small disk of its own; gone with the test.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where mounting is not allowed.
    fn at(path: PathBuf) -> Option<Self> {
        fs::create_dir_all(&path).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(&path).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }

    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("fill")).unwrap();
        while file.write_all(&[0; 1024]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.0.join("fill")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let home = Home::sqlite();
    let Some(disk) = SmallDisk::at(home.path("data")) else {
        eprintln!("skipped: full disk (mounting a small one needs root)");
        return;
    };
    let server = home.serve().await;
    let me = server.set_up().await;
    let mut acknowledged = 0;
    assert_eq!(add_project(&server, &me, &mut acknowledged).await, 201);
    disk.fill();
    for _ in 0..6 {
        let status = add_project(&server, &me, &mut acknowledged).await;
        assert!(status == 503 || status == 201, "{status}");
    }
    assert_eq!(listed(&server).await, acknowledged, "reading goes on, and shows what was acknowledged");
    disk.free();
    for _ in 0..3 {
        assert_eq!(add_project(&server, &me, &mut acknowledged).await, 201, "it recovers by itself");
    }
    assert_eq!(listed(&server).await, acknowledged);
    server.stop().await.well();
    let server = home.serve().await;
    assert_eq!(listed_after_sign_in(&server).await, acknowledged, "and it is on the disk");
    server.stop().await;
    assert!(Path::new(&disk.0).exists());
}

async fn add_project(server: &Server, me: &Value, acknowledged: &mut usize) -> u16 {
    let body = json!({ "name": "Launch", "description": "x".repeat(1500) });
    let response = server.post("/api/v1/projects", me).json(&body).send().await.unwrap();
    let status = response.status().as_u16();
    if status == 503 {
        assert!(response.headers().contains_key("retry-after"));
        assert_eq!(response.json::<Value>().await.unwrap()["code"], "unavailable");
    }
    *acknowledged += usize::from(status == 201);
    status
}

async fn listed(server: &Server) -> usize {
    server.get("/api/v1/projects?limit=200").await["items"].as_array().unwrap().len()
}

async fn listed_after_sign_in(server: &Server) -> usize {
    let body =
        json!({ "email": crate::process::EMAIL, "password": crate::process::PASSWORD, "session": "cookie" });
    crate::process::answer(server.client.post(server.url("/api/v1/auth/login")).json(&body)).await;
    listed(server).await
}
