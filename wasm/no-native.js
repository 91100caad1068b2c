/** Stands where the native addon would, in surroundings that cannot load one. */

throw new Error("a native addon needs Node; here is a browser or another engine");
