// One pass of decisions over a batch of works: each is decided on what is known and on what the works before it in the batch have staged. Comes to the batch to append, or to what must be
// read first. Nothing here waits or writes.
import type { Batch, BatchCheck, BatchKey, BatchVersion } from './append.ts'
import { kindNamed } from './entities/index.ts'
import { Few, type ReadonlyFew } from './few.ts'
import { kindOf, type EntityId } from './entity-id.ts'
import { now, type Instant } from './instant.ts'
import { absent, type Known } from './known.ts'
import { keyText, type CommandKey, type StoredCommand } from './load.ts'
import type { VersionRecord } from './record.ts'
import type { AppliedCommand, Line, StagedVersion, Verdict, View, Work } from './work.ts'

/** What the database has told so far, while a batch is being worked on. */
export interface Facts {
  readonly known: Map<EntityId, Known>
  /** By keyText; null: known not to be there. */
  readonly commands: Map<string, StoredCommand | null>
  /** Whether newcomers and keys may be taken to be new until the database says otherwise. */
  readonly guess: boolean
  /** Whether an entity's partition is this batch's to write to. */
  readonly holds: (id: EntityId) => boolean
}

/** A work's part of the draft. Its index in the draft is its unit in the batch. */
export interface DraftUnit {
  readonly verdict: Verdict<unknown> | undefined
  readonly failure?: unknown
  readonly lines: readonly (readonly StagedVersion[])[]
  /** What was looked at, as it was before the unit. */
  readonly reads: ReadonlyFew<EntityId, Known>
  /** What the unit leaves: entities, and commands by keyText. */
  readonly own: ReadonlyFew<EntityId, Known>
  readonly ownCommands: ReadonlyFew<string, PendingCommand>
  /** Keys asked for that were not found. */
  readonly keys: ReadonlyFew<string, CommandKey>
  /** Entities of other partitions that the work turned out to need. */
  readonly elsewhere: readonly EntityId[]
}

export interface Draft {
  readonly units: readonly DraftUnit[]
  readonly missingEntities: ReadonlySet<EntityId>
  readonly missingCommands: ReadonlyMap<string, CommandKey>
  /** Records of the units' lines, put here when the batch is durable: index as in `units`. */
  readonly appended: (readonly (readonly VersionRecord[])[])[]
}

class NotKnownYet extends Error {}
const notKnownYet = new NotKnownYet('not known yet')

interface PendingCommand {
  readonly hash: string
  readonly unit: number
  readonly line: number
}

const NOTHING_LEFT: Pick<DraftUnit, 'lines' | 'own' | 'ownCommands'> = { lines: [], own: new Few(), ownCommands: new Few() }

