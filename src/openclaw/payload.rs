//! What the gateway sends, read leniently and handed on untouched.

/// A JSON value as the host's engine parsed it.
///
/// Reading never fails: a member of an unexpected type counts as absent. Cloning is meant to be cheap where the engine
/// holds values by reference.
pub trait Payload: Clone + PartialEq {
    /// The value of an event or an answer that carries none.
    fn nothing() -> Self;

    /// A member of an object. `null` is a member.
    fn member(&self, name: &'static str) -> Option<Self>;

    /// The elements of an array.
    fn items(&self) -> Option<Vec<Self>>;

    /// Whether this is `null`.
    fn is_null(&self) -> bool;

    /// A string as a value. What grows with an answer stays one, so that no engine copies a long text for each piece.
    fn of_text(text: &str) -> Self;

    /// Whether this is a string.
    fn is_text(&self) -> bool;

    /// Whether this is a string without characters.
    fn is_empty_text(&self) -> bool;

    /// A string with another behind it; what is no string adds nothing.
    fn joined(&self, more: &Self) -> Self;

    /// What comes behind the start of a string; `None` where it starts otherwise, or one of them is no string.
    fn rest_after(&self, start: &Self) -> Option<Self>;

    /// A string.
    fn as_text(&self) -> Option<String>;

    /// A number.
    fn as_number(&self) -> Option<f64>;

    /// A truth value.
    fn as_flag(&self) -> Option<bool>;

    /// A member that is a string.
    fn text(&self, name: &'static str) -> Option<String> {
        self.member(name)?.as_text()
    }

    /// A member that is a number of things or of milliseconds.
    fn count(&self, name: &'static str) -> Option<u64> {
        self.member(name)?.as_number().filter(|number| *number >= 0.0).map(|number| number as u64)
    }

    /// A member that is a truth value.
    fn flag(&self, name: &'static str) -> Option<bool> {
        self.member(name)?.as_flag()
    }

    /// The elements of a member; none where it is no array.
    fn list(&self, name: &'static str) -> Vec<Self> {
        self.member(name).and_then(|member| member.items()).unwrap_or_default()
    }

    /// The strings of a member.
    fn texts(&self, name: &'static str) -> Vec<String> {
        self.list(name).iter().filter_map(Self::as_text).collect()
    }

    /// A member, or nothing.
    fn object(&self, name: &'static str) -> Self {
        self.member(name).unwrap_or_else(Self::nothing)
    }
}
