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

/** Rows as lines, every column as wide as its widest cell; those of `right` are flush with its end. */
export function aligned(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): readonly string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, n) => (widths[n] = Math.max(widths[n] ?? 0, cell.length)))
  const padded = (cell: string, n: number): string => (right.has(n) ? cell.padStart(widths[n] ?? 0) : cell.padEnd(widths[n] ?? 0))
  return rows.map((row) => row.map(padded).join('  ').trimEnd())
}

/** A value of a state, as short as it can be read. */
export const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
