//! Rows for other programs: every column by its name, whether it is shown or not.

use super::FeedState;
use crate::clock::Timestamp;

/// CSV (RFC 4180) of the rows in these slots, in this order, with a header line.
pub fn csv(feed: &FeedState, slots: &[u32]) -> String {
    let columns = feed.rows.columns();
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every record has as many fields as the header.
    let _ = writer.write_record(columns.iter().map(|column| column.title.as_bytes()));
    let mut fields: Vec<String> = vec![String::new(); columns.len()];
    for slot in slots {
        for (at, field) in fields.iter_mut().enumerate() {
            field.clear();
            feed.cell(*slot, at, Timestamp::default()).write_csv(field);
        }
        let _ = writer.write_record(&fields);
    }
    writer
        .into_inner()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// The rows as JSON objects with one member for each column, by its title in lower case.
pub fn json(feed: &FeedState, slots: &[u32]) -> Vec<serde_json::Value> {
    let columns = feed.rows.columns();
    let name = |title: &str| title.to_lowercase().replace(' ', "-");
    let row = |slot: &u32| {
        let members = columns.iter().enumerate();
        members
            .map(|(at, column)| {
                (
                    name(&column.title),
                    feed.cell(*slot, at, Timestamp::default()).json(),
                )
            })
            .collect()
    };
    slots
        .iter()
        .map(|slot| serde_json::Value::Object(row(slot)))
        .collect()
}
