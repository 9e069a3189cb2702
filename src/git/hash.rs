//! Whether bytes are the object that a name says. Asked where nothing else would tell: a loose
//! object may be any file, while an entry of a pack has a checksum of its own.

use git2::{ObjectFormat, ObjectType, Oid};

use crate::model::object::{Kind, ObjectId};

/// True when the object with this type and content has this name.
pub fn is_named(id: ObjectId, kind: Kind, content: &[u8]) -> bool {
    let kind = match kind {
        Kind::Blob => ObjectType::Blob,
        Kind::Tree => ObjectType::Tree,
        Kind::Commit => ObjectType::Commit,
        Kind::Tag => ObjectType::Tag,
    };
    let format = match id.as_bytes().len() {
        32 => ObjectFormat::Sha256,
        _ => ObjectFormat::Sha1,
    };
    Oid::hash_object_ext(kind, content, format).is_ok_and(|oid| oid.as_bytes() == id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::is_named;
    use crate::model::object::{Kind, ObjectId};

    #[test]
    fn the_empty_blob_has_its_well_known_names() {
        // From git's `t/oid-info/hash-info`.
        let names = [
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
            "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
        ];
        for name in names {
            let id = ObjectId::from_hex(name.as_bytes()).expect("a name");
            assert!(is_named(id, Kind::Blob, b""));
            assert!(!is_named(id, Kind::Blob, b"x") && !is_named(id, Kind::Tree, b""));
        }
    }
}
