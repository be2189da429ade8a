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

/// Lines and columns of many offsets of one text.
#[derive(Debug, Clone)]
pub struct LineIndex<'t> {
    text: &'t str,
    /// A place every so many bytes, from which the others are counted.
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    at: usize,
    line: u32,
    column: u32,
}

/// Bytes from one mark to the next.
const STRIDE: usize = 256;

impl<'t> LineIndex<'t> {
    /// Walks along the text once.
    pub fn new(text: &'t str) -> Self {
        let mut marks = vec![Mark { at: 0, line: 1, column: 1 }];
        let mut place = marks[0];
        for (at, c) in text.char_indices() {
            if at >= marks.len() * STRIDE {
                marks.push(Mark { at, ..place });
            }
            place.pass(c);
        }
        Self { text, marks }
    }

    /// As [`line_column`].
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let offset = self.text.len().min(usize::try_from(offset).unwrap_or(usize::MAX));
        let after = self.marks.partition_point(|mark| mark.at <= offset);
        let mut place = self.marks[after.saturating_sub(1)];
        for c in self.text[place.at..].chars() {
            if place.at + c.len_utf8() > offset {
                break;
            }
            place.at += c.len_utf8();
            place.pass(c);
        }
        (place.line, place.column)
    }
}

impl Mark {
    fn pass(&mut self, c: char) {
        if c == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.column = self.column.saturating_add(1);
        }
    }
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
    fn an_index_gives_the_same_places() {
        let text = "ab\r\nλ→x\n\nz".repeat(60) + &"λ".repeat(700) + "\n" + &"x".repeat(700);
        let index = LineIndex::new(&text);
        for offset in 0..u32::try_from(text.len()).unwrap() + 3 {
            assert_eq!(index.line_column(offset), line_column(&text, offset), "{offset}");
        }
        assert_eq!(LineIndex::new("").line_column(5), (1, 1));
    }

    #[test]
    fn an_offset_off_the_characters_means_the_nearest_before() {
        assert_eq!(line_column("aλ", 2), (1, 2));
        assert_eq!(line_column("a\nb", 99), (2, 2));
        assert_eq!(line_column("", 5), (1, 1));
    }
}
