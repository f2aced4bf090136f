//! What a log is packed in and written in, known by how it begins and not by its name.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::read::MultiGzDecoder;
use liblzma::{
    read::XzDecoder,
    stream::{CONCATENATED, Stream},
};

use super::{PIECE, lines};
use crate::Analysis;

/// Enough to see how a log begins.
const HEAD: u64 = 512;
/// A log that was packed, collected and packed again.
const LAYERS: u32 = 4;
/// In bytes: `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 128 << 20;

/// What the first bytes say.
enum Kind {
    /// RFC 1952, section 2.3.1.
    Gzip,
    /// RFC 8878, section 3.1.1, and 3.1.2, with which `pzstd` begins.
    Zstandard,
    /// The .xz file format, section 2.1.1.1.
    Xz,
    /// UTF-16, with or without a mark, or UTF-8 with one.
    Encoded(Option<&'static Encoding>),
    Plain,
}

/// Gives all of its lines to the analysis.
pub fn read_lines(input: Box<dyn BufRead + '_>, analysis: &mut Analysis) -> io::Result<()> {
    unpacked(input, LAYERS, analysis)
}

fn unpacked(mut input: Box<dyn BufRead + '_>, layers: u32, analysis: &mut Analysis) -> io::Result<()> {
    let mut head = Vec::new();
    // A pipe gives a few bytes at a time.
    input.by_ref().take(HEAD).read_to_end(&mut head)?;
    let kind = Kind::of(&head);
    let mut whole = Cursor::new(head).chain(input);
    let inner: Box<dyn Read + '_> = match kind {
        Kind::Gzip if layers > 0 => Box::new(MultiGzDecoder::new(whole)),
        Kind::Zstandard if layers > 0 => Box::new(zstd::Decoder::with_buffer(whole)?),
        Kind::Xz if layers > 0 => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
            Box::new(XzDecoder::new_stream(whole, stream))
        }
        Kind::Encoded(encoding) => {
            let decoded = DecodeReaderBytesBuilder::new().encoding(encoding).bom_override(true).build(whole);
            return lines(&mut BufReader::with_capacity(PIECE, decoded), analysis);
        }
        _ => return lines(&mut whole, analysis),
    };
    unpacked(Box::new(BufReader::with_capacity(PIECE, inner)), layers - 1, analysis)
}

impl Kind {
    fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstandard,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0xef, 0xbb, 0xbf, ..] => Self::Encoded(None),
            _ => utf_16(head).map_or(Self::Plain, |encoding| Self::Encoded(Some(encoding))),
        }
    }
}

/// Fewer characters than these do not say how they are encoded.
const LEAST_CHARACTERS: usize = 16;

/// Mostly ASCII, as records are: every other byte is zero. Zeros in pairs fill up a file that was rotated.
fn utf_16(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = || head.chunks_exact(2).filter(|pair| *pair != [0, 0]);
    let of = |zero: usize| pairs().filter(|pair| pair[zero] == 0).count();
    let (little, big, all) = (of(1), of(0), pairs().count());
    match () {
        () if all < LEAST_CHARACTERS => None,
        () if little * 4 > all * 3 && big == 0 => Some(UTF_16LE),
        () if big * 4 > all * 3 && little == 0 => Some(UTF_16BE),
        () => None,
    }
}
