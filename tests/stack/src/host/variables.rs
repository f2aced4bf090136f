//! `spin:variables`, from the manifest's resolved values.

use std::collections::BTreeMap;

use wasmtime::component::{Accessor, HasData, Linker};

wasmtime::component::bindgen!({ path: "wit", world: "host" });

use self::spin::variables::variables::{self as wit, Error};

/// Marks the part of the store's data that the interface needs.
pub struct Variables;

impl HasData for Variables {
    type Data<'a> = &'a BTreeMap<String, String>;
}

impl wit::Host for &BTreeMap<String, String> {}

impl<T: Send> wit::HostWithStore<T> for Variables {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<String, Error> {
        accessor.with(|mut access| access.get().get(&name).cloned()).ok_or(Error::Undefined(name))
    }
}

/// Makes the interface available to components whose store has the values.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    values: fn(&mut T) -> &BTreeMap<String, String>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Variables>(linker, values)
}
