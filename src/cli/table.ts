/** Tables in plain text, right-aligned in columns. */

/**
 * Lays out rows.
 *
 * @param rows - Cells; all rows as many.
 * @returns One line a row, columns two spaces apart, no trailing newline.
 */
export function textTable(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")).join("\n");
}
