//! `tar`, so that `kubectl cp` works: archives of a container's files (POSIX.1-1988 ustar, names of any length as GNU's), made and unpacked.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::disk::ROOM;
use super::session::{Done, Session};

/// Everything in an archive is made of these.
const BLOCK: usize = 512;
/// Where numbers and names stand in a header (POSIX.1-1988, 10.1.1).
const NAME: std::ops::Range<usize> = 0..100;
const SIZE: std::ops::Range<usize> = 124..136;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const PREFIX: std::ops::Range<usize> = 345..500;
const TYPE: usize = 156;

/// What is to be done.
#[derive(Debug, Default)]
struct Wish<'a> {
    what: char,
    /// Compressed.
    zips: bool,
    names_each: bool,
    /// The archive; `-` is the console.
    archive: &'a str,
    folder: &'a str,
    files: Vec<&'a str>,
}

/// Whether the archive is read from the input.
pub fn reads_input(arguments: &[&str]) -> bool {
    let wish = wish(arguments);
    matches!(wish.what, 'x' | 't') && wish.archive == "-"
}

/// Runs it; `data` is the input.
pub fn run(session: &mut Session, arguments: &[&str], data: Option<Vec<u8>>) -> Done {
    let wish = wish(arguments);
    let base = session.path(wish.folder);
    if !session.machine.is_folder(&base) {
        let text = format!("tar: {}: Cannot open: No such file or directory", wish.folder);
        return Done::failed(2, text + "\ntar: Error is not recoverable: exiting now");
    }
    match wish.what {
        'c' => create(session, &wish, &base),
        'x' | 't' => {
            let archive = match data.filter(|_| wish.archive == "-") {
                Some(data) => data.into(),
                None => session
                    .machine
                    .files
                    .get(&session.path(wish.archive))
                    .cloned()
                    .unwrap_or_default(),
            };
            read(session, &wish, (&base, archive))
        }
        _ => Done::failed(2, "tar: You must specify one of the '-cxt' options"),
    }
}

fn wish<'a>(arguments: &[&'a str]) -> Wish<'a> {
    let mut wish = Wish {
        archive: "-",
        folder: ".",
        ..Wish::default()
    };
    let mut words = arguments.iter().enumerate();
    while let Some((at, word)) = words.next() {
        let letters = match word.strip_prefix('-') {
            Some(rest) if !rest.is_empty() && !rest.starts_with('-') => rest,
            None if at == 0 => word,
            Some(rest) if rest.starts_with('-') => continue,
            _ => {
                wish.files.push(word);
                continue;
            }
        };
        for letter in letters.chars() {
            match letter {
                'c' | 'x' | 't' => wish.what = letter,
                'z' => wish.zips = true,
                'v' => wish.names_each = true,
                'f' => wish.archive = words.next().map_or("-", |(_, word)| word),
                'C' => wish.folder = words.next().map_or(".", |(_, word)| word),
                _ => {}
            }
        }
    }
    wish
}

