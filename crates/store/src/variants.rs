//! Enums as fields of records: a tag byte, then the fields of the variant in the order written.
//!
//! As with [`record!`](crate::record), nothing is derived from a Rust type's layout, and no `Debug`: a variant may hold what
//! must not be printed.

/// Declares an enum that is a field of a record, each variant with its tag. Tags are never used twice, not even for a
/// variant that is gone.
///
/// ```
/// use store::{Field, Plain, Reader, variants};
/// variants! {
///     /// A shape.
///     pub enum Shape {
///         /// A point.
///         0 => Point,
///         /// A line.
///         1 => Line {
///             /// How long, in metres.
///             length: u32,
///         },
///     }
/// }
/// let mut bytes = Plain::new();
/// Shape::Line { length: 7 }.put(&mut bytes);
/// assert_eq!(*bytes, [1, 7]);
/// assert!(Shape::take(&mut Reader::new(&bytes)) == Ok(Shape::Line { length: 7 }));
/// assert!(Shape::take(&mut Reader::new(&[2])) == Err(store::Fault::Tag));
/// ```
#[macro_export]
macro_rules! variants {
    (
        $(#[$outer:meta])*
        pub enum $name:ident {
            $(
                $(#[$inner:meta])*
                $tag:literal => $variant:ident $({
                    $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
                })?,
            )+
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, PartialEq, Eq)]
        pub enum $name {
            $(
                $(#[$inner])*
                $variant $({ $($(#[$field_meta])* $field: $type,)* })?,
            )+
        }

        impl $crate::Field for $name {
            fn put(&self, out: &mut $crate::Plain) {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        out.push($tag);
                        $($(<$type as $crate::Field>::put($field, out);)*)?
                    })+
                }
            }

            #[deny(unreachable_patterns)]
            fn take(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::Fault> {
                Ok(match reader.byte()? {
                    $($tag => Self::$variant $({ $($field: <$type as $crate::Field>::take(reader)?),* })?,)+
                    _ => return Err($crate::Fault::Tag),
                })
            }
        }
    };
}
