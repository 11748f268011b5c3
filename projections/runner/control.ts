// What a person, or another process, sees and says of the runs: their states, pause and resume, retry. Kept in the ledger's own database, whatever the sink.
import type { Database } from '../../ledger/database.ts'
import type { Instant } from '../../ledger/instant.ts'
import { textArray } from '../../ledger/sql-array.ts'
import type { Poisoned } from '../fold.ts'
import type { Build } from './builds.ts'
import { runKey, type RunName } from './leases.ts'

/** A version that a projection could not apply, and waits at. */
export interface DeadLetter {
  readonly partition: number
  readonly position: number
  readonly entityId: string
  readonly version: number
  readonly error: string
  readonly since: Instant
}

/** stopped: at a dead letter; retrying: the sink fails; idle: no process works on it. */
export type RunState = 'running' | 'paused' | 'retrying' | 'stopped' | 'idle'

export interface Lag {
  readonly versions: number
  /** How long the oldest version that is not seen has been there. */
  readonly seconds: number
}

export interface PartitionStatus {
  readonly state: RunState
  readonly lag: Lag
}

export interface RunStatus extends RunName {
  /** The worst of its partitions; idle only where all are. */
  readonly state: RunState
  readonly error?: string
  readonly since?: Instant
  readonly deadLetters: readonly DeadLetter[]
  /** The position seen, by partition, as last told. */
  readonly positions: readonly number[]
  /** By partition. */
  readonly partitions: readonly PartitionStatus[]
  readonly lag: Lag
  /** What is being built beside it. */
  readonly build?: Build
}

export const MAX_ERROR_CHARACTERS = 1_000
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR_CHARACTERS)

interface RunRow extends RunName {
  readonly partition: number
  readonly position: number | null
  readonly state: 'running' | 'retrying' | 'stopped' | null
  readonly error: string | null
  readonly since: Instant | null
  readonly failed_position: number | null
  readonly failed_entity_id: string | null
  readonly failed_version: number | null
  readonly alive: boolean | null
  readonly head: number
  /** Of the oldest version that is not seen yet. */
  readonly waiting_seconds: number | null
}

const STATUS = `
  with heads as materialized (
    select p.partition, coalesce(h.position, 0) as head from ledger.partitions p
    left join lateral (select v.position from ledger.versions v where v.partition = p.partition order by v.position desc limit 1) h on true
  )
  select n.sink, n.view, p.partition, r.position, r.state, r.error, r.since, r.failed_position, r.failed_entity_id, r.failed_version,
    r.leased_until > clock_timestamp() as alive, p.head, extract(epoch from clock_timestamp() - w.recorded_at)::double precision as waiting_seconds
  from unnest($1::text[], $2::text[]) n(sink, view) cross join heads p
  left join views.runs r on r.partition = p.partition and r.sink = n.sink and r.view = n.view
  left join lateral (select v.recorded_at from ledger.versions v where v.partition = p.partition and v.position = coalesce(r.position, 0) + 1) w on true
  order by p.partition`
/** Of a build that nobody goes on with, nothing is told. */
const BUILD_IS_TOLD_WITHIN_SECONDS = 10
const BESIDE = `
  select n.sink, n.view, p.since, b.version, b.seen as versions, b.total
  from unnest($1::text[], $2::text[]) n(sink, view)
  left join views.paused p on p.sink = n.sink and p.view = n.view
  left join views.builds b on b.sink = n.sink and b.view = n.view and b.told_at > clock_timestamp() - interval '${BUILD_IS_TOLD_WITHIN_SECONDS} s'`

interface BesideRow extends RunName {
  /** Paused since. */
  readonly since: Instant | null
  readonly version: number | null
  readonly versions: number | null
  readonly total: number | null
}

export interface Control {
  status(run: RunName): Promise<RunStatus>
  /** In the order of the runs. */
  statuses(runs: readonly RunName[]): Promise<readonly RunStatus[]>
  pause(run: RunName, actor: string): Promise<void>
  resume(run: RunName): Promise<void>
  /** Stopped partitions try again. Answers the dead letters that were there. */
  retry(run: RunName): Promise<void>
  stopped(run: RunName, poisoned: Poisoned): Promise<void>
  /** It fails; undefined: no more. */
  trouble(run: RunName, runner: string, error: string | undefined): Promise<void>
}

