//! The functions of a Rust file, with the type or trait they belong to and the lines they take.

use syn::{spanned::Spanned, visit::Visit};

use crate::source::is_test;

pub(crate) struct Function {
    /// `Type::name` in an `impl` or a trait, else `name`.
    pub(crate) name: String,
    /// The line of `fn`.
    pub(crate) first: usize,
    /// The line of the closing brace.
    last: usize,
}

impl Function {
    pub(crate) fn lines(&self) -> usize {
        self.last + 1 - self.first
    }
}

/// All functions with a body, but those of tests.
pub(crate) fn functions(file: &syn::File) -> Vec<Function> {
    let mut visitor = Functions { owner: None, found: Vec::new() };
    visitor.visit_file(file);
    visitor.found
}

struct Functions {
    /// The type whose `impl`, or the trait, that is being walked.
    owner: Option<String>,
    found: Vec<Function>,
}

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let owner = self.owner.as_ref().map(|owner| format!("{owner}::")).unwrap_or_default();
        self.found.push(Function {
            name: format!("{owner}{}", signature.ident),
            first: signature.span().start().line,
            last: block.span().end().line,
        });
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !is_test(&function.attrs) {
            self.add(&function.sig, &function.block);
            syn::visit::visit_item_fn(self, function);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let before = self.owner.replace(type_name(&item.self_ty));
        syn::visit::visit_item_impl(self, item);
        self.owner = before;
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test(&function.attrs) {
            self.add(&function.sig, &function.block);
            syn::visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let before = self.owner.replace(item.ident.to_string());
        syn::visit::visit_item_trait(self, item);
        self.owner = before;
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

fn type_name(ty: &syn::Type) -> String {
    let syn::Type::Path(path) = ty else { return String::new() };
    path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn functions_carry_their_owner_and_their_lines() {
        let text = "fn a() {}\nimpl B {\n    pub fn c(\n    ) {\n    }\n}\ntrait D {\n    fn e();\n    fn f() {}\n}\n\
                    #[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
        let found: Vec<(String, usize, usize)> = functions(&syn::parse_file(text).unwrap())
            .into_iter()
            .map(|function| (function.name.clone(), function.first, function.lines()))
            .collect();
        assert_eq!(found, [("a".into(), 1, 1), ("B::c".into(), 3, 3), ("D::f".into(), 9, 1)]);
    }
}
