// Who works on what: of each run, every process that has it takes its part of the partitions, and holds it by leases that it renews. One that dies loses them when they run
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
  /** Gives all back at once; tells how far the runs have come. */
  release(positions: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void>
}

const ALIVE = `
  insert into views.runners (runner, alive_until, works) values ($1, clock_timestamp() + $2 * interval '1 ms', $3)
  on conflict (runner) do update set alive_until = excluded.alive_until, works = excluded.works`
const ALL = `
  with gone as (delete from views.runners where alive_until < clock_timestamp() - interval '1 hour')
  select runner, works from views.runners where alive_until > clock_timestamp() order by runner`
const GIVE_BACK = `
  update views.runs r set leased_until = '-infinity' where r.runner = $1 and r.leased_until > '-infinity'
    and not exists (select from unnest($2::text[], $3::text[], $4::integer[]) m(sink, view, partition) where m.sink = r.sink and m.view = r.view and m.partition = r.partition)`
// Whoever takes over begins anew: a sink may fail for one process alone. A dead letter stays.
const TAKE = `
  insert into views.runs as r (sink, view, partition, runner, leased_until)
  select m.sink, m.view, m.partition, $1, clock_timestamp() + $2 * interval '1 ms' from unnest($3::text[], $4::text[], $5::integer[]) m(sink, view, partition)
  order by m.sink, m.view, m.partition
  on conflict (sink, view, partition) do update set runner = excluded.runner, leased_until = excluded.leased_until,
    state = case when r.runner <> excluded.runner and r.state = 'retrying' then 'running' else r.state end,
    error = case when r.runner <> excluded.runner and r.state = 'retrying' then null else r.error end
    where r.runner = excluded.runner or r.leased_until < clock_timestamp()
  returning sink, view, partition, state = 'stopped' as stopped,
    exists (select from views.paused p where p.sink = r.sink and p.view = r.view) as paused`
const TELL = `
  update views.runs r set position = t.position from unnest($2::text[], $3::text[], $4::integer[], $5::bigint[]) t(sink, view, partition, position)
  where r.sink = t.sink and r.view = t.view and r.partition = t.partition and r.runner = $1 and r.position <> t.position`

interface Part extends RunName {
  readonly partition: number
}

const columns = (parts: readonly Part[]): readonly string[] => [
  textArray(parts.map(({ sink }) => sink)),
  textArray(parts.map(({ view }) => view)),
  numberArray(parts.map(({ partition }) => partition)),
]

/** `works`: which runs the process takes a part of, now. */
export function leases(
  database: Database,
  runner: string,
  works: () => readonly RunName[],
  partitions: number,
  leaseMs = LEASE_MS,
): Leases {
  /** What is this process's, as long as the same processes are alive and work on the same. */
  async function share(): Promise<readonly Part[]> {
    const runs = works()
    await database.query(ALIVE, [runner, leaseMs, textArray(runs.map(runKey))])
    const { rows } = await database.query<{ runner: string; works: readonly string[] }>(ALL)
    return runs.flatMap((run) => {
      const workers = rows.filter((row) => row.works.includes(runKey(run)))
      const place = workers.findIndex((row) => row.runner === runner)
      return Array.from({ length: partitions }, (_, partition) => ({ ...run, partition })).filter(
        ({ partition }) => partition % workers.length === place,
      )
    })
  }

  return {
    async beat(positions) {
      const mine = await share()
      await database.query(GIVE_BACK, [runner, ...columns(mine)])
      await tell(database, runner, positions)
      const { rows } = await database.query<RunName & Held & { readonly paused: boolean }>(TAKE, [runner, leaseMs, ...columns(mine)])
      const held = Map.groupBy(
        rows.filter(({ paused }) => !paused),
        runKey,
      )
      return { held }
    },
    async release(positions) {
      await tell(database, runner, positions)
      await database.query(GIVE_BACK, [runner, ...columns([])])
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
