//! Lines and columns of byte offsets.

/// The line and the column of the character at byte `offset` of `text`, both from 1.
///
/// Columns count characters. An offset inside a character means that character, one past the end means the end.
pub fn line_column(text: &str, offset: u32) -> (u32, u32) {
    let mut at = text.len().min(usize::try_from(offset).unwrap_or(usize::MAX));
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let columns = before[line_start..].chars().count();
    (from_one(lines), from_one(columns))
}

fn from_one(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let text = "ab\r\nλ→x\n\nz";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 2), (1, 3));
        assert_eq!(line_column(text, 4), (2, 1));
        assert_eq!(line_column(text, 6), (2, 2));
        assert_eq!(line_column(text, 9), (2, 3));
        assert_eq!(line_column(text, 11), (3, 1));
        assert_eq!(line_column(text, 12), (4, 1));
    }

    #[test]
    fn an_offset_off_the_characters_means_the_nearest_before() {
        assert_eq!(line_column("aλ", 2), (1, 2));
        assert_eq!(line_column("a\nb", 99), (2, 2));
        assert_eq!(line_column("", 5), (1, 1));
    }
}
