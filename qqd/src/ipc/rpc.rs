//! JSON-RPC 2.0 as the socket speaks it: a line in, what it asks; an answer, a line out. It does no I/O.

use ipc_schema::line::{Id, MAX_LINE_FROM_DAEMON, RequestLine};
use ipc_schema::{Code, Error};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::core::io::RequestId;

/// The id of a line without one: what it asks is done, and nothing is answered. (A client's own ids are carried as
/// their JSON text, so that they come back exactly as they came; see [`read`].)
const NO_REPLY: RequestId = Value::Null;

/// What a line asks.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// For [`reply`]; nobody else looks into it.
    pub id: RequestId,
    /// The method's name.
    pub method: String,
    /// Its params as they stand in the line.
    pub params: Option<&'a RawValue>,
}

/// Reads a line.
///
/// # Errors
/// The line to answer it with: -32700 or -32600.
pub(super) fn read(line: &[u8]) -> Result<Call<'_>, Vec<u8>> {
    let refusal = match RequestLine::decode(line) {
        _ if line.trim_ascii_start().starts_with(b"[") => {
            refuse(Code::InvalidRequest, "batches are not supported; send one object a line")
        }
        Ok(request) => {
            let id = request.id.map_or(NO_REPLY, |id| carried(line, &id));
            return Ok(Call { id, method: request.method, params: request.params });
        }
        Err(reply) => reply.encode(),
    };
    // A member that is wrong may stand before the place where the line ceases to be JSON.
    match serde_json::from_slice::<IgnoredAny>(line) {
        Ok(_) => Err(refusal),
        Err(error) => {
            let sentence = format!("the line is no JSON: see column {}", error.column());
            Err(refuse(Code::ParseError, &sentence))
        }
    }
}

/// The answer to a line that cannot be related to a call.
pub(super) fn refuse(code: Code, sentence: &str) -> Vec<u8> {
    ipc_schema::line::ReplyLine::error(Id::Null, Error::new(code, sentence)).encode()
}

/// The line that answers a call; none for a notification. One that would be too long for a line becomes an error.
pub(super) fn reply(id: &RequestId, result: Result<impl Serialize, Error>) -> Option<Vec<u8>> {
    let id = id.as_str()?;
    let line = match result {
        Ok(result) => written(id, "result", &result),
        Err(error) => written(id, "error", &error),
    };
    if line.len() > MAX_LINE_FROM_DAEMON {
        let error = Error::new(Code::Unexpected, "the answer is longer than 16 MiB; ask for less at once");
        return Some(written(id, "error", &error));
    }
    Some(line)
}

fn written(id: &str, member: &str, value: &impl Serialize) -> Vec<u8> {
    let mut line = Vec::with_capacity(256);
    line.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    line.extend_from_slice(id.as_bytes());
    line.extend_from_slice(format!(r#","{member}":"#).as_bytes());
    serde_json::to_writer(&mut line, value)
        .expect("schema types have string keys, and writing to memory cannot fail");
    line.extend_from_slice(b"}\n");
    line
}

/// The id's JSON text. A number that a computer's integers do not hold is taken from the line, digit by digit.
fn carried(line: &[u8], id: &Id) -> RequestId {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    if let Id::Number(number) = id
        && number.is_f64()
        && let Ok(line) = serde_json::from_slice::<Line<'_>>(line)
    {
        return Value::String(line.id.get().to_owned());
    }
    Value::String(serde_json::to_string(id).expect("a string or a number is JSON"))
}

#[cfg(test)]
mod tests {
    use ipc_schema::line::ReplyLine;
    use serde_json::json;

    use super::*;

    fn code(refused: Result<Call<'_>, Vec<u8>>) -> i64 {
        let line: Value = serde_json::from_slice(&refused.unwrap_err()).unwrap();
        assert_eq!(line["id"], Value::Null);
        line["error"]["code"].as_i64().unwrap()
    }

    #[test]
    fn every_id_comes_back_exactly_as_it_came() {
        for id in
            ["1", "-0", "1.0", "1e3", "123456789012345678901234567890", r#""a""#, r#""\u0000\"é""#, "null"]
        {
            let line = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#);
            let call = read(line.as_bytes()).unwrap();
            let answer = reply(&call.id, Ok(json!({}))).unwrap();
            let sent: Value = serde_json::from_str(id).unwrap();
            let back: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(back["id"], sent);
            if !id.starts_with('"') {
                assert_eq!(
                    answer,
                    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{}}}}\n").as_bytes()
                );
            }
        }
    }

    #[test]
    fn a_line_without_an_id_is_not_answered() {
        let call = read(br#"{"jsonrpc":"2.0","method":"m","params":{"a":1}}"#).unwrap();
        assert_eq!(call.params.unwrap().get(), r#"{"a":1}"#);
        assert_eq!(reply(&call.id, Ok(1)), None);
        assert_eq!(reply(&call.id, Err::<(), _>(Error::new(Code::Usage, "no"))), None);
    }

    #[test]
    fn what_is_no_json_and_what_is_no_request_are_told_apart() {
        assert_eq!(code(read(b"hello")), -32700);
        assert_eq!(code(read(b"")), -32700);
        assert_eq!(code(read(b"[1,")), -32700);
        assert_eq!(code(read(b"\xff\xfe")), -32700);
        assert_eq!(code(read(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}")), -32700);
        assert_eq!(code(read("[".repeat(100_000).as_bytes())), -32700);
        assert_eq!(code(read(b"[]")), -32600);
        assert_eq!(code(read(br#"[{"jsonrpc":"2.0","id":1,"method":"m"}]"#)), -32600);
        assert_eq!(code(read(br#" ["2.0",1,"m",{}]"#)), -32600);
        assert_eq!(code(read(b"7")), -32600);
        assert_eq!(code(read(br#"{"jsonrpc":"2.0","method":7}"#)), -32600);
        assert_eq!(code(read(br#"{"jsonrpc":"2.0","id":true,"method":"m"}"#)), -32600);
        assert_eq!(code(read(br#"{"jsonrpc":"1.0","method":"m"}"#)), -32600);
    }

    #[test]
    fn an_answer_looks_as_the_schema_writes_it() {
        let error = Error::new(Code::NotFound, "nobody").with_hint("try").with_retry_after_ms(3);
        let id = Value::String("7".into());
        let schema = ReplyLine::error(Id::Number(7.into()), error.clone()).encode();
        assert_eq!(reply(&id, Err::<(), _>(error)).unwrap(), schema);
        let schema = ReplyLine::new(Id::Number(7.into()), Ok(json!({"a": [1]}))).encode();
        assert_eq!(reply(&id, Ok(json!({"a": [1]}))).unwrap(), schema);
    }

    #[test]
    fn an_answer_longer_than_a_line_becomes_an_error() {
        let answer = reply(&Value::String("1".into()), Ok("x".repeat(MAX_LINE_FROM_DAEMON))).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["error"]["data"]["code"], "unexpected");
        assert_eq!(answer["id"], 1);
    }
}