export function control(database: Database): Control {
  async function statuses(runs: readonly RunName[]): Promise<readonly RunStatus[]> {
    const values = [textArray(runs.map(({ sink }) => sink)), textArray(runs.map(({ view }) => view))]
    const [status, beside] = await Promise.all([database.query<RunRow>(STATUS, values), database.query<BesideRow>(BESIDE, values)])
    const rows = Map.groupBy(status.rows, runKey)
    const others = new Map(beside.rows.map((row) => [runKey(row), row]))
    return runs.map((run) => statusOf(run, rows.get(runKey(run)) ?? [], others.get(runKey(run))))
  }

  return {
    status: async (run) => (await statuses([run]))[0] ?? statusOf(run, [], undefined),
    statuses,
    async pause({ sink, view }, actor) {
      await database.query('insert into views.paused (sink, view, actor) values ($1, $2, $3) on conflict do nothing', [sink, view, actor])
    },
    async resume({ sink, view }) {
      await database.query('delete from views.paused where sink = $1 and view = $2', [sink, view])
    },
    async retry({ sink, view }) {
      await database.query(
        `update views.runs set state = 'running', error = null, failed_position = null, failed_entity_id = null, failed_version = null, since = clock_timestamp()
         where sink = $1 and view = $2 and state = 'stopped'`,
        [sink, view],
      )
    },
    async stopped({ sink, view }, poisoned) {
      const { partition, position, entityId, version } = poisoned.record
      await database.query(
        `update views.runs set state = 'stopped', error = $4, failed_position = $5, failed_entity_id = $6, failed_version = $7, since = clock_timestamp()
         where sink = $1 and view = $2 and partition = $3`,
        [sink, view, partition, errorText(poisoned.cause), position, entityId, version],
      )
    },
    async trouble({ sink, view }, runner, error) {
      await database.query(
        `update views.runs set state = $4, error = $5, since = case when state = $4 then since else clock_timestamp() end
         where sink = $1 and view = $2 and runner = $3 and state <> 'stopped'`,
        [sink, view, runner, error === undefined ? 'running' : 'retrying', error ?? null],
      )
    },
  }
}

function statusOf(run: RunName, rows: readonly RunRow[], beside: BesideRow | undefined): RunStatus {
  const pausedSince = beside?.since ?? undefined
  const deadLetters = rows.flatMap((row) =>
    row.state === 'stopped' && row.failed_position !== null
      ? [
          {
            partition: row.partition,
            position: row.failed_position,
            entityId: row.failed_entity_id ?? '',
            version: row.failed_version ?? 0,
            error: row.error ?? '',
            since: row.since ?? '',
          },
        ]
      : [],
  )
  const partitions = rows.map((row) => partitionOf(row, pausedSince !== undefined))
  const trouble = rows[partitions.findIndex(({ state }) => state === 'retrying')]
  const since = pausedSince ?? deadLetters[0]?.since ?? trouble?.since
  const error = deadLetters[0]?.error ?? trouble?.error
  return {
    ...run,
    state: pausedSince === undefined ? (WORST_FIRST.find((one) => partitions.some(({ state }) => state === one)) ?? 'idle') : 'paused',
    ...(error && { error }),
    ...(since && { since }),
    deadLetters,
    positions: rows.map(({ position }) => position ?? 0),
    partitions,
    lag: {
      versions: partitions.reduce((sum, { lag }) => sum + lag.versions, 0),
      seconds: Math.max(0, ...partitions.map(({ lag }) => lag.seconds)),
    },
    ...buildOf(beside),
  }
}

/** Partitions that wait for another process are idle for a moment; a run is, where nobody works on any. */
const WORST_FIRST: readonly RunState[] = ['stopped', 'retrying', 'running', 'idle']

function partitionOf({ state, alive, head, position, waiting_seconds: seconds }: RunRow, isPaused: boolean): PartitionStatus {
  const working = alive ? (state ?? 'running') : 'idle'
  return {
    state: state === 'stopped' ? state : isPaused ? 'paused' : working,
    lag: { versions: Math.max(0, head - (position ?? 0)), seconds: seconds ?? 0 },
  }
}

const buildOf = (beside: BesideRow | undefined): Pick<RunStatus, 'build'> =>
  typeof beside?.version === 'number'
    ? { build: { version: beside.version, versions: beside.versions ?? 0, total: beside.total ?? 0 } }
    : {}
