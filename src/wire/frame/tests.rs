use bytes::Bytes;
use prost::Message;

use super::{Encoding, FrameError, ListItem, ListMeta, ListReader, Status, WatchEvent, WatchReader};

fn delimited(field: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![field << 3 | 2];
    prost::encoding::encode_varint(payload.len() as u64, &mut out);
    out.extend_from_slice(payload);
    out
}

fn envelope(raw: &[u8]) -> Vec<u8> {
    let kind = [delimited(1, b"v1"), delimited(2, b"PodList")].concat();
    let fields = [
        delimited(1, &kind),
        delimited(2, raw),
        delimited(3, b""),
        delimited(4, b""),
    ];
    [b"k8s\0".as_slice(), &fields.concat()].concat()
}

fn metadata() -> ListMeta {
    ListMeta {
        resource_version: "42".into(),
        continue_: "more".into(),
        remaining: Some(7),
    }
}

/// An object whose metadata carries a resourceVersion.
fn object(version: &str, filler: usize) -> Vec<u8> {
    let meta = [
        delimited(1, b"web"),
        delimited(6, version.as_bytes()),
        delimited(12, &mark()),
    ]
    .concat();
    [delimited(1, &meta), delimited(2, &vec![b'x'; filler])].concat()
}

fn mark() -> Vec<u8> {
    [delimited(1, b"k8s.io/initial-events-end"), delimited(2, b"true")].concat()
}

fn proto_list() -> (Vec<u8>, Vec<ListItem>) {
    let items = [object("1", 3), object("2", 300), Vec::new()];
    let mut list = delimited(1, &metadata().encode_to_vec());
    list.extend([0x18, 0x96, 0x01]); // field 3, a number nobody reads
    for item in &items {
        list.extend(delimited(2, item));
    }
    let items = items.into_iter().map(|item| ListItem::Object(item.into()));
    let expected = std::iter::once(ListItem::Meta(metadata())).chain(items).collect();
    (envelope(&list), expected)
}

const ITEMS: [&str; 3] = [
    r#"{"metadata":{"name":"a\"}{"},"n":[1,{"b":[]}]}"#,
    "{}",
    r#"{ "s" : "\\" , "t": null }"#,
];

fn json_list(meta_first: bool) -> (Vec<u8>, Vec<ListItem>) {
    let meta = r#""metadata": {"resourceVersion":"42","continue":"more","remainingItemCount":7,"x":"}"}"#;
    let items = format!("\"items\" : [{} , {},\n{}]", ITEMS[0], ITEMS[1], ITEMS[2]);
    let objects = ITEMS.map(|item| ListItem::Object(item.into()));
    let meta_item = [ListItem::Meta(metadata())];
    let (text, expected) = if meta_first {
        (format!("{meta},{items}"), [&meta_item[..], &objects].concat())
    } else {
        (format!("{items},{meta}"), [&objects[..], &meta_item].concat())
    };
    let body = format!(" {{\"kind\":\"PodList\",\"n\":-1.5e3,\"b\":true,{text}}}\n");
    (body.into_bytes(), expected)
}

fn table_page() -> (Vec<u8>, Vec<ListItem>) {
    let body = r#"{"kind":"Table","rows":[{"cells":["]"]}],"metadata":{"resourceVersion":"42","continue":"more","remainingItemCount":7}}"#;
    let expected = vec![ListItem::Meta(metadata()), ListItem::Object(body.into())];
    (format!("{body}\n").into_bytes(), expected)
}

fn read_list(encoding: Encoding, chunks: &[&[u8]]) -> Result<Vec<ListItem>, FrameError> {
    let mut reader = ListReader::new(encoding);
    let mut items = Vec::new();
    for chunk in chunks {
        reader.push(chunk);
        while let Some(item) = reader.item()? {
            items.push(item);
        }
    }
    reader.finish().map(|()| items)
}

fn lists() -> [(Encoding, Vec<u8>, Vec<ListItem>); 4] {
    let with = |encoding, (body, items)| (encoding, body, items);
    [
        with(Encoding::Protobuf, proto_list()),
        with(Encoding::Json, json_list(true)),
        with(Encoding::Json, json_list(false)),
        with(Encoding::Table, table_page()),
    ]
}

