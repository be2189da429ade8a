//! Nothing to import: see the programs and tests of this package.
