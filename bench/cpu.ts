// What PostgreSQL has computed: the time of the server's process, of those it has now, and of those that have ended. Where the system does not tell (Linux does, in /proc), NaN.
import { readdir, readFile } from 'node:fs/promises'

const TICKS_PER_SECOND = 100

interface Stat {
  readonly parent: number
  readonly own: number
  readonly ended: number
}

export async function cpuSecondsOf(postmaster: number): Promise<number> {
  const server = await statOf(postmaster)
  if (!server) return NaN
  const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map((name) => statOf(Number(name))))
  const children = all.filter((stat) => stat?.parent === postmaster)
  return (server.own + server.ended + children.reduce((sum, stat) => sum + (stat?.own ?? 0), 0)) / TICKS_PER_SECOND
}

/** Undefined: there is no such process, or no such file. */
async function statOf(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // From the third field on: the second is a name in brackets, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (field: number): number => Number(fields[field - 3])
  return { parent: at(4), own: at(14) + at(15), ended: at(16) + at(17) }
}
