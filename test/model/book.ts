// The model's ledger: every entity is the list of its changes, each a function; a state is what they come to. No events, no deciders, nothing of the ledger's own code.

export interface Raw {
  readonly owner: string
}

export type Change = (before: Raw | undefined) => Raw

export interface ModelVersion {
  readonly change: Change
  /** Undefined: when it is recorded. */
  readonly effectiveAt: string | undefined
  /** As the ledger answered it. */
  recordedAt: string
}

export interface ModelEntity {
  readonly versions: ModelVersion[]
  raw: Raw
}

export type Book = Map<string, ModelEntity>

/** What a command comes to: changes, in order, first that of the entity named; or no. */
export type Outcome = { readonly changes: readonly Planned[] } | { readonly status: number; readonly code: string }

export interface Planned {
  readonly entityId: string
  readonly change: Change
  /** Where it is not the command's own. */
  readonly effectiveAt?: string
}

export interface Command {
  readonly command: string
  readonly entityId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly effectiveAt?: string
  readonly commandId?: string
  readonly expectedVersion?: number
  readonly dryRun: boolean
}

export const no = (code: string, status = 422): Outcome => ({ status, code })
export const missing: Outcome = no('not_found', 404)
export const changes = (...planned: readonly Planned[]): Outcome => ({ changes: planned })

export const rawOf = <State extends Raw>(book: Book, id: unknown): State | undefined => book.get(String(id))?.raw as State | undefined
export const ownerOf = (id: string): string => id.split(':')[1] ?? ''

/** A change of what is there. */
export const after =
  <State extends Raw>(change: (before: State) => State): Change =>
  (before) =>
    change(before as State)

/** The state as it was known by one time and held at another. */
export function effective({ versions }: ModelEntity, knownBy: string, holding: string): Raw | undefined {
  const seen = versions
    .map((version, n) => ({ ...version, n, at: version.effectiveAt ?? version.recordedAt }))
    .filter(({ recordedAt, at }) => recordedAt <= knownBy && at <= holding)
  if (seen[0]?.n !== 0) return undefined
  const order = [...seen].sort((a, b) => Number(a.n !== 0) - Number(b.n !== 0) || (a.at < b.at ? -1 : a.at > b.at ? 1 : a.n - b.n))
  return order.reduce<Raw | undefined>((raw, { change }) => change(raw), undefined)
}

/** A text among a command's data. */
export function word(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`not a text: ${JSON.stringify(value)}`)
  return value
}
