// Who works on what: every process that runs projections takes its part of the partitions, for all projections alike, and holds it by leases that it renews. One that dies loses them when they run
// out, and the others share what it had. A lease saves work; that nothing goes wrong without one is up to the sinks.
import type { Database } from '../../ledger/database.ts'
import { numberArray, textArray } from '../../ledger/sql-array.ts'

export const LEASE_MS = 10_000
export const HEARTBEAT_MS = 1_000

/** One projection on one sink. */
export interface RunName {
  readonly sink: string
  readonly view: string
}

export interface Held {
  readonly partition: number
  /** Stopped: at a version that it can not apply, until a person says how to go on. */
  readonly stopped: boolean
}

export interface Heartbeat {
  /** By runKey: what this process holds. Nothing of a run that is paused. */
  readonly held: ReadonlyMap<string, readonly Held[]>
}

export const runKey = ({ sink, view }: RunName): string => `${sink} ${view}`

export interface Leases {
  /** Renews, takes, and gives back; tells how far the runs are. */
  beat(positions: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<Heartbeat>
  /** Gives all back at once. */
  release(): Promise<void>
}

const ALIVE = `
  insert into views.runners (runner, alive_until) values ($1, clock_timestamp() + $2 * interval '1 ms')
  on conflict (runner) do update set alive_until = excluded.alive_until`
const OTHERS = `
  with gone as (delete from views.runners where alive_until < clock_timestamp() - interval '1 hour')
  select runner from views.runners where alive_until > clock_timestamp() order by runner`
const GIVE_BACK = `update views.runs set leased_until = '-infinity' where runner = $1 and leased_until > '-infinity' and partition <> all ($2::integer[])`
const TAKE = `
  insert into views.runs as r (sink, view, partition, runner, leased_until)
  select n.sink, n.view, p, $1, clock_timestamp() + $2 * interval '1 ms' from unnest($3::text[], $4::text[]) n(sink, view), unnest($5::integer[]) p
  order by n.sink, n.view, p
  on conflict (sink, view, partition) do update set runner = excluded.runner, leased_until = excluded.leased_until
    where r.runner = excluded.runner or r.leased_until < clock_timestamp()
  returning sink, view, partition, state = 'stopped' as stopped,
    exists (select from views.paused p where p.sink = r.sink and p.view = r.view) as paused`
const TELL = `
  update views.runs r set position = t.position from unnest($2::text[], $3::text[], $4::integer[], $5::bigint[]) t(sink, view, partition, position)
  where r.sink = t.sink and r.view = t.view and r.partition = t.partition and r.runner = $1 and r.position <> t.position`

export function leases(database: Database, runner: string, runs: readonly RunName[], partitions: number, leaseMs = LEASE_MS): Leases {
  const sinks = textArray(runs.map(({ sink }) => sink))
  const names = textArray(runs.map(({ view }) => view))

  /** The partitions that are this process's, as long as the same processes are alive. */
  async function share(): Promise<readonly number[]> {
    await database.query(ALIVE, [runner, leaseMs])
    const { rows } = await database.query<{ runner: string }>(OTHERS)
    const place = rows.findIndex((row) => row.runner === runner)
    return Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => partition % rows.length === place)
  }

  return {
    async beat(positions) {
      const mine = await share()
      await database.query(GIVE_BACK, [runner, numberArray(mine)])
      await tell(database, runner, positions)
      const { rows } = await database.query<RunName & Held & { readonly paused: boolean }>(TAKE, [
        runner,
        leaseMs,
        sinks,
        names,
        numberArray(mine),
      ])
      const held = Map.groupBy(
        rows.filter(({ paused }) => !paused),
        runKey,
      )
      return { held }
    },
    async release() {
      await database.query(GIVE_BACK, [runner, '{}'])
      await database.query('delete from views.runners where runner = $1', [runner])
    },
  }
}

async function tell(database: Database, runner: string, positions: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void> {
  const told = [...positions].flatMap(([key, places]) => [...places].map(([partition, position]) => ({ key, partition, position })))
  if (told.length === 0) return
  const [sinks, views] = [0, 1].map((part) => textArray(told.map(({ key }) => key.split(' ')[part])))
  await database.query(TELL, [
    runner,
    sinks,
    views,
    numberArray(told.map(({ partition }) => partition)),
    numberArray(told.map(({ position }) => position)),
  ])
}
