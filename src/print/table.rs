//! The layout of a table: columns separated by spaces, no borders, regardless of the terminal's width.
//!
//! It handles only text; what a cell means and where the table goes is decided elsewhere.

/// At least this many spaces separate a cell from the next column.
const PADDING: usize = 3;

/// The header and the rows as lines.
///
/// Every column but the last is as wide as its longest cell plus [`PADDING`], and at least `min_width`. The last one is
/// not padded, so a line ends in spaces only if its last cell is empty. Widths count characters, as Go's `tabwriter`
/// does, not terminal columns.
///
/// As for `tabwriter`, a tab in a cell starts another cell and a newline another line: so a column is as wide as its
/// longest cell in a run of lines that all have that column.
pub(crate) fn render(columns: &[&str], rows: &[Vec<String>], min_width: usize) -> String {
    let header = columns.join("\t");
    let text = rows.iter().fold(header, |text, row| text + "\n" + &row.join("\t"));
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|line| vec![0; line.len() - 1]).collect();
    for column in 0..widths.iter().map(Vec::len).max().unwrap_or_default() {
        align(&lines, &mut widths, column, min_width);
    }
    let mut out = String::new();
    for (line, widths) in lines.iter().zip(&widths) {
        for (cell, width) in line.iter().zip(widths) {
            out.push_str(cell);
            out.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
        }
        out.push_str(line.last().unwrap_or(&""));
        out.push('\n');
    }
    out
}

/// Sets the width of one column in each run of lines that have it.
fn align(lines: &[Vec<&str>], widths: &mut [Vec<usize>], column: usize, min_width: usize) {
    let mut start = 0;
    while start < lines.len() {
        let run = widths[start..].iter().take_while(|widths| widths.len() > column).count();
        let longest = lines[start..start + run].iter().map(|line| line[column].chars().count()).max();
        let width = min_width.max(longest.unwrap_or_default() + PADDING);
        widths[start..start + run].iter_mut().for_each(|widths| widths[column] = width);
        start += run.max(1);
    }
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

    #[test]
    fn a_newline_in_a_cell_ends_the_columns_after_it() {
        let text = render(&["A", "B", "C"], &[row(&["a", "x\ny", "c"])], 4);
        assert_eq!(text, "A   B   C\na   x\ny   c\n");
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
