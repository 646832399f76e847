//! Rows for other programs: every column by its name, whether it is shown or not.

use super::FeedState;
use crate::clock::Timestamp;
use crate::kind::ColumnInfo;

/// CSV (RFC 4180) of the rows in these slots, in this order, with a header line.
pub fn csv(feed: &FeedState, slots: &[u32]) -> String {
    let columns = feed.rows.columns();
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every record has as many fields as the header.
    let _ = writer.write_record(names(columns));
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

/// The name of a column in JSON: lower case, `-` for blanks.
pub fn member(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

/// The rows as JSON objects with one [`member`] for each column: `cpu`, `cpu-%r`, `last-seen`.
pub fn json(feed: &FeedState, slots: &[u32]) -> Vec<serde_json::Value> {
    let names: Vec<String> = names(feed.rows.columns())
        .into_iter()
        .map(|name| member(&name))
        .collect();
    let row = |slot: &u32| {
        let members = names.iter().enumerate();
        members
            .map(|(at, name)| (name.clone(), feed.cell(*slot, at, Timestamp::default()).json()))
            .collect()
    };
    slots
        .iter()
        .map(|slot| serde_json::Value::Object(row(slot)))
        .collect()
}

/// Titles, each once whatever its case: one that several columns have (`%R` of CPU and of MEM) stands behind the last one before it that
/// only one has, `CPU %R` and `MEM %R`; what is still there twice, as a server's own columns may be, gets a number.
fn names(columns: &[ColumnInfo]) -> Vec<String> {
    let mut owner = "";
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let is_same = |other: &&ColumnInfo| other.title.eq_ignore_ascii_case(&column.title);
        let mut name = column.title.to_string();
        if columns.iter().filter(is_same).count() == 1 {
            owner = &column.title;
        } else if !owner.is_empty() {
            name = format!("{owner} {name}");
        }
        let is_taken = |wish: &str| names.iter().any(|known| known.eq_ignore_ascii_case(wish));
        let numbered = (2..).map(|number| format!("{name} {number}"));
        let free = std::iter::once(name.clone())
            .chain(numbered)
            .find(|wish| !is_taken(wish));
        names.push(free.unwrap_or_default());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Width;

    #[test]
    fn every_name_is_there_once() {
        let column = |title: &'static str| ColumnInfo {
            title: title.into(),
            width: Width::Rest(1),
            wide: false,
            volatile: false,
        };
        let columns = ["CPU", "%R", "%L", "MEM", "%R", "%L", "AGE"].map(column);
        assert_eq!(
            names(&columns),
            ["CPU", "CPU %R", "CPU %L", "MEM", "MEM %R", "MEM %L", "AGE"]
        );
        let columns = ["Name", "NAME", "Size", "x", "X", "x"].map(column);
        assert_eq!(
            names(&columns),
            ["Name", "NAME 2", "Size", "Size x", "Size X 2", "Size x 3"]
        );
    }
}
