//! Header blocks of SPDY/3.1: name and value pairs in one zlib stream for each direction. Knows no frames.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use super::SpdyError;

/// What both ends know beforehand (SPDY protocol draft 3.1, section 2.6.10.1).
const DICTIONARY: &[u8] = include_bytes!("dictionary.bin");
/// No honest header block is longer.
const LONGEST: usize = 64 << 10;

/// Reads the header blocks of one connection, in order.
#[derive(Debug)]
pub(super) struct Reader(Decompress);

/// Writes the header blocks of one connection, in order.
#[derive(Debug)]
pub(super) struct Writer(Compress);

impl Reader {
    pub fn new() -> Self {
        Self(Decompress::new(true))
    }

    /// The pairs of a block; names are in lower case.
    pub fn read(&mut self, block: &[u8]) -> Result<Vec<(String, String)>, SpdyError> {
        let plain = self.inflate(block)?;
        let mut rest = plain.as_slice();
        let count = number(&mut rest)?;
        (0..count)
            .map(|_| Ok((text(&mut rest)?, text(&mut rest)?)))
            .collect()
    }

    fn inflate(&mut self, mut block: &[u8]) -> Result<Vec<u8>, SpdyError> {
        let mut plain = Vec::with_capacity(1 << 10);
        loop {
            let before = (self.0.total_in(), plain.len());
            let outcome = self.0.decompress_vec(block, &mut plain, FlushDecompress::Sync);
            let taken = usize::try_from(self.0.total_in() - before.0).unwrap_or(usize::MAX);
            block = block.get(taken..).unwrap_or_default();
            match outcome {
                Err(error) if error.needs_dictionary().is_some() => {
                    self.0
                        .set_dictionary(DICTIONARY)
                        .map_err(|_| SpdyError::Headers)?;
                    continue;
                }
                Err(_) => return Err(SpdyError::Headers),
                Ok(_) => {}
            }
            if plain.len() > LONGEST {
                return Err(SpdyError::Headers);
            }
            if plain.len() < plain.capacity() && (block.is_empty() || (taken == 0 && plain.len() == before.1))
            {
                return Ok(plain);
            }
            plain.reserve(1 << 10);
        }
    }
}

impl Writer {
    pub fn new() -> Result<Self, SpdyError> {
        let mut deflate = Compress::new(Compression::fast(), true);
        deflate
            .set_dictionary(DICTIONARY)
            .map_err(|_| SpdyError::Headers)?;
        Ok(Self(deflate))
    }

    /// A block without pairs: the answers here have none.
    pub fn empty(&mut self) -> Result<Vec<u8>, SpdyError> {
        // Room for all of it: a few bytes of deflate and the flush after them.
        let mut block = Vec::with_capacity(256);
        self.0
            .compress_vec(&0_u32.to_be_bytes(), &mut block, FlushCompress::Sync)
            .map_err(|_| SpdyError::Headers)?;
        Ok(block)
    }
}

fn number(rest: &mut &[u8]) -> Result<u32, SpdyError> {
    let (head, tail) = rest.split_first_chunk::<4>().ok_or(SpdyError::Headers)?;
    *rest = tail;
    Ok(u32::from_be_bytes(*head))
}

fn text(rest: &mut &[u8]) -> Result<String, SpdyError> {
    let length = usize::try_from(number(rest)?).unwrap_or(usize::MAX);
    let (text, tail) = rest.split_at_checked(length).ok_or(SpdyError::Headers)?;
    *rest = tail;
    Ok(String::from_utf8_lossy(text).into_owned())
}
