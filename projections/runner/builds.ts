// What is being built beside what is live, as everybody sees it: kept in the ledger's own database, so that who goes on with a build knows what it is of.
import type { Database } from '../../ledger/database.ts'
import type { RunName } from './leases.ts'

export interface Build {
  /** Of the projection. */
  readonly version: number
  readonly versions: number
  readonly total: number
}

export interface Builds {
  /** Undefined: nothing is begun. */
  find(run: RunName): Promise<Build | undefined>
  begin(run: RunName, version: number): Promise<void>
  tell(run: RunName, progress: Pick<Build, 'versions' | 'total'>): Promise<void>
  end(run: RunName): Promise<void>
}

export const builds = (database: Database): Builds => ({
  async find({ sink, view }) {
    const { rows } = await database.query<Build>(
      'select version, seen as versions, total from views.builds where sink = $1 and view = $2',
      [sink, view],
    )
    return rows[0]
  },
  async begin({ sink, view }, version) {
    await database.query(
      `insert into views.builds (sink, view, version) values ($1, $2, $3)
       on conflict (sink, view) do update set version = excluded.version, seen = 0, total = 0, started_at = clock_timestamp(), told_at = clock_timestamp()`,
      [sink, view, version],
    )
  },
  async tell({ sink, view }, { versions, total }) {
    await database.query('update views.builds set seen = $3, total = $4, told_at = clock_timestamp() where sink = $1 and view = $2', [
      sink,
      view,
      versions,
      total,
    ])
  },
  async end({ sink, view }) {
    await database.query('delete from views.builds where sink = $1 and view = $2', [sink, view])
  },
})
