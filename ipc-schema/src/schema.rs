//! The published JSON Schema (feature `schema`): what `qqctl schema` prints. Each schema is complete in itself.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{METHODS, error, event, protocol};

/// `{"protocol":1,"methods":{NAME:{about,short,params,reply}},"events":{NAME:data},"envelope":…,"error":…}`
/// in JSON Schema 2020-12.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut params = settings.clone().for_deserialize().into_generator();
    let mut replies = settings.for_serialize().into_generator();
    let schemas = crate::schemas(&mut params, &mut replies);
    let methods: Map<String, Value> = METHODS
        .iter()
        .zip(schemas)
        .map(|(row, (mut params, reply))| {
            let about = row.about;
            if row.takes_account() {
                add_account(&mut params);
            }
            let row_schema = json!({ "about": about, "short": row.short, "params": params, "reply": reply });
            (row.name.to_owned(), row_schema)
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The local API of qqd",
        "protocol": protocol::VERSION,
        "min_protocol": protocol::MIN,
        "methods": methods,
        "events": event::schemas(&mut replies),
        "envelope": params.subschema_for::<event::Wire>().to_value(),
        "error": replies.subschema_for::<error::Wire>().to_value(),
    })
}

/// The common param of most methods; a test sees to it that none of them has one of that name for anything else.
fn add_account(params: &mut Value) {
    let about = "Which account, by its local name, or by its own word while only one that is logged in is called so; \
                 needed only while several are logged in";
    let properties = &mut params["properties"];
    if properties.get("account").is_none() {
        properties["account"] = json!({ "description": about, "type": ["string", "null"] });
    }
}
