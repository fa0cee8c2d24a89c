//! What the scripted agents say.

/// The thoughts that precede a markdown answer.
pub(super) const REASONING: [&str; 4] = [
    "The user wants an overview, ",
    "so a heading, a short list and one example should do. ",
    "I should mention what happens to markup in a message ",
    "and keep it brief.",
];

/// A markdown answer with headings, lists, code and a tag that a page must not obey.
pub(super) fn markdown(prompt: &str) -> String {
    let prompt = prompt.trim();
    if prompt.is_empty() {
        return MARKDOWN.to_owned();
    }
    let quoted: String = prompt.lines().map(|line| format!("> {line}\n")).collect();
    format!("{quoted}\n{MARKDOWN}")
}

/// A long answer of numbered sentences.
pub(super) fn long() -> String {
    let mut text = String::from("# A long answer\n");
    for section in 1..=20 {
        text.push_str(&format!("\n## Part {section}\n\n"));
        for sentence in 1..=10 {
            text.push_str(&format!("This is sentence {sentence} of part {section}, and it says where it stands. "));
        }
        text.push('\n');
    }
    text
}

/// Chunk `index` of a burst: its number, filled up to `bytes` bytes.
pub(super) fn burst_chunk(index: usize, bytes: usize) -> String {
    let number = format!("{index:08} ");
    number.chars().chain(std::iter::repeat('.')).take(bytes).collect()
}

/// Cuts a text into about `count` pieces of equal length, between characters.
pub(super) fn pieces(text: &str, count: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let length = characters.len().div_ceil(count).max(1);
    characters.chunks(length).map(|piece| piece.iter().collect()).collect()
}

const MARKDOWN: &str = r#"# How a message reaches you

An agent works on a *server*, and its words travel through a **gateway** while they are written.

## The three steps

1. The application starts a run and receives an `operationId`.
2. The page opens a socket and shows a short-lived token.
3. Every piece of the answer arrives as an event with a number:
   - text that belongs to the answer,
   - reasoning that led to it,
   - tools that want to be run.

## When the line breaks

The numbers make it whole again. A client remembers the last one and asks for the rest:

```js
socket.send(JSON.stringify({ type: 'resume', lastEventId: '118', wantStatus: true }));
```

| what happened | what the client does |
|---|---|
| socket closed | dials again, resumes |
| token expired | asks for a new one |
| gap in the buffer | loads the message instead |

> Markup in an answer is text: <b>this is not bold</b> & "quotes" stay as they are ✓ 世界

That is all there is to it.
"#;
