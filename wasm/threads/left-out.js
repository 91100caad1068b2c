/**
 * Stands where the module with threads would, in a package that was built without it: it has the names that are imported,
 * and whoever loads it is given the reason.
 */

export let initSync;
export let lendThreads;
export let runThread;
export let threadFailed;

throw new Error("this package was built without threads, for want of the sources of Rust's standard library");
