//! What the server has to do with the outside: mail servers, trace collectors, disks that come and go.

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::process::{Home, answer};

#[tokio::test]
async fn an_invitation_is_mailed_with_its_link() {
    let home = Home::sqlite();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mails = tokio::spawn(first_mail(listener));
    let settings =
        [("MARKETFLOW_MAIL__SMTP_URL", url.as_str()), ("MARKETFLOW_MAIL__FROM", "Acme <acme@example.com>")];
    let server = home.start("serve", &settings).await;
    let me = server.set_up().await;
    let body = json!({ "email": "bob@example.com", "role": "analyst" });
    let invited = answer(server.post("/api/v1/invitations", &me).json(&body)).await;
    assert_eq!(invited["invitation"]["mailed"], true);

    let mail = mails.await.unwrap();
    assert!(
        mail.contains("From: Acme <acme@example.com>") || mail.contains("From: \"Acme\" <acme@example.com>"),
        "{mail}"
    );
    assert!(mail.contains("To: bob@example.com"), "{mail}");
    assert!(mail.contains("Message-ID: <job_"), "{mail}");
    assert!(mail.contains("/accept-invitation#"), "{mail}");
    server.stop().await;
}

/// Plays a mail server until a mail has come.
async fn first_mail(listener: TcpListener) -> String {
    let (mail, mut mails) = tokio::sync::mpsc::unbounded_channel();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                tokio::spawn(play_mail_server(accepted.unwrap().0, mail.clone()));
            }
            Some(mail) = mails.recv() => return mail,
        }
    }
}

async fn play_mail_server(stream: TcpStream, mails: tokio::sync::mpsc::UnboundedSender<String>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 ready\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let reply: &[u8] = match line.get(..4).unwrap_or_default() {
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                let mut mail = String::new();
                while let Ok(Some(line)) = lines.next_line().await
                    && line != "."
                {
                    mail.push_str(&line);
                    mail.push('\n');
                }
                mails.send(mail).unwrap();
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        if write.write_all(reply).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn traces_reach_the_collector_before_the_end() {
    let home = Home::sqlite();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let collector = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 64 * 1024];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let server = home.start("serve", &[("MARKETFLOW_TELEMETRY__OTLP_ENDPOINT", &endpoint)]).await;
    server.get("/api/v1/instance").await;
    server.stop().await;
    let request = collector.await.unwrap();
    assert!(request.starts_with("POST /v1/traces"), "{request}");
    assert!(request.to_lowercase().contains("content-type: application/x-protobuf"), "{request}");
}

#[tokio::test]
async fn a_data_directory_that_is_gone_makes_it_unready_until_it_is_back() {
    let home = Home::sqlite();
    let server = home.serve().await;
    assert_eq!(server.get("/readyz").await["ready"], true);
    std::fs::rename(home.data(), home.path("elsewhere")).unwrap();
    let reply = server.client.get(server.url("/readyz")).send().await.unwrap();
    assert_eq!(reply.status(), 503);
    let found: serde_json::Value = reply.json().await.unwrap();
    let disk = found["troubles"].as_array().unwrap().iter().find(|it| it["what"] == "disk").unwrap().clone();
    assert!(disk["why"].as_str().unwrap().contains("check that it is mounted"), "{disk}");
    std::fs::rename(home.path("elsewhere"), home.data()).unwrap();
    assert_eq!(server.get("/readyz").await["ready"], true);
    server.stop().await;
}