#[test]
fn a_list_reads_the_same_however_it_is_cut() {
    for (encoding, body, expected) in lists() {
        assert_eq!(
            read_list(encoding, &[&body]).as_ref(),
            Ok(&expected),
            "{encoding:?}"
        );
        for at in 0..=body.len() {
            let (head, tail) = body.split_at(at);
            assert_eq!(
                read_list(encoding, &[head, tail]).as_ref(),
                Ok(&expected),
                "{encoding:?} {at}"
            );
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(read_list(encoding, &bytes), Ok(expected), "{encoding:?}");
    }
}

#[test]
fn items_are_given_out_before_the_body_ends() {
    let (body, expected) = json_list(true);
    let mut reader = ListReader::new(Encoding::Json);
    let second = body.windows(2).position(|pair| pair == b"{}").unwrap();
    reader.push(&body[..second]);
    assert_eq!(reader.item().unwrap().as_ref(), Some(&expected[0]));
    assert_eq!(reader.item().unwrap().as_ref(), Some(&expected[1]));
    assert_eq!(reader.item(), Ok(None));
}

#[test]
fn a_list_that_ends_early_is_never_taken_for_a_whole_one() {
    for (encoding, body, expected) in lists() {
        let end = body.iter().rposition(|byte| !byte.is_ascii_whitespace()).unwrap();
        for at in 0..=end {
            match read_list(encoding, &[&body[..at]]) {
                Err(_) => {}
                // What follows the list inside the envelope may be missing: it says nothing about the list.
                Ok(items) if encoding == Encoding::Protobuf => assert_eq!(items, expected, "{at}"),
                Ok(_) => panic!("{encoding:?} cut at {at}"),
            }
        }
    }
}

#[test]
fn hostile_bytes_end_in_an_error_or_in_items() {
    for (encoding, body, _) in lists() {
        for at in 0..body.len() {
            for flip in [
                0x01,
                0x80,
                0xff,
                b'"' ^ body[at],
                b'{' ^ body[at],
                b'\\' ^ body[at],
            ] {
                let mut bad = body.clone();
                bad[at] ^= flip;
                let _ = read_list(encoding, &[&bad]);
                let _ = read_watch(encoding, &[&bad]);
            }
        }
    }
    let huge = [
        b"k8s\0".as_slice(),
        &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ]
    .concat();
    assert!(matches!(
        read_list(Encoding::Protobuf, &[&huge]),
        Err(FrameError::TooLarge(_))
    ));
}

#[test]
fn an_empty_list_has_no_items() {
    for items in ["null", "[]", "[ ]"] {
        let body = format!(r#"{{"metadata":{{"resourceVersion":"42"}},"items":{items}}}"#);
        let read = read_list(Encoding::Json, &[body.as_bytes()]).unwrap();
        assert!(matches!(&read[..], [ListItem::Meta(meta)] if meta.resource_version == "42"));
    }
    let only = delimited(1, &metadata().encode_to_vec());
    let read = read_list(Encoding::Protobuf, &[&envelope(&only)]);
    assert_eq!(read, Ok(vec![ListItem::Meta(metadata())]));
}

#[test]
fn a_list_that_is_no_table_is_refused_when_a_table_was_asked_for() {
    let body = br#"{"kind":"PodList","metadata":{},"items":[]}"#;
    assert!(matches!(
        read_list(Encoding::Table, &[body]),
        Err(FrameError::Malformed(_))
    ));
}

fn read_watch(encoding: Encoding, chunks: &[&[u8]]) -> Result<Vec<WatchEvent>, FrameError> {
    let mut reader = WatchReader::new(encoding);
    let mut events = Vec::new();
    for chunk in chunks {
        reader.push(chunk);
        while let Some(event) = reader.event()? {
            events.push(event);
        }
    }
    reader.finish().map(|()| events)
}

fn frame(kind: &[u8], object: &[u8]) -> Vec<u8> {
    let event = [delimited(1, kind), delimited(2, &delimited(1, &envelope(object)))].concat();
    [(event.len() as u32).to_be_bytes().as_slice(), &event].concat()
}

fn gone() -> Status {
    Status {
        message: "too old resource version".into(),
        reason: "Expired".into(),
        details: None,
        code: 410,
    }
}

fn events(objects: [Bytes; 3]) -> Vec<WatchEvent> {
    let [added, modified, deleted] = objects;
    let upsert = |object, version: &str| WatchEvent::Upsert {
        object,
        resource_version: version.into(),
    };
    vec![
        upsert(added, "1"),
        upsert(modified, "2"),
        WatchEvent::Remove {
            object: deleted,
            resource_version: "3".into(),
        },
        WatchEvent::Bookmark {
            resource_version: "4".into(),
            initial_events_end: true,
        },
        WatchEvent::Error(gone()),
    ]
}

fn proto_watch() -> (Vec<u8>, Vec<WatchEvent>) {
    let objects = [object("1", 3), object("2", 200), object("3", 0)];
    let mut body = frame(b"ADDED", &objects[0]);
    body.extend(frame(b"MODIFIED", &objects[1]));
    body.extend(frame(b"DELETED", &objects[2]));
    body.extend(frame(b"NEWS", &objects[2]));
    body.extend(frame(b"BOOKMARK", &object("4", 0)));
    body.extend(frame(b"ERROR", &gone().encode_to_vec()));
    (body, events(objects.map(Bytes::from)))
}

fn json_watch() -> (Vec<u8>, Vec<WatchEvent>) {
    let objects = [
        r#"{"metadata":{"resourceVersion":"1","annotations":null}}"#,
        r#"{"spec":{"a":"\n}"},"metadata":{"resourceVersion":"2"}}"#,
        r#"{"kind":"Table","metadata":{},"rows":[{"object":{"metadata":{"resourceVersion":"3"}}}]}"#,
    ];
    let body = format!(
        "{{\"type\":\"ADDED\",\"object\":{}}}\n\n{{\"object\":{},\"type\":\"MODIFIED\"}}\r\n{{\"type\":\"DELETED\",\"object\":{}}}\n{}\n{}\n{}\n",
        objects[0],
        objects[1],
        objects[2],
        r#"{"type":"NEWS","object":{}}"#,
        r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"4","annotations":{"k8s.io/initial-events-end":"true"}}}}"#,
        r#"{"type":"ERROR","object":{"message":"too old resource version","reason":"Expired","code":410,"details":null}}"#,
    );
    (body.into_bytes(), events(objects.map(Bytes::from)))
}

