//! What the members of a group say, a line at a time, because they speak at once.

use std::collections::BTreeMap;

/// The lines that are not complete yet, by the name of who speaks.
#[derive(Default)]
pub struct Members(BTreeMap<String, String>);

impl Members {
    /// A member said something; the lines that are complete now.
    pub fn said(&mut self, name: &str, text: &str) -> Vec<String> {
        let line = self.0.entry(name.to_owned()).or_default();
        line.push_str(text);
        let Some(end) = line.rfind('\n') else { return Vec::new() };
        let rest = line.split_off(end + 1);
        let complete = std::mem::replace(line, rest);
        complete.lines().map(|line| shown(name, line)).collect()
    }

    /// A member paused; the line that it began.
    pub fn paused(&mut self, name: &str) -> Option<String> {
        let line = self.0.remove(name)?;
        (!line.trim().is_empty()).then(|| shown(name, line.trim_end()))
    }
}

/// A short name of a member of a run. Operations have long names; what they do not share tells them apart.
pub fn name_of(member: &str, operation_id: &str) -> String {
    const WIDTH: usize = 12;
    let own = member.strip_prefix(operation_id).map_or(member, |rest| rest.trim_start_matches('_'));
    let skipped = own.chars().count().saturating_sub(WIDTH);
    own.chars().skip(skipped).collect()
}

fn shown(name: &str, line: &str) -> String {
    format!("{name} │ {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_members_who_speak_at_once_are_not_mixed() {
        let mut members = Members::default();
        assert_eq!(members.said("critic", "no"), Vec::<String>::new());
        assert_eq!(members.said("writer", "yes\nand"), ["writer │ yes"]);
        assert_eq!(members.said("critic", " way\n"), ["critic │ no way"]);
        assert_eq!(members.paused("writer").as_deref(), Some("writer │ and"));
        assert_eq!(members.paused("critic"), None);
    }

    #[test]
    fn a_member_is_called_by_what_its_operation_does_not_share_with_the_run() {
        assert_eq!(name_of("op_1_critic", "op_1"), "critic");
        assert_eq!(name_of("op_0123456789ab", "op_1"), "0123456789ab");
    }
}
