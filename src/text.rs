//! Text for the wire, without the formatting machinery of the standard library, which costs a page more than it gives.

/// A number in decimal digits.
pub(crate) fn decimal(number: u64) -> String {
    let mut text = String::new();
    push_decimal(&mut text, number);
    text
}

fn push_decimal(text: &mut String, number: u64) {
    if number > 9 {
        push_decimal(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// Appends a component of a URL, as `encodeURIComponent` writes it.
pub(crate) fn push_url_component(url: &mut String, component: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in component.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push(char::from(DIGITS[usize::from(byte >> 4)]));
            url.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// A frame as JSON text, written member by member.
pub(crate) struct FrameText<'a> {
    text: String,
    quote: &'a dyn Fn(&str) -> String,
}

impl<'a> FrameText<'a> {
    /// The beginning of a frame; `quote` writes a text as a JSON string.
    pub(crate) fn new(frame_type: &str, quote: &'a dyn Fn(&str) -> String) -> Self {
        let mut text = String::from("{\"type\":\"");
        text.push_str(frame_type);
        text.push('"');
        Self { text, quote }
    }

    /// Adds a member whose value is JSON already.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        for part in [",\"", name, "\":", value] {
            self.text.push_str(part);
        }
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.json(name, &(self.quote)(value));
    }

    /// Adds a flag.
    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        self.json(name, if value { "true" } else { "false" });
    }

    /// The whole frame.
    pub(crate) fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// A frame as JSON text; the values of its members are JSON already.
pub(crate) fn object(frame_type: &str, members: &[(&str, String)]) -> String {
    let mut frame = FrameText::new(frame_type, &str::to_owned);
    for (name, value) in members {
        frame.json(name, value);
    }
    frame.end()
}

/// The place of a name in a table, which is one loop for all tables.
#[inline(never)]
pub(crate) fn place_in(table: &[&str], name: &str) -> Option<usize> {
    table.iter().position(|known| *known == name)
}

/// A sentence and what it is about.
pub(crate) fn said(sentence: &str, subject: &str) -> String {
    let mut text = String::from(sentence);
    text.push_str(subject);
    text
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_smallest_and_the_largest_number_are_written() {
        assert_eq!([decimal(0), decimal(u64::MAX)], ["0".to_owned(), u64::MAX.to_string()]);
    }

    proptest! {
        #[test]
        fn a_number_is_written_as_the_standard_library_does(number: u64) {
            prop_assert_eq!(decimal(number), number.to_string());
        }

        #[test]
        fn a_component_holds_no_delimiter_and_can_be_read_back(text: String) {
            let mut url = String::new();
            push_url_component(&mut url, &text);
            prop_assert!(url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()%".contains(&byte)));
            let mut bytes = Vec::new();
            let mut rest = url.as_bytes();
            while let Some((first, others)) = rest.split_first() {
                if *first == b'%' {
                    let hex = std::str::from_utf8(&others[..2]).unwrap();
                    bytes.push(u8::from_str_radix(hex, 16).unwrap());
                    rest = &others[2..];
                } else {
                    bytes.push(*first);
                    rest = others;
                }
            }
            prop_assert_eq!(String::from_utf8(bytes).unwrap(), text);
        }
    }
}