#[test]
fn a_watch_reads_the_same_however_it_is_cut() {
    for (encoding, (body, expected)) in [
        (Encoding::Protobuf, proto_watch()),
        (Encoding::Json, json_watch()),
    ] {
        assert_eq!(
            read_watch(encoding, &[&body]).as_ref(),
            Ok(&expected),
            "{encoding:?}"
        );
        for at in 0..=body.len() {
            let (head, tail) = body.split_at(at);
            assert_eq!(
                read_watch(encoding, &[head, tail]).as_ref(),
                Ok(&expected),
                "{encoding:?} {at}"
            );
        }
    }
}

#[test]
fn hostile_watches_end_in_an_error_or_in_events() {
    for (encoding, (body, expected)) in [
        (Encoding::Protobuf, proto_watch()),
        (Encoding::Json, json_watch()),
    ] {
        for at in 0..body.len() {
            if let Ok(read) = read_watch(encoding, &[&body[..at]]) {
                assert!(expected.starts_with(&read), "{encoding:?} cut at {at}");
            }
            for flip in [0x01, 0x80, 0xff] {
                let mut bad = body.clone();
                bad[at] ^= flip;
                let _ = read_watch(encoding, &[&bad]);
            }
        }
    }
    let huge = [0xff, 0xff, 0xff, 0xff, 0];
    assert!(matches!(
        read_watch(Encoding::Protobuf, &[&huge]),
        Err(FrameError::TooLarge(_))
    ));
}

#[test]
fn a_status_reads_in_both_encodings() {
    let proto = Bytes::from(envelope(&gone().encode_to_vec()));
    assert_eq!(Status::read(&proto), Some(gone()));
    let json = r#"{"kind":"Status","reason":"TooManyRequests","code":429,"details":{"retryAfterSeconds":3}}"#;
    let status = Status::read(&Bytes::from(json)).unwrap();
    assert_eq!((status.code, status.retry_after()), (429, Some(3)));
    assert_eq!(Status::read(&Bytes::from("<html>")), None);
    assert_eq!(Status::read(&Bytes::from("{}")), None);
}

#[test]
fn the_content_type_tells_the_encoding() {
    for (text, table, expected) in [
        (
            "application/vnd.kubernetes.protobuf;stream=watch",
            false,
            Encoding::Protobuf,
        ),
        ("application/json", false, Encoding::Json),
        ("application/json; charset=utf-8", true, Encoding::Table),
        ("", false, Encoding::Json),
    ] {
        assert_eq!(Encoding::of(text, table), expected, "{text}");
    }
}

#[test]
fn a_watch_line_with_bad_bytes_is_an_event() {
    let mut reader = WatchReader::new(Encoding::Json);
    reader.push(
        b"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\xff\",\"resourceVersion\":\"7\"}}}\n",
    );
    let event = WatchEvent::Upsert {
        object: Bytes::from("{\"metadata\":{\"name\":\"a\u{fffd}\",\"resourceVersion\":\"7\"}}"),
        resource_version: "7".into(),
    };
    assert_eq!(reader.event().unwrap(), Some(event));
}
