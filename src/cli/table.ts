/** Tables in plain text. */

/**
 * Lays out rows.
 *
 * @param rows - Cells; all rows as many.
 * @param align - Which end of a cell stands in line with those above and below.
 * @returns One line a row, columns two spaces apart, no trailing newline.
 */
export function textTable(rows: ReadonlyArray<readonly string[]>, align: "left" | "right" = "right"): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  const laid = (cell: string, width: number) => (align === "right" ? cell.padStart(width) : cell.padEnd(width));
  return rows
    .map((row) =>
      row
        .map((cell, column) => laid(cell, widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
