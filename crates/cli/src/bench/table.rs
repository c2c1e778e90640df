//! The one table that is printed.
use std::fmt;

/// Rows in the order they were measured.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

struct Row {
    figure: String,
    measured: String,
    target: String,
    missed: bool,
}

impl Table {
    /// A figure that has to stay at or below `target`; both in `unit`.
    pub(super) fn at_most(&mut self, figure: &str, measured: f64, target: f64, unit: &str) {
        self.rows.push(Row {
            figure: figure.to_owned(),
            measured: format!("{} {unit}", number(measured)),
            target: format!("at most {}", number(target)),
            missed: measured > target,
        });
    }

    /// A figure that has to stay at or above `target`; both in `unit`.
    pub(super) fn at_least(&mut self, figure: &str, measured: f64, target: f64, unit: &str) {
        self.rows.push(Row {
            figure: figure.to_owned(),
            measured: format!("{} {unit}", number(measured)),
            target: format!("at least {}", number(target)),
            missed: measured < target,
        });
    }

    /// A figure for which there is no target.
    pub(super) fn fact(&mut self, figure: &str, measured: f64, unit: &str) {
        self.rows.push(Row {
            figure: figure.to_owned(),
            measured: format!("{} {unit}", number(measured)),
            target: String::new(),
            missed: false,
        });
    }
}

/// Three digits that count, or all of a whole number.
fn number(value: f64) -> String {
    // Digits in front of the point; none of a number below 1.
    let whole = value.abs().max(0.1).log10().floor() as i32 + 1;
    let decimals = usize::try_from(3 - whole).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if decimals.is_empty() { grouped } else { format!("{grouped}.{decimals}") }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = self.rows.iter().map(|row| row.figure.len()).max().unwrap_or(0);
        let measured = self.rows.iter().map(|row| row.measured.len()).max().unwrap_or(0);
        for row in &self.rows {
            write!(out, "{:<figure$}  {:>measured$}", row.figure, row.measured)?;
            match (row.target.as_str(), row.missed) {
                ("", _) => writeln!(out)?,
                (target, false) => writeln!(out, "  {target}")?,
                (target, true) => writeln!(out, "  {target}: MISSED")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        for (value, text) in [
            (0.0, "0.000"),
            (0.123_4, "0.123"),
            (1.5, "1.50"),
            (31.66, "31.7"),
            (999.6, "1,000"),
            (38_123.4, "38,123"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_row_says_whether_its_target_is_missed() {
        let mut table = Table::default();
        table.fact("connects", 38_000.0, "/s");
        table.at_most("well", 1.0, 2.0, "ms");
        table.at_most("ill", 3.0, 2.0, "ms");
        table.at_least("few", 69.0, 70.0, "%");
        let text = table.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "connects  38,000 /s");
        assert_eq!(lines[1], "well        1.00 ms  at most 2.00");
        assert_eq!(lines[2], "ill         3.00 ms  at most 2.00: MISSED");
        assert_eq!(lines[3], "few          69.0 %  at least 70.0: MISSED");
    }
}
