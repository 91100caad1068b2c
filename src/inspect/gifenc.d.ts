/** What is used of `gifenc`, which comes without types. */
declare module "gifenc" {
  /** A GIF that is being written. */
  interface Gif {
    /** Appends a frame: an index into the palette for each pixel, row by row; the palette comes with the first. */
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { readonly palette?: ReadonlyArray<readonly number[]>; readonly delay: number },
    ): void;
    /** Ends the file. */
    finish(): void;
    /** A copy of what was written. */
    bytes(): Uint8Array;
  }
  const gifenc: {
    /** Begins a GIF. */
    GIFEncoder(): Gif;
  };
  export default gifenc;
}
