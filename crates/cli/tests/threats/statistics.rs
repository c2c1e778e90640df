//! Whether two classes of times differ, and whether bytes look random.

/// How well two samples of times can be told apart: the largest of Welch's t when the times above the 50th, 75th and 90th
/// percentile of both together are left out in turn, which are the machine's and not the server's.
pub(crate) fn welch_t(first: &[f64], second: &[f64]) -> f64 {
    let mut all = [first, second].concat();
    all.sort_by(f64::total_cmp);
    let t_below = |percent: usize| {
        let limit = all[(all.len() - 1) * percent / 100];
        let moments = |times: &[f64]| {
            let kept: Vec<f64> = times.iter().copied().filter(|time| *time <= limit).collect();
            let count = kept.len().max(2) as f64;
            let mean = kept.iter().sum::<f64>() / count;
            let variance = kept.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
            // A class of which nothing is left is as different as can be, unless it hardly had anything.
            let is_gone = kept.len() < 2 && times.len() > 10;
            (mean, if is_gone { f64::NAN } else { variance.max(f64::MIN_POSITIVE) / count })
        };
        let ((mean_1, error_1), (mean_2, error_2)) = (moments(first), moments(second));
        let t = ((mean_1 - mean_2) / (error_1 + error_2).sqrt()).abs();
        if t.is_nan() { f64::INFINITY } else { t }
    };
    [50, 75, 90].into_iter().map(t_below).fold(0.0, f64::max)
}

/// The chi-square statistic of the 256 values of a byte, and what it exceeds by chance once in a million times: 255
/// degrees of freedom, by the approximation of Wilson and Hilferty.
pub(crate) fn chi_square(bytes: impl Iterator<Item = u8>) -> (f64, f64) {
    let mut counts = [0_u32; 256];
    bytes.for_each(|byte| counts[usize::from(byte)] += 1);
    let expected = f64::from(counts.iter().sum::<u32>()) / 256.0;
    let statistic = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    let (degrees, deviations) = (255.0_f64, 4.753);
    let spread = 2.0 / (9.0 * degrees);
    (statistic, degrees * (1.0 - spread + deviations * spread.sqrt()).powi(3))
}

#[test]
fn equal_times_are_equal_and_others_are_not() {
    let times = |shift: f64| (0..500).map(|n| f64::from(n % 50) + shift).collect::<Vec<_>>();
    assert!(welch_t(&times(0.0), &times(0.0)) < 1.0);
    assert!(welch_t(&times(0.0), &times(10.0)) > 4.5);
    assert!(welch_t(&times(0.0), &times(1_000.0)) > 4.5);
}

#[test]
fn even_bytes_are_even_and_others_are_not() {
    let even = (0..256_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
    let (statistic, limit) = chi_square(even);
    assert!(statistic < limit && (350.0..400.0).contains(&limit), "{statistic} {limit}");
    let (statistic, limit) = chi_square((0..256_000_u32).map(|n| if n % 50 == 0 { 0 } else { n as u8 }));
    assert!(statistic > limit);
}
