// Promises: data goes to stdout, everything else to stderr; a reader that has gone (`| head`) ends the command, it does not crash it.

import { once } from 'node:events'

/** One line of data. Waits while the reader is slow. */
export async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}

/** One line for the person at the terminal. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Rows as lines, every column as wide as its widest cell; the last one is not padded. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, n) => (widths[n] = Math.max(widths[n] ?? 0, cell.length)))
  return rows.map((row) =>
    row
      .map((cell, n) => (n === row.length - 1 ? cell : cell.padEnd(widths[n] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** A value of a state, as short as it can be read. */
export const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
