/**
 * Stands where the module with threads would, in a package that was built without it: it has the name that is imported,
 * and whoever loads it is given the reason.
 */

export let instantiate;

throw new Error("this package was built without threads, for want of the sources of Rust's standard library");