fn create(session: &mut Session, wish: &Wish<'_>, base: &str) -> Done {
    let (mut archive, mut complaints, mut code) = (Vec::new(), Vec::new(), 0);
    let mut names = Vec::new();
    for file in &wish.files {
        let path = if file.starts_with('/') {
            session.path(file)
        } else {
            session.path(&format!("{base}/{file}"))
        };
        let found = below(session, &path);
        let bares = "tar: Removing leading `/' from member names\n".to_owned();
        if file.starts_with('/') && !complaints.contains(&bares) {
            complaints.push(bares);
        }
        if found.is_empty() {
            complaints.push(format!("tar: {file}: Cannot stat: No such file or directory\n"));
            code = 2;
        }
        let stem = file.trim_start_matches('/').trim_end_matches('/');
        for (rest, content) in found {
            let name = format!("{stem}{rest}").trim_start_matches('/').to_owned();
            push(
                &mut archive,
                &name,
                content.as_deref(),
                session.machine.began.seconds(),
            );
            names.push(name);
        }
    }
    if code != 0 {
        complaints.push("tar: Exiting with failure status due to previous errors\n".to_owned());
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    if wish.zips {
        let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
        // Into memory, which does not fail.
        archive = zipped
            .write_all(&archive)
            .and_then(|()| zipped.finish())
            .unwrap_or_default();
    }
    let mut done = Done {
        out: Vec::new(),
        err: complaints.concat().into_bytes(),
        code,
    };
    if wish.archive == "-" {
        done.out = archive;
    } else if !session.write(wish.archive, archive) {
        return full(wish.archive);
    }
    if wish.names_each {
        done.err
            .extend(names.iter().flat_map(|name| format!("{name}\n").into_bytes()));
    }
    done
}

/// What lies at a path and below it: the rest of the path, and the content (`None`: a folder).
fn below(session: &Session, path: &str) -> BTreeMap<String, Option<Bytes>> {
    let files = &session.machine.files;
    if let Some(content) = files.get(path) {
        return BTreeMap::from([(String::new(), Some(content.clone()))]);
    }
    let mut found = BTreeMap::new();
    if !session.machine.is_folder(path) {
        return found;
    }
    found.insert("/".to_owned(), None);
    let path = path.trim_end_matches('/');
    for (full, content) in files {
        let Some(rest) = full.strip_prefix(path).filter(|rest| rest.starts_with('/')) else {
            continue;
        };
        let folders = rest.match_indices('/').skip(1);
        found.extend(folders.filter_map(|(at, _)| Some((rest.get(..=at)?.to_owned(), None))));
        if !rest.ends_with("/.keep") {
            found.insert(rest.to_owned(), Some(content.clone()));
        }
    }
    found
}

/// Appends one member; a name that is too long goes before it in a member of its own (GNU tar manual, "Extensions").
fn push(archive: &mut Vec<u8>, name: &str, content: Option<&[u8]>, seconds: i64) {
    if name.len() > NAME.len() {
        let long = [name.as_bytes(), b"\0"].concat();
        push_block(archive, ("././@LongLink", b'L'), &long, 0);
    }
    let kind = if content.is_some() { b'0' } else { b'5' };
    push_block(archive, (name, kind), content.unwrap_or_default(), seconds);
}

fn push_block(archive: &mut Vec<u8>, (name, kind): (&str, u8), content: &[u8], seconds: i64) {
    let mut header = [0_u8; BLOCK];
    let mut put = |at: usize, text: &[u8]| {
        for (slot, byte) in header.iter_mut().skip(at).zip(text) {
            *slot = *byte;
        }
    };
    put(0, name.as_bytes().get(NAME).unwrap_or(name.as_bytes()));
    let mode = if kind == b'5' { "0000755\0" } else { "0000644\0" };
    put(100, mode.as_bytes());
    put(108, b"0000000\x000000000\0");
    put(SIZE.start, format!("{:011o}\0", content.len()).as_bytes());
    put(136, format!("{:011o}\0", seconds.max(0)).as_bytes());
    put(CHECKSUM.start, b"        ");
    put(TYPE, &[kind]);
    put(257, b"ustar\x0000root");
    put(297, b"root");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    for (slot, byte) in header
        .iter_mut()
        .skip(CHECKSUM.start)
        .zip(format!("{sum:06o}\0 ").bytes())
    {
        *slot = byte;
    }
    archive.extend_from_slice(&header);
    archive.extend_from_slice(content);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

fn read(session: &mut Session, wish: &Wish<'_>, (base, archive): (&str, Bytes)) -> Done {
    let archive = if wish.zips {
        unzipped(&archive)
    } else {
        Some(archive)
    };
    if archive.as_ref().is_some_and(|archive| archive.len() > ROOM) {
        return full(wish.archive);
    }
    let Some(members) = archive.as_deref().and_then(members) else {
        return Done::failed(
            2,
            "tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors",
        );
    };
    let mut names = String::new();
    for (name, content) in members {
        let inside = name.trim_start_matches("./").trim_start_matches('/');
        let path = session.path(&format!("{base}/{inside}"));
        if wish.what == 'x' {
            let stored = match content {
                Some(content) => session.write(&path, content.to_vec()),
                None if session.machine.is_folder(&path) => true,
                None => session.write(&format!("{path}/.keep"), Vec::new()),
            };
            if !stored {
                return full(&name);
            }
        }
        if wish.what == 't' || wish.names_each {
            names.extend([name.as_str(), "\n"]);
        }
    }
    Done::text(names)
}

fn full(name: &str) -> Done {
    Done::failed(2, format!("tar: {name}: Cannot write: No space left on device"))
}

/// What was compressed, as far as a byte more than fits on a disk.
fn unzipped(archive: &[u8]) -> Option<Bytes> {
    let mut plain = Vec::new();
    let most = ROOM as u64 + 1;
    GzDecoder::new(archive).take(most).read_to_end(&mut plain).ok()?;
    Some(plain.into())
}

/// Name and content of a member; a folder has no content.
type Member<'a> = (String, Option<&'a [u8]>);

/// The files and folders of an archive; `None` if it is none. Links and devices are left out.
fn members(mut rest: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut found = Vec::new();
    let mut long = None;
    while let Some((header, after)) = rest.split_at_checked(BLOCK) {
        if header.iter().all(|byte| *byte == 0) {
            return Some(found);
        }
        let size = usize::from_str_radix(&text(header.get(SIZE)?), 8).ok()?;
        let content = after.get(..size)?;
        rest = after.get(size.next_multiple_of(BLOCK)..).unwrap_or_default();
        let prefix = text(header.get(PREFIX)?);
        let own = text(header.get(NAME)?);
        let short = if prefix.is_empty() {
            own
        } else {
            format!("{prefix}/{own}")
        };
        match header.get(TYPE)? {
            b'L' => long = Some(text(content)),
            b'x' => long = pax_path(content),
            b'0' | 0 => found.push((long.take().unwrap_or(short), Some(content))),
            b'5' => found.push((long.take().unwrap_or(short), None)),
            _ => long = None,
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Text up to the first zero or space at its end.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default())
        .trim()
        .to_owned()
}

/// The name in a pax header (POSIX.1-2001, "pax Extended Header"): `LENGTH path=NAME`.
fn pax_path(content: &[u8]) -> Option<String> {
    let all = String::from_utf8_lossy(content);
    let mut records = all.lines().filter_map(|line| line.split_once(' '));
    records
        .find_map(|(_, record)| record.strip_prefix("path="))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let mut archive = Vec::new();
        let long = "very/".repeat(30) + "deep";
        push(&mut archive, "etc/", None, 1_800_000_000);
        push(&mut archive, "etc/hostname", Some(b"web-1\n"), 1_800_000_000);
        push(&mut archive, &long, Some(&[7; 700]), 1_800_000_000);
        archive.resize(archive.len() + 2 * BLOCK, 0);
        let wanted: Vec<Member<'_>> = vec![
            ("etc/".into(), None),
            ("etc/hostname".into(), Some(b"web-1\n")),
            (long, Some(&[7; 700])),
        ];
        assert_eq!(members(&archive), Some(wanted));
        assert_eq!(members(b"nonsense"), None);
    }

    #[test]
    fn options_are_read_as_kubectl_writes_them() {
        let up = wish(&[
            "--no-same-permissions",
            "--no-same-owner",
            "-xmf",
            "-",
            "-C",
            "/tmp",
        ]);
        assert_eq!((up.what, up.archive, up.folder), ('x', "-", "/tmp"));
        let down = wish(&["cf", "-", "/etc/hosts"]);
        assert_eq!(
            (down.what, down.archive, down.files),
            ('c', "-", vec!["/etc/hosts"])
        );
    }

    #[test]
    fn a_small_archive_that_grows_without_end_is_not_followed() {
        let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::copy(&mut std::io::repeat(0).take(2 * ROOM as u64), &mut zipped).unwrap();
        let archive = zipped.finish().unwrap();
        assert_eq!(unzipped(&archive).map(|plain| plain.len()), Some(ROOM + 1));
    }

    #[test]
    fn long_names_of_pax_archives_are_read() {
        assert_eq!(
            pax_path(b"30 mtime=1795000000.123456789\n22 path=some/long/name\n"),
            Some("some/long/name".into())
        );
    }
}
