//! What of all Unicode can be seen, as the database judges it: a message of nothing else is none.

use it::running;
use regex::Regex;

/// Unicode's own tables, by way of the crate `regex`: white space, controls, what is to be ignored, and format characters
/// that are no signs of their own.
const UNSEEN: &str =
    r"^[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}[\p{Cf}--\p{Prepended_Concatenation_Mark}]]$";

/// Drawn as nothing, although Unicode has them among letters, marks and symbols: Braille's pattern without dots, a filler,
/// two blank hieroglyphs, a note without a head, and what joins the parts of a hieroglyph.
const DRAWN_AS_NOTHING: [u32; 5] = [0x2800, 0x13441, 0x13442, 0x16fe4, 0x1d159];

#[tokio::test]
async fn the_database_knows_every_character_that_cannot_be_seen() {
    let unseen = Regex::new(UNSEEN).unwrap();
    let expected: Vec<i32> = (1..=0x10_ffff_u32)
        .filter_map(char::from_u32)
        .filter(|c| DRAWN_AS_NOTHING.contains(&u32::from(*c)) || unseen.is_match(&c.to_string()))
        .map(|c| i32::try_from(u32::from(c)).unwrap())
        .collect();
    let database = running().stack.cluster().connect("postgres").await.unwrap();

    // Planes 0, 1 and 14: the others have ideographs and what is nobody's.
    let query = "select array_agg(number order by number) \
         from (select generate_series(1, 131071) union all select generate_series(917504, 921599)) as of (number) \
         where number not between 55296 and 57343 and lockstep.is_blank(chr(number))";
    let judged: Vec<i32> = database.query_one(query, &[]).await.unwrap().get(0);

    let differ = |one: &[i32], other: &[i32]| {
        one.iter().filter(|number| other.binary_search(number).is_err()).map(|n| format!("{n:x}")).collect::<Vec<_>>()
    };
    assert_eq!((differ(&expected, &judged), differ(&judged, &expected)), Default::default());
}
