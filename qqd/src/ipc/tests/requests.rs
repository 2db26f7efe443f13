//! What is asked and answered, and what is wrong with it.

use std::io::Read;
use std::net::Shutdown;

use super::*;

fn status(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "daemon.status"})
}

#[tokio::test]
async fn hello_is_answered_here_and_everything_else_by_the_core() {
    let mut daemon = daemon(Settings::new());
    let mut client = daemon.client();
    client.say(&hello(1));
    let (mut client, welcome) = client.hear().await;
    let expected =
        json!({"protocol": 1, "min_protocol": 1, "daemon": env!("CARGO_PKG_VERSION"), "features": []});
    assert_eq!(welcome, json!({"jsonrpc": "2.0", "id": 1, "result": expected}));

    client.say(&status(7));
    let (number, id, request) = daemon.request().await;
    assert_eq!(request.name(), "daemon.status");
    daemon.server.reply(number, &id, Ok(json!({"fine": true})));
    let (client, answer) = client.hear().await;
    assert_eq!(answer, json!({"jsonrpc": "2.0", "id": 7, "result": {"fine": true}}));

    drop(client);
    assert!(matches!(daemon.input().await, Input::Gone { client } if client == number));
}

#[tokio::test]
async fn before_hello_every_call_is_refused() {
    let mut daemon = daemon(Settings::new());
    let mut client = daemon.client();
    for line in [status(1), json!({"jsonrpc": "2.0", "id": 1, "method": "no.such"})] {
        client.say(&line);
        let answer;
        (client, answer) = client.hear().await;
        assert_eq!(answer["error"]["code"], -32002);
        assert_eq!(answer["error"]["data"]["code"], "hello_first");
    }
    assert!(daemon.inputs.try_recv().is_err());
}

#[tokio::test]
async fn a_program_too_old_is_told_to_update() {
    let daemon = daemon(Settings::new());
    let mut client = daemon.client();
    client.say(&hello(0));
    let (mut client, answer) = client.hear().await;
    assert_eq!(answer["error"]["data"]["code"], "version");
    assert!(answer["error"]["message"].as_str().unwrap().contains("update the program"));
    client.say(&status(2));
    let (mut client, answer) = client.hear().await;
    assert_eq!(answer["error"]["data"]["code"], "hello_first", "a refused hello is none");
    client.say(&json!({"jsonrpc": "2.0", "id": 3, "method": "hello", "params": {}}));
    let (_, answer) = client.hear().await;
    assert_eq!(answer["error"]["code"], -32602);
}

#[tokio::test]
async fn a_newer_program_is_told_what_this_daemon_speaks() {
    let daemon = daemon(Settings::new());
    let mut client = daemon.client();
    client.say(&hello(99));
    let (_, answer) = client.hear().await;
    assert_eq!(answer["result"]["protocol"], 1);
}

