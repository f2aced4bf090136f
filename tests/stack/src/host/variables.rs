//! `spin:variables`, from the manifest's resolved values.

use std::{collections::BTreeMap, sync::Arc};

use wasmtime::component::{Accessor, HasData, Linker};

wasmtime::component::bindgen!({ path: "wit", world: "host" });

use self::spin::variables::variables::{self as wit, Error};
use super::boundary::Boundary;

/// Marks the part of the store's data that the interface needs.
pub struct Variables;

impl HasData for Variables {
    type Data<'a> = Values<'a>;
}

/// The values, and what a reading passes on its way.
pub struct Values<'a>(pub &'a BTreeMap<String, String>, pub Option<&'a Arc<dyn Boundary>>);

impl wit::Host for Values<'_> {}

impl<T: Send> wit::HostWithStore<T> for Variables {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<String, Error> {
        let value = accessor.with(|mut access| {
            let Values(values, boundary) = access.get();
            match boundary {
                Some(boundary) => boundary.variable(&name, values.get(&name)),
                None => values.get(&name).cloned(),
            }
        });
        value.ok_or(Error::Undefined(name))
    }
}

/// Makes the interface available to components whose store has the values.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    values: fn(&mut T) -> Values<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Variables>(linker, values)
}
