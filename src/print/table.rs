//! The layout of a table: columns of blanks, no borders, whatever the terminal's width.
//!
//! It knows text only; what a cell means and where the table goes is decided elsewhere.

/// Blanks that part a cell from the next column at least.
const PADDING: usize = 3;

/// The header and the rows as lines.
///
/// Every column but the last is as wide as its longest cell plus [`PADDING`], and at least
/// `min_width`. The last one is not padded, so a line ends in blanks only where its last cell is
/// empty. Widths count characters, as Go's `tabwriter` does, not the columns a terminal uses.
pub(crate) fn render(columns: &[&str], rows: &[Vec<String>], min_width: usize) -> String {
    let header: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let lines = || std::iter::once(&header).chain(rows);
    let width = |column: usize| {
        let cells = lines().filter_map(|line| line.get(column));
        let longest = cells.map(|cell| cell.chars().count()).max();
        min_width.max(longest.unwrap_or_default() + PADDING)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in lines() {
        let Some((last, padded)) = line.split_last() else {
            continue;
        };
        for (cell, width) in padded.iter().zip(&widths) {
            let blanks = width - cell.chars().count();
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', blanks));
        }
        text.push_str(last);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn short_cells_fill_the_minimum_width() {
        let text = render(&["IMAGE", "TAG"], &[row(&["busybox", "1.36"])], 20);
        assert_eq!(text, "IMAGE               TAG\nbusybox             1.36\n");
    }

    #[test]
    fn the_longest_cell_decides_from_seventeen_characters_on() {
        let cell = "x".repeat(18);
        let text = render(&["A", "B"], &[row(&[&cell, "b"])], 20);
        assert_eq!(text, format!("A{}B\n{cell}   b\n", " ".repeat(20)));
    }

    #[test]
    fn an_empty_last_cell_leaves_the_padding_before_it() {
        let text = render(&["A", "B"], &[row(&["a", ""])], 10);
        assert_eq!(text, "A         B\na         \n");
    }

    #[test]
    fn widths_count_characters_not_bytes() {
        let text = render(&["A", "B"], &[row(&["äöü", "b"])], 10);
        assert_eq!(text, "A         B\näöü       b\n");
    }

    proptest! {
        #[test]
        fn columns_start_at_the_same_character_in_every_line(
            rows in prop::collection::vec(prop::collection::vec("[a-zäß ]{0,30}", 3), 0..5),
            min_width in 0usize..25,
        ) {
            let marked: Vec<Vec<String>> = rows
                .iter()
                .map(|cells| cells.iter().map(|cell| format!("|{cell}")).collect())
                .collect();
            let text = render(&["|", "|", "|"], &marked, min_width);
            let starts = |line: &str| -> Vec<usize> {
                line.chars().enumerate().filter(|(_, c)| *c == '|').map(|(at, _)| at).collect()
            };
            let mut lines = text.lines().map(starts);
            let header = lines.next().unwrap_or_default();
            prop_assert_eq!(header.len(), 3);
            prop_assert!(lines.all(|line| line == header));
        }
    }
}