#[tokio::test]
async fn each_mistake_has_its_number_and_the_connection_goes_on() {
    let daemon = daemon(Settings::new());
    let mut client = daemon.greeted().await;
    for (line, code, id) in [
        ("hi", -32700, json!(null)),
        ("", -32700, json!(null)),
        ("[]", -32600, json!(null)),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"daemon.status"}]"#, -32600, json!(null)),
        ("3", -32600, json!(null)),
        (r#"{"jsonrpc":"2.0","id":"x"}"#, -32600, json!("x")),
        (r#"{"id":4,"method":"daemon.status"}"#, -32600, json!(4)),
        (r#"{"jsonrpc":"2.0","id":"x","method":"no.such"}"#, -32601, json!("x")),
        (r#"{"jsonrpc":"2.0","id":null,"method":"no.such"}"#, -32601, json!(null)),
        (r#"{"jsonrpc":"2.0","id":5,"method":"chat.send","params":{"to":5}}"#, -32602, json!(5)),
        (r#"{"jsonrpc":"2.0","id":5,"method":"chat.send","params":["a"]}"#, -32602, json!(5)),
    ] {
        client.send(format!("{line}\n").as_bytes());
        let answer;
        (client, answer) = client.hear().await;
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{line}");
        assert_ne!(answer["error"]["message"], "", "{line}");
    }
}

#[tokio::test]
async fn a_notification_is_carried_out_and_not_answered() {
    let mut daemon = daemon(Settings::new());
    let mut client = daemon.greeted().await;
    client.say(&json!({"jsonrpc": "2.0", "method": "daemon.status"}));
    client.say(&json!({"jsonrpc": "2.0", "method": "no.such"}));
    let (number, id, _) = daemon.request().await;
    daemon.server.reply(number, &id, Ok(json!({})));
    client.say(&hello(1));
    let (_, answer) = client.hear().await;
    assert_eq!(answer["id"], 1, "the first answer is that of the hello");
}

#[tokio::test]
async fn a_line_too_long_is_explained_and_the_connection_closed() {
    let daemon = daemon(Settings { line: 100, ..Settings::new() });
    let mut client = daemon.greeted().await;
    client.send(&[b'x'; 101]);
    client.send(b"\n");
    let answers = client.hear_all().await;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["error"]["code"], -32600);
    assert!(answers[0]["error"]["message"].as_str().unwrap().contains("at most 100 bytes"));
}

#[tokio::test]
async fn a_line_of_a_mebibyte_is_read_and_one_byte_more_is_not() {
    let mut daemon = daemon(Settings::new());
    let client = daemon.greeted().await;
    let line = |length: usize| {
        let head = r#"{"jsonrpc":"2.0","id":1,"method":"daemon.status","params":{"x":""#;
        format!("{head}{}\"}}}}\n", "x".repeat(length - head.len() - 3))
    };
    let (fits, too_long) = (line(1 << 20), line((1 << 20) + 1));
    assert_eq!(fits.len(), (1 << 20) + 1);
    let writing = tokio::task::spawn_blocking(move || {
        let mut client = client;
        client.send(fits.as_bytes());
        client.send(too_long.as_bytes());
        client
    });
    let (number, id, _) = daemon.request().await;
    daemon.server.reply(number, &id, Ok(json!({})));
    let answers = writing.await.unwrap().hear_all().await;
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().any(|answer| answer["result"] == json!({})), "what was in flight is answered");
    assert!(answers.iter().any(|answer| answer["error"]["code"] == -32600));
}

#[tokio::test]
async fn what_was_asked_before_a_line_too_long_is_still_answered() {
    let mut daemon = daemon(Settings { line: 100, ..Settings::new() });
    let mut client = daemon.greeted().await;
    client.say(&status(7));
    client.send(&[&[b'x'; 101][..], b"\n"].concat());
    let (number, id, _) = daemon.request().await;
    let (client, refusal) = client.hear().await;
    assert_eq!(refusal["error"]["code"], -32600);
    drop(daemon.greeted().await);
    daemon.server.reply(number, &id, Ok(json!({})));
    assert_eq!(client.hear_all().await, [json!({"jsonrpc": "2.0", "id": 7, "result": {}})]);
}

#[tokio::test]
async fn who_is_still_writing_a_line_too_long_reads_why() {
    let daemon = daemon(Settings { line: 1 << 20, ..Settings::new() });
    let mut client = daemon.greeted().await;
    let writing = tokio::task::spawn_blocking(move || {
        client.send(&vec![b'x'; 8 << 20]);
        client.send(b"\n");
        client
    });
    let answers = writing.await.unwrap().hear_all().await;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["error"]["code"], -32600);
}

#[tokio::test]
async fn who_ends_its_own_side_still_gets_its_answers() {
    let mut daemon = daemon(Settings::new());
    let mut client = daemon.greeted().await;
    client.say(&status(7));
    client.reader.get_ref().shutdown(Shutdown::Write).unwrap();
    let (number, id, _) = daemon.request().await;
    daemon.server.reply(number, &id, Ok(json!({})));
    let answers = client.hear_all().await;
    assert_eq!(answers.len(), 1);
    assert!(matches!(daemon.input().await, Input::Gone { .. }));
}

#[tokio::test]
async fn who_hangs_up_waits_for_nothing() {
    let mut daemon = daemon(Settings::new());
    let mut client = daemon.greeted().await;
    client.say(&status(7));
    let (number, id, _) = daemon.request().await;
    drop(client);
    assert!(matches!(daemon.input().await, Input::Gone { client } if client == number));
    daemon.server.reply(number, &id, Ok(json!({})));
}

#[tokio::test]
async fn so_many_requests_are_in_flight_and_no_more() {
    let mut daemon = daemon(Settings { in_flight: 3, ..Settings::new() });
    let mut client = daemon.greeted().await;
    (0..5).for_each(|id| client.say(&status(id)));
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(daemon.request().await);
    }
    // Another connection is read meanwhile, so this one had its chance.
    let mut other = daemon.greeted().await;
    other.say(&status(100));
    assert_eq!(daemon.request().await.1, Value::String("100".into()));
    assert!(daemon.inputs.try_recv().is_err());
    daemon.server.reply(asked[1].0, &asked[1].1, Ok(json!({})));
    assert_eq!(daemon.request().await.1, Value::String("3".into()));
}

