//! Sizes of the cameras that the headers of AEDAT 2.0 and 3.1 name.

/// Parts of names by which jAER, cAER and DV call a camera, and its width and height. A part that is contained in another
/// comes after it.
const CAMERAS: &[(&str, [u32; 2])] = &[
    ("DAVIS240", [240, 180]),
    ("DAVIS346", [346, 260]),
    ("DAVIS640", [640, 480]),
    ("DAVIS208", [208, 192]),
    ("DAVIS128", [128, 128]),
    ("DVS128", [128, 128]),
    ("TMPDIFF128", [128, 128]),
    ("DVS132", [132, 104]),
];

/// Width and height of the camera that a text names, in any case.
pub(super) fn sensor(text: &str) -> Option<[u32; 2]> {
    let text = text.to_ascii_uppercase();
    CAMERAS.iter().find(|(name, _)| text.contains(name)).map(|&(_, sensor)| sensor)
}

/// A name that is known to have this width and height.
pub(super) fn name(sensor: [u32; 2]) -> Option<&'static str> {
    match sensor {
        [128, 128] => Some("DVS128"),
        [240, 180] => Some("DAVIS240C"),
        _ => CAMERAS.iter().find(|&&(_, known)| known == sensor).map(|&(name, _)| name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_are_found_within_the_names_that_programs_give_them() {
        assert_eq!(sensor("eu.seebetter.ini.chips.davis.DAVIS240C"), Some([240, 180]));
        assert_eq!(sensor("ch.unizh.ini.jaer.chip.retina.Tmpdiff128"), Some([128, 128]));
        assert_eq!(sensor("Davis346blue"), Some([346, 260]));
        assert_eq!(sensor("CochleaAMS1c"), None);
    }

    #[test]
    fn a_name_that_is_written_is_read_as_the_same_size() {
        for &(_, size) in CAMERAS {
            assert_eq!(sensor(name(size).unwrap()), Some(size));
        }
        assert_eq!(name([34, 34]), None);
    }
}