export function draft(works: readonly Work<unknown>[], facts: Facts): Draft {
  const pending = new Map<EntityId, Known>()
  const pendingCommands = new Map<string, PendingCommand>()
  const missingEntities = new Set<EntityId>()
  const missingCommands = new Map<string, CommandKey>()
  const appended: (readonly (readonly VersionRecord[])[])[] = []

  let clock: Instant | undefined

  const decide = (work: Work<unknown>, unit: number): DraftUnit => {
    const own = new Few<EntityId, Known>()
    const ownCommands = new Few<string, PendingCommand>()
    const reads = new Few<EntityId, Known>()
    const keys = new Few<string, CommandKey>()
    const lines: (readonly StagedVersion[])[] = []
    const elsewhere: EntityId[] = []

    const look = (id: EntityId, mayGuess: boolean): Known => {
      const seen = own.get(id) ?? reads.get(id)
      if (seen) return seen
      const found = pending.get(id) ?? facts.known.get(id) ?? (mayGuess && facts.guess ? absent(id) : undefined)
      if (!facts.holds(id)) {
        elsewhere.push(id)
        throw notKnownYet
      }
      if (!found) {
        missingEntities.add(id)
        throw notKnownYet
      }
      reads.set(id, found)
      return found
    }

    const applied = (scope: string, id: string): AppliedCommand | undefined => {
      const key = keyText({ scope, id })
      const earlier = ownCommands.get(key) ?? pendingCommands.get(key)
      if (earlier) return { hash: earlier.hash, records: () => appended[earlier.unit]?.[earlier.line] ?? [] }
      const stored = facts.commands.get(key)
      if (stored) return { hash: stored.hash, records: () => stored.records }
      if (stored === undefined && !facts.guess) {
        missingCommands.set(key, { scope, id })
        throw notKnownYet
      }
      keys.set(key, { scope, id })
      return undefined
    }

    const stage = (line: Line): readonly StagedVersion[] => {
      const staged = line.versions.map((next, seq): StagedVersion => {
        const before = look(next.entityId, false)
        const kind = kindNamed(kindOf(next.entityId))
        if (!kind) throw new Error(`no kind ${kindOf(next.entityId)}`)
        const state = kind.evolve(before.state, next)
        const effectiveAt = next.effectiveAt ?? line.effectiveAt
        own.set(next.entityId, {
          entityId: next.entityId,
          version: before.version + 1,
          state,
          effectiveFrom: before.effectiveFrom ?? effectiveAt ?? (clock ??= now()),
        })
        return { line, seq, entityId: next.entityId, version: before.version + 1, event: next.event, data: next.data, state, effectiveAt }
      })
      ownCommands.set(keyText({ scope: line.scope, id: line.commandId }), { hash: line.hash, unit, line: lines.length })
      lines.push(staged)
      return staged
    }

    const view: View = { entity: (id) => look(id, false), newcomer: (id) => look(id, true), applied, stage }
    try {
      const verdict = work.decide(view)
      if (verdict.keep) {
        own.forEach((known, id) => pending.set(id, known))
        ownCommands.forEach((command, key) => pendingCommands.set(key, command))
      }
      return verdict.keep
        ? { verdict, reads, keys, elsewhere, lines, own, ownCommands }
        : { verdict, reads, keys, elsewhere, ...NOTHING_LEFT }
    } catch (failure) {
      const looked = { verdict: undefined, reads, keys, elsewhere, ...NOTHING_LEFT }
      if (failure === notKnownYet) return looked
      // It too is verified: a state that is not the newest may be what it stumbled over.
      return { ...looked, failure }
    }
  }

  return { units: works.map(decide), missingEntities, missingCommands, appended }
}

/** The draft as the batch that ledger.append takes: every version, and a check for whatever was looked at and is not written by the same unit. */
export function toBatch(units: readonly DraftUnit[]): Batch {
  const versions: BatchVersion[] = []
  const checks: BatchCheck[] = []
  const keys: BatchKey[] = []
  units.forEach(({ lines, reads, own, ownCommands, keys: asked }, unit) => {
    for (const line of lines) for (const staged of line) versions.push(toBatchVersion(staged, unit, line.length))
    reads.forEach(({ version }, entityId) => own.has(entityId) || checks.push({ unit, entityId, version }))
    asked.forEach(({ scope, id }, text) => ownCommands.has(text) || keys.push({ unit, scope, id }))
  })
  return { versions, checks, keys }
}

const toBatchVersion = (staged: StagedVersion, unit: number, commandSize: number): BatchVersion => ({
  unit,
  entityId: staged.entityId,
  version: staged.version,
  event: staged.event,
  data: JSON.stringify(staged.data),
  state: JSON.stringify(staged.state),
  schemaVersion: kindNamed(kindOf(staged.entityId))?.schemaVersion ?? 1,
  commandScope: staged.line.scope,
  commandId: staged.line.commandId,
  commandSeq: staged.seq,
  commandSize,
  commandHash: staged.seq === 0 ? staged.line.hash : undefined,
  actor: staged.line.actor,
  correlationId: staged.line.correlationId,
  causationId: staged.line.causationId,
  effectiveAt: staged.effectiveAt,
})
