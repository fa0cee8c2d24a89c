//! Text for the wire, without the formatting machinery of the standard library, which costs a page more than it gives.

/// A number in decimal digits.
pub(crate) fn decimal(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(b'0' + (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
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

/// A frame as JSON text; the values of its members are JSON already.
pub(crate) fn object(frame_type: &str, members: &[(&str, String)]) -> String {
    let mut text = String::from("{\"type\":\"");
    text.push_str(frame_type);
    text.push('"');
    for (name, value) in members {
        text.push_str(",\"");
        text.push_str(name);
        text.push_str("\":");
        text.push_str(value);
    }
    text.push('}');
    text
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
