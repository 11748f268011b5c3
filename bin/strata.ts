#!/usr/bin/env node
// The `strata` command: data on stdout, everything else on stderr, and an exit code that says how it went. Users see sentences; only a fault
// of the program shows where it happened.

import { CommanderError } from 'commander'
import { CommandFailed, EXIT } from './exit.ts'
import { Interrupted } from './interrupt.ts'
import { say } from './output.ts'
import { program } from './program.ts'

process.stderr.on('error', () => undefined) // nobody listens any more: that is no reason to stop

try {
  await program().parseAsync()
} catch (error) {
  process.exitCode = ended(error)
}
// What has been written is out before the process ends, and nothing left behind by an interruption keeps it.
process.stdout.write('', () => process.exit())

function ended(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof CommandFailed) {
    say(error.asIs ? error.message : `strata: ${error.message}`)
    return error.exitCode
  }
  say(`strata: this is a fault of the program: ${error instanceof Error ? error.stack : String(error)}`)
  return EXIT.failed
}
