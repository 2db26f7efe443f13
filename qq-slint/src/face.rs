//! Avatars: a picture that a friend chose, or a disc in a colour that belongs to the account, with the name's first
//! letter. Only what somebody looks at is fetched and decoded, and of that the newest is kept: a friend's picture takes
//! 83 kB of memory, and there may be thousands of friends.

pub(crate) mod load;
pub(crate) mod own;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;

use ipc_schema::presence;
use qq_slint_ui::{Face, Presence};
use slint::{Color, Image};

use self::load::{Pixels, Read};

/// The largest avatar that a server takes, in bytes.
const PICTURE_MAX: usize = 32 << 10;
/// So many pictures are asked for and decoded at once: well below what the line to the daemon holds.
const AT_ONCE: usize = 32;
/// So many wait until fewer are asked for: more than a screen shows. The one that waits longest gives way, its row was
/// scrolled past; it is asked for when the row comes again.
const WAITING: usize = 128;
/// So many are kept beside those of the open conversations: several screens full, 16 MB.
const KEPT: usize = 192;
/// Colours on which white has at least 4.5 : 1.
const COLOURS: [u32; 8] =
    [0x0b_6b_d3, 0x7a_3f_c4, 0x0f_7a_56, 0xb0_3a_5b, 0xa3_55_00, 0x4a_55_c9, 0x2f_74_33, 0x8f_3f_8a];

/// How far a picture is that somebody looks at.
enum Known {
    /// It waits for its turn.
    Waits,
    /// It is asked for, or being decoded.
    Asked,
    /// It could not be fetched; asked for again when the daemon or the relay is back.
    Failed,
    /// There is none, or none that can be shown.
    Nothing,
    Here(Image),
}

/// A picture, and when it was looked at last.
struct Kept {
    known: Known,
    looked: u64,
}

/// Whose picture is looked at: the account, its friend unless it is its own, and the picture's name (none: empty).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) account: String,
    pub(crate) friend: Option<String>,
    pub(crate) picture: String,
}

/// The pictures that are here, by their names.
pub(crate) struct Faces {
    pictures: RefCell<HashMap<String, Kept>>,
    waiting: RefCell<VecDeque<Wanted>>,
    /// How many are asked for now.
    asked: Cell<usize>,
    /// How many looks there were.
    looks: Cell<u64>,
    /// How many are kept.
    most: Cell<usize>,
    /// Those that came, or that can be had again, since somebody asked for this.
    came: RefCell<HashSet<String>>,
    reader: SyncSender<Read>,
}

impl Faces {
    /// Files are decoded by `reader`, which takes [`AT_ONCE`] of them without waiting.
    pub(crate) fn new(reader: SyncSender<Read>) -> Self {
        Self {
            pictures: RefCell::default(),
            waiting: RefCell::default(),
            asked: Cell::new(0),
            looks: Cell::new(0),
            most: Cell::new(KEPT),
            came: RefCell::default(),
            reader,
        }
    }

    /// The picture, when it is here; else it will be fetched.
    pub(crate) fn look(&self, wanted: &Wanted) -> Option<Image> {
        if wanted.picture.is_empty() {
            return None;
        }
        self.looks.set(self.looks.get() + 1);
        let looked = self.looks.get();
        if let Some(kept) = self.pictures.borrow_mut().get_mut(&wanted.picture) {
            kept.looked = looked;
            return match &kept.known {
                Known::Here(picture) => Some(picture.clone()),
                Known::Waits | Known::Asked | Known::Failed | Known::Nothing => None,
            };
        }
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= WAITING
            && let Some(passed) = waiting.pop_front()
        {
            self.pictures.borrow_mut().remove(&passed.picture);
        }
        waiting.push_back(wanted.clone());
        self.pictures.borrow_mut().insert(wanted.picture.clone(), Kept { known: Known::Waits, looked });
        None
    }

    /// Whether [`Faces::next`] has one.
    pub(crate) fn has_next(&self) -> bool {
        self.asked.get() < AT_ONCE && !self.waiting.borrow().is_empty()
    }