#[tokio::test]
async fn who_does_not_read_its_replies_is_not_read_and_loses_none() {
    let mut daemon = daemon(Settings::new());
    let mut client = daemon.greeted().await;
    let large = "x".repeat(100_000);
    let calls: String = (0..60).map(|id| format!("{}\n", status(id))).collect();
    client.send(calls.as_bytes());
    let mut answered = 0;
    let connection = daemon.server.clients.lock().values().next().cloned().unwrap();
    while !connection.is_over() {
        let (client, id, _) = daemon.request().await;
        daemon.server.reply(client, &id, Ok(json!(large)));
        answered += 1;
    }
    // Those that were on their way already; then, however long others talk, none.
    for others in 0..10 {
        drop(daemon.greeted().await);
        while let Ok(Input::Request { client, id, .. }) = daemon.inputs.try_recv() {
            assert!(others < 9, "it is still read");
            daemon.server.reply(client, &id, Ok(json!(large)));
            answered += 1;
        }
    }
    assert!((11..60).contains(&answered), "{answered}");
    let answering = tokio::spawn(async move {
        for _ in answered..60 {
            let (client, id, _) = daemon.request().await;
            daemon.server.reply(client, &id, Ok(json!(large)));
        }
        daemon
    });
    for id in 0..60 {
        let answer;
        (client, answer) = client.hear().await;
        assert_eq!(answer["id"], id);
    }
    answering.await.unwrap();
}

#[tokio::test]
async fn who_reads_no_reply_at_all_is_cut_off() {
    let settings = Settings { patience: Duration::from_millis(50), ..Settings::new() };
    let mut daemon = daemon(settings);
    let mut client = daemon.greeted().await;
    client.say(&status(1));
    let (number, id, _) = daemon.request().await;
    daemon.server.reply(number, &id, Ok(json!("x".repeat(3 << 20))));
    assert!(matches!(daemon.input().await, Input::Gone { client } if client == number));
}

#[tokio::test]
async fn who_reads_slowly_is_not_cut_off() {
    let patience = Duration::from_secs(1);
    let mut daemon = daemon(Settings { patience, ..Settings::new() });
    let mut client = daemon.greeted().await;
    client.say(&status(1));
    let (number, id, _) = daemon.request().await;
    daemon.server.reply(number, &id, Ok(json!("x".repeat(12 << 20))));
    // More at once than the system holds, so that the daemon had to write; then a rest, which is the slowness itself.
    let reading = tokio::task::spawn_blocking(move || {
        let began = std::time::Instant::now();
        let mut chunk = vec![0; 512 << 10];
        while began.elapsed() < 2 * patience {
            client.reader.read_exact(&mut chunk).expect("the connection goes on");
            std::thread::sleep(patience / 8);
        }
    });
    reading.await.unwrap();
}

#[tokio::test]
async fn other_users_are_refused() {
    let other = nix::unistd::geteuid().as_raw() + 1;
    let mut daemon = daemon(Settings { user: other, ..Settings::new() });
    let answers = daemon.client().hear_all().await;
    assert_eq!(answers[0]["error"]["data"]["code"], "denied");
    assert!(daemon.inputs.try_recv().is_err());
}

#[tokio::test]
async fn when_all_places_are_taken_the_silent_one_gives_way() {
    let daemon = daemon(Settings { connections: 2, ..Settings::new() });
    let first = daemon.greeted().await;
    let silent = daemon.client();
    let _third = daemon.greeted().await;
    assert!(silent.hear_all().await.is_empty());
    let refused = daemon.client().hear_all().await;
    assert_eq!(refused[0]["error"]["data"]["code"], "busy");
    drop(first);
    let clients = Arc::clone(&daemon.server.clients);
    until("the first is gone", || clients.lock().len() < 2).await;
    daemon.greeted().await;
}

#[tokio::test]
async fn at_the_end_the_last_answers_are_written_and_the_socket_is_gone() {
    let mut daemon = daemon(Settings::new());
    let mut client = daemon.greeted().await;
    client.say(&status(7));
    let (number, id, _) = daemon.request().await;
    // More than the system takes at once.
    daemon.server.reply(number, &id, Ok(json!("x".repeat(3 << 20))));
    let reading = tokio::spawn(client.hear_all());
    drop(daemon.inputs);
    daemon.server.stop(DEADLINE).await;
    assert_eq!(reading.await.unwrap().len(), 1);
    assert!(!daemon.socket.exists());
}
