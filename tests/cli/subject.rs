// tests/cli/subject.rs - a Rust program whose stacks have known names and inlined functions
// SPDX-License-Identifier: MIT

pub mod garden {
    pub struct Bed<T> {
        pub plants: Vec<T>,
    }

    impl<T: Default + Clone> Bed<T> {
        #[inline(always)]
        fn sow(count: usize) -> Vec<T> {
            vec![T::default(); count]
        }

        #[inline(never)]
        pub fn new(count: usize) -> Bed<T> {
            Bed { plants: Self::sow(count) } // line: new
        }
    }
}

#[inline(never)]
fn grow(count: usize) -> garden::Bed<u64> {
    let bed = garden::Bed::<u64>::new(count); // line: grow
    println!("{}", bed.plants.len());
    bed
}

fn main() {
    std::mem::forget(grow(1000)); // line: main
}
