//! What the gateway sends, read leniently and handed on untouched.

/// A JSON value as the host's engine parsed it.
///
/// Reading never fails: a member of an unexpected type counts as absent. Cloning is meant to be cheap where the engine
/// holds values by reference.
pub trait Payload: Clone + PartialEq {
    /// The value of an event or an answer that carries none.
    fn nothing() -> Self;

    /// A member of an object. `null` is a member.
    fn member(&self, name: &str) -> Option<Self>;

    /// The elements of an array.
    fn items(&self) -> Option<Vec<Self>>;

    /// Whether this is `null`.
    fn is_null(&self) -> bool;

    /// A string.
    fn as_text(&self) -> Option<String>;

    /// A number.
    fn as_number(&self) -> Option<f64>;

    /// A truth value.
    fn as_flag(&self) -> Option<bool>;

    /// A member that is a string.
    fn text(&self, name: &str) -> Option<String> {
        self.member(name)?.as_text()
    }

    /// A member that is a number of things or of milliseconds.
    fn count(&self, name: &str) -> Option<u64> {
        self.member(name)?.as_number().filter(|number| *number >= 0.0).map(|number| number as u64)
    }

    /// A member that is a truth value.
    fn flag(&self, name: &str) -> Option<bool> {
        self.member(name)?.as_flag()
    }

    /// The elements of a member; none where it is no array.
    fn list(&self, name: &str) -> Vec<Self> {
        self.member(name).and_then(|member| member.items()).unwrap_or_default()
    }

    /// The strings of a member.
    fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(Self::as_text).collect()
    }

    /// A member, or nothing.
    fn object(&self, name: &str) -> Self {
        self.member(name).unwrap_or_else(Self::nothing)
    }
}