    /// The next picture to ask for, unless enough are asked for already. Each has to be [`Faces::answered`].
    pub(crate) fn next(&self) -> Option<Wanted> {
        if !self.has_next() {
            return None;
        }
        let next = self.waiting.borrow_mut().pop_front()?;
        self.asked.set(self.asked.get() + 1);
        self.know(&next.picture, Known::Asked);
        Some(next)
    }

    /// The answer has come: the picture lies in this file, there is none, or it could not be fetched.
    pub(crate) fn answered(&self, picture: &str, path: Result<Option<PathBuf>, ()>) {
        let known = match path {
            Ok(Some(path)) => match self.reader.try_send(Read { picture: picture.to_owned(), path }) {
                Ok(()) => return,
                Err(_) => Known::Failed,
            },
            Ok(None) => Known::Nothing,
            Err(()) => Known::Failed,
        };
        self.asked.set(self.asked.get().saturating_sub(1));
        self.know(picture, known);
    }

    /// A picture was decoded; none: it is not to be shown.
    pub(crate) fn decoded(&self, picture: String, pixels: Option<Pixels>) {
        self.asked.set(self.asked.get().saturating_sub(1));
        let known = pixels.map_or(Known::Nothing, |pixels| Known::Here(Image::from_rgba8(pixels)));
        self.know(&picture, known);
        self.came.borrow_mut().insert(picture);
    }

    fn know(&self, picture: &str, known: Known) {
        let mut pictures = self.pictures.borrow_mut();
        if let Some(kept) = pictures.get_mut(picture) {
            kept.known = known;
        }
        // What is on its way does not count: it is bounded by itself.
        let settled = |kept: &Kept| !matches!(kept.known, Known::Waits | Known::Asked);
        while pictures.values().filter(|kept| settled(kept)).count() > self.most.get() {
            let oldest =
                pictures.iter().filter(|(_, kept)| settled(kept)).min_by_key(|(_, kept)| kept.looked);
            let Some(oldest) = oldest.map(|(picture, _)| picture.clone()) else { return };
            pictures.remove(&oldest);
        }
    }

    /// So many conversations are open: their pictures are looked at again and again, and must not push each other out.
    pub(crate) fn keep_for(&self, conversations: usize) {
        self.most.set(KEPT + conversations);
    }

    /// Whether this one is to be looked at anew.
    pub(crate) fn has_come(&self, picture: &str) -> bool {
        self.came.borrow().contains(picture)
    }

    /// The pictures that are to be looked at anew.
    pub(crate) fn take_came(&self) -> HashSet<String> {
        std::mem::take(&mut *self.came.borrow_mut())
    }

    /// What could not be fetched is asked for again by whoever looks.
    pub(crate) fn retry(&self) {
        let mut came = self.came.borrow_mut();
        self.pictures.borrow_mut().retain(|picture, kept| {
            let failed = matches!(kept.known, Known::Failed);
            if failed {
                came.insert(picture.clone());
            }
            !failed
        });
    }
}

/// The face of an account that shows itself as `shown`, with this picture if there is one.
pub(crate) fn face(account: &str, shown: &str, picture: Option<Image>, presence: Presence) -> Face {
    let from = COLOURS[usize::from(hash(account)) % COLOURS.len()];
    Face {
        initial: initial(shown).into(),
        from: rgb(from),
        has_picture: picture.is_some(),
        picture: picture.unwrap_or_default(),
        presence,
    }
}

/// A presence in the window's words.
pub(crate) fn presence(state: presence::State, invisible: bool) -> Presence {
    if invisible {
        return Presence::Invisible;
    }
    match state {
        presence::State::Online => Presence::Online,
        presence::State::Away => Presence::Away,
        presence::State::Busy => Presence::Busy,
        presence::State::Offline => Presence::Offline,
    }
}

fn rgb(hex: u32) -> Color {
    Color::from_argb_encoded(0xff00_0000 | hex)
}

/// The first letter or digit; a sign when there is none.
fn initial(shown: &str) -> String {
    shown
        .chars()
        .find(|letter| letter.is_alphanumeric())
        .map_or_else(|| "☺".to_owned(), |letter| letter.to_uppercase().collect())
}

/// The same colour on every computer: FNV-1a over the account, folded to a byte.
fn hash(account: &str) -> u8 {
    let hash = account
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let [a, b, c, d] = hash.to_le_bytes();
    a ^ b ^ c ^ d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_colour_and_a_letter_of_its_shown_name() {
        assert_eq!(hash("alice"), hash("alice"));
        assert_eq!(initial("陈雨桐"), "陈");
        assert_eq!(initial("  (bob)"), "B");
        assert_eq!(initial("…"), "☺");
    }

    fn faces() -> (Faces, std::sync::mpsc::Receiver<Read>) {
        let (reader, reads) = std::sync::mpsc::sync_channel(AT_ONCE);
        (Faces::new(reader), reads)
    }

    fn look(faces: &Faces, n: usize) -> Option<Image> {
        let (account, friend) = ("alice@mock".to_owned(), Some(format!("f{n}")));
        faces.look(&Wanted { account, friend, picture: format!("p{n}") })
    }

    /// Whatever is asked for comes.
    fn come(faces: &Faces) -> usize {
        let mut came = 0;
        while let Some(next) = faces.next() {
            faces.answered(&next.picture, Ok(Some("/p".into())));
            faces.decoded(next.picture, Some(Pixels::new(1, 1)));
            came += 1;
        }
        came
    }

    #[test]
    fn of_many_pictures_some_are_asked_for_at_once_and_none_that_was_scrolled_past() {
        let (faces, _reads) = faces();
        for n in 0..1_000 {
            look(&faces, n);
            look(&faces, n);
        }
        let asked: Vec<_> = std::iter::from_fn(|| faces.next()).map(|next| next.picture).collect();
        let first = 1_000 - WAITING;
        assert_eq!(asked, (first..first + AT_ONCE).map(|n| format!("p{n}")).collect::<Vec<_>>());
        assert_eq!(faces.pictures.borrow().len(), WAITING);
        faces.answered(&asked[0], Err(()));
        assert_eq!(faces.next().map(|next| next.picture), Some(format!("p{}", first + AT_ONCE)));
        look(&faces, 0);
        assert_eq!(faces.waiting.borrow().back().map(|next| next.picture.as_str()), Some("p0"), "seen again");
    }

    #[test]
    fn of_the_pictures_of_thousands_of_friends_those_are_kept_that_were_looked_at_last() {
        let (faces, reads) = faces();
        look(&faces, 0);
        come(&faces);
        for n in 1..5_000 {
            look(&faces, n);
            come(&faces);
            while reads.try_recv().is_ok() {}
            assert!(look(&faces, 0).is_some(), "in view all the time");
        }
        assert_eq!(faces.pictures.borrow().len(), KEPT);
        assert!(look(&faces, 4_999).is_some() && look(&faces, 1).is_none());
        assert_eq!(come(&faces), 1, "and the one that was dropped comes again");
        assert!(look(&faces, 1).is_some());
    }

    #[test]
    fn what_failed_is_asked_for_when_somebody_says_so_and_what_is_not_there_never_again() {
        let (faces, _reads) = faces();
        look(&faces, 0);
        look(&faces, 1);
        while let Some(next) = faces.next() {
            faces.answered(&next.picture, if next.picture == "p0" { Err(()) } else { Ok(None) });
        }
        look(&faces, 0);
        assert!(!faces.has_next(), "none again by itself");
        faces.retry();
        assert_eq!(faces.take_came(), HashSet::from(["p0".to_owned()]), "its row is told");
        look(&faces, 0);
        look(&faces, 1);
        assert_eq!(faces.next().map(|next| next.picture).as_deref(), Some("p0"));
        assert!(faces.next().is_none());
    }
}
